using RunnerFleet.AspNetCore.Tests.Hosting;
using RunnerFleet.Provisioning;
using RunnerFleet.Storage;

namespace RunnerFleet.AspNetCore.Tests.RunnerRoutes;

public sealed class StatusRouteTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);
    private const string Token = "report-token-of-this-runner";
    private static readonly (string, string) Bearer = ("Authorization", "bearer " + Token);
    private FleetHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await FleetHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("started", RunnerReportStatus.Started)]
    [InlineData("completed", RunnerReportStatus.Completed)]
    [InlineData("exiting", RunnerReportStatus.Exiting)]
    public async Task A_report_is_handed_over_and_answered_204(string word, RunnerReportStatus status)
    {
        var answer = await _host.PostAsync("/runner/status", Body(word), Bearer);

        Assert.Equal(204, answer.Status);
        Assert.Empty(answer.Body);
        var report = Assert.Single(_host.Fleet.Asked<RunnerReport>());
        Assert.Equal((SampleData.RunnerId, Token, status), (report.RunnerId, report.Token, report.Status));
        _host.LogsAreCalm(Token);
    }

    [Theory]
    [InlineData(ReportOutcome.Unauthorized, 401)]
    [InlineData(ReportOutcome.Gone, 410)]
    public async Task A_report_that_is_not_taken_says_why(ReportOutcome outcome, int status)
    {
        _host.Fleet.OnReport = (_, _) => Task.FromResult(outcome);

        (await _host.PostAsync("/runner/status", Body("started"), Bearer)).IsProblem(status);
    }

    [Theory]
    [InlineData("Started")]
    [InlineData("0")]
    [InlineData("")]
    [InlineData("started,completed")]
    public async Task An_unknown_status_is_answered_400_with_the_known_ones(string word)
    {
        (await _host.PostAsync("/runner/status", Body(word), Bearer)).IsProblem(400, "started, completed or exiting");
        Assert.Empty(_host.Fleet.Asked<RunnerReport>());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"status":"started"}""")]
    [InlineData("""{"runnerId":"short","status":"started"}""")]
    public async Task A_malformed_body_is_answered_400(string body) => (await _host.PostAsync("/runner/status", body, Bearer)).IsProblem(400);

    [Fact]
    public async Task A_report_without_token_is_answered_401() => (await _host.PostAsync("/runner/status", Body("started"))).IsProblem(401);

    [Fact]
    public async Task A_store_that_cannot_be_reached_or_is_slow_is_answered_503_with_Retry_After()
    {
        _host.Fleet.OnReport = (_, _) => throw new StoreUnavailableException();
        Assert.True((await _host.PostAsync("/runner/status", Body("started"), Bearer)).IsProblem(503).Headers.ContainsKey("Retry-After"));

        _host.Fleet.OnReport = async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return ReportOutcome.Accepted;
        };
        var reporting = _host.PostAsync("/runner/status", Body("started"), Bearer);
        await Eventually.SoAsync(() => _host.Fleet.Asked<RunnerReport>().Count() == 2, "the fleet was asked");
        _host.Clock.Advance(Limit);
        Assert.True((await reporting).IsProblem(503).Headers.ContainsKey("Retry-After"));
    }

    [Theory]
    [InlineData("/runner/status")]
    [InlineData("/runner/claim")]
    public async Task Another_method_is_answered_405(string path) => Assert.Equal("POST", (await _host.GetAsync(path)).IsProblem(405).Headers["Allow"]);

    private static string Body(string status) => $$"""{"runnerId":"{{SampleData.RunnerId}}","status":"{{status}}"}""";
}
