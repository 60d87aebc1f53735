using RunnerFleet.Compute;
using RunnerFleet.Local.Docker;

namespace RunnerFleet.Local.Tests.Docker;

public sealed class ContainerNameTests
{
    private const string Runner = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    [Theory]
    [InlineData("test", 1)]
    [InlineData("a-b-c", 12)]
    [InlineData("rf--", 2147483647)]
    public void A_name_reads_back_as_what_it_was_made_of(string fleet, int attempt)
    {
        var identity = new ComputeIdentity { Fleet = fleet, RunnerId = Runner, Attempt = attempt };

        var name = ContainerName.Of(identity);

        Assert.NotNull(name);
        Assert.Equal(identity, ContainerName.Parse(name));
        Assert.Equal(name, Attempt.OfVolume(name + "-end")?.Container);
        Assert.Equal(name, Attempt.OfVolume(name + "-barred")?.Container);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("rf-")]
    [InlineData("rf-test-" + Runner)]
    [InlineData("rf-test-" + Runner + "-")]
    [InlineData("rf-test-" + Runner + "-0")]
    [InlineData("rf-test-" + Runner + "-01")]
    [InlineData("rf-test-" + Runner + "-+1")]
    [InlineData("rf-test-" + Runner + "-99999999999")]
    [InlineData("rf--" + Runner + "-1")]
    [InlineData("rf-Test-" + Runner + "-1")]
    [InlineData("xx-test-" + Runner + "-1")]
    [InlineData("rf-test/" + Runner + "-1")]
    [InlineData("rf-test-01arz3ndektsv4rrffq69g5fav-1")]
    [InlineData("/rf-test-" + Runner + "-1")]
    public void Any_other_text_is_no_name(string text) => Assert.Null(ContainerName.Parse(text));
}
