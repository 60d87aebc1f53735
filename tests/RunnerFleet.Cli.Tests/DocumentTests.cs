using System.Reflection;
using RunnerFleet.Cli.Classes;
using RunnerFleet.Cli.Jobs;
using RunnerFleet.Cli.Overview;
using RunnerFleet.Cli.Runners;

namespace RunnerFleet.Cli.Tests;

public sealed class DocumentTests
{
    [Theory]
    [InlineData(typeof(RunnerDocument), "RunnerAnswer")]
    [InlineData(typeof(ComputeDocument), "ComputeAnswer")]
    [InlineData(typeof(JobDocument), "JobAnswer")]
    [InlineData(typeof(ClassDocument), "ClassAnswer")]
    [InlineData(typeof(OverviewDocument), "FleetAnswer")]
    [InlineData(typeof(PlaceDocument), "PlaceAnswer")]
    [InlineData(typeof(BreakerDocument), "BreakerAnswer")]
    [InlineData(typeof(NoticeDocument), "NoticeAnswer")]
    public void What_the_HTTP_API_tells_too_is_called_as_there(Type document, string answer)
    {
        var api = Assembly.Load("RunnerFleet.AspNetCore").GetTypes().Single(type => type.Name == answer);

        var names = document.GetProperties().Select(property => property.Name);
        Assert.Empty(api.GetProperties().Where(property => property.Name != "EqualityContract").Select(property => property.Name).Except([.. names, "History"])); // histories stand beside the records here
    }
}
