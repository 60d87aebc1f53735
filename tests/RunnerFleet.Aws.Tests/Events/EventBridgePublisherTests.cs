using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RunnerFleet.Aws.Events;
using RunnerFleet.Compute;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Aws.Tests.Events;

public sealed class EventBridgePublisherTests : IAsyncDisposable
{
    private readonly Account _account = new();
    private readonly ServiceProvider _services;

    public EventBridgePublisherTests()
    {
        _account.Aws.EventBridge.CreateBus("moves");
        var services = _account.Services();
        services.AddRunnerFleet(o => o.Name = "fleet-1").UseEventBridge(o => (o.EventBusName, o.MaxWaiting) = ("moves", 25));
        _services = services.BuildServiceProvider();
    }

    private IFleetObserver Observer => _services.GetServices<IFleetObserver>().OfType<EventBridgePublisher>().Single();

    private IEventBridgePublisher Publisher => _services.GetRequiredService<IEventBridgePublisher>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_move_of_a_runner_becomes_an_event()
    {
        Observer.OnMove(new FleetMove
        {
            At = new DateTimeOffset(2026, 11, 27, 10, 0, 1, 234, TimeSpan.Zero),
            RunnerId = Payloads.Runner,
            Job = new JobKey("github.com", 5_000_000_000),
            RunnerFrom = RunnerState.WaitingForJob,
            RunnerTo = RunnerState.Running,
            Cause = Reason.Of(ReasonCodes.JobStarted, "GitHub says that it took a job."),
        });
        await Publisher.FlushAsync(Cancel);

        var published = JsonNode.Parse(Assert.Single(Events))!;
        Assert.Equal(("runnerfleet", "runner-moved", "2026-11-27T10:00:01Z"), ((string)published["source"]!, (string)published["detail-type"]!, (string)published["time"]!));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse($$"""
                {"fleet":"fleet-1","runnerId":"{{Payloads.Runner}}","jobId":5000000000,"jobHost":"github.com","from":"WAITING_FOR_JOB","to":"RUNNING",
                 "reason":{"code":"JOB_STARTED","message":"GitHub says that it took a job."},"at":"2026-11-27T10:00:01.234Z"}
                """),
            published["detail"]));
    }

    [Fact]
    public async Task A_new_runner_without_a_job_has_neither_from_nor_job()
    {
        Observer.OnMove(Move(0) with { RunnerFrom = null });
        await Publisher.FlushAsync(Cancel);
        Assert.Equal(["at", "fleet", "reason", "runnerId", "to"], JsonNode.Parse(Assert.Single(Events))!["detail"]!.AsObject().Select(member => member.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_move_of_a_job_is_not_published()
    {
        Observer.OnMove(new FleetMove { At = _account.Clock.GetUtcNow(), Job = new JobKey("github.com", 1), JobTo = JobState.Queued, Cause = Reason.Of(ReasonCodes.Queued, "x") });
        await Publisher.FlushAsync(Cancel);
        Assert.Empty(_account.Aws.Calls);
    }

    [Fact]
    public async Task Moves_go_in_batches_of_ten_in_their_order()
    {
        Enumerable.Range(0, 25).ToList().ForEach(i => Observer.OnMove(Move(i)));
        await Publisher.FlushAsync(Cancel);

        Assert.Equal(3, _account.Aws.Calls.Count);
        Assert.Equal(Enumerable.Range(0, 25), Numbers);
    }

    [Fact]
    public async Task Beyond_the_limit_the_oldest_are_lost_and_counted()
    {
        Enumerable.Range(0, 30).ToList().ForEach(i => Observer.OnMove(Move(i)));
        await Publisher.FlushAsync(Cancel);

        Assert.Equal(Enumerable.Range(5, 25), Numbers);
        Assert.StartsWith("5 moves were not published to the event bus moves", Assert.Single(_account.Log.Of(6610)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ThrottlingException")]
    [InlineData("InternalFailure")]
    public async Task An_entry_whose_failure_passes_is_put_again_alone(string code)
    {
        Enumerable.Range(0, 3).ToList().ForEach(i => Observer.OnMove(Move(i)));
        _account.Aws.EventBridge.FailNextEntries(2, code);

        await FlushAsync();

        Assert.Equal([2, 0, 1], Numbers);
        Assert.Equal([3, 2], _account.Aws.Calls.Select(call => JsonNode.Parse(call.Body.Span)!["Entries"]!.AsArray().Count));
    }

    [Fact]
    public async Task An_entry_that_is_refused_is_said_and_not_put_again()
    {
        Enumerable.Range(0, 3).ToList().ForEach(i => Observer.OnMove(Move(i)));
        _account.Aws.EventBridge.FailNextEntries(1, "NotAuthorizedForSourceException");

        await FlushAsync();

        Assert.Equal([1, 2], Numbers);
        Assert.Single(_account.Aws.Calls);
        Assert.Contains("NotAuthorizedForSourceException", Assert.Single(_account.Log.Of(6611)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_whose_credentials_have_just_expired_is_put_again()
    {
        Observer.OnMove(Move(0));
        _account.Aws.FailNext(1, "PutEvents", "ExpiredTokenException");

        await FlushAsync();
        await FlushAsync();

        Assert.Equal([0], Numbers);
    }

    [Fact]
    public async Task A_request_that_is_refused_is_said_and_not_put_again()
    {
        Observer.OnMove(Move(0));
        _account.Aws.FailNext(1, "PutEvents", "AccessDeniedException");
        await FlushAsync();
        await FlushAsync();

        Assert.Empty(Events);
        Assert.Single(_account.Aws.Calls);
        Assert.Contains("AccessDeniedException", Assert.Single(_account.Log.Of(6611)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_could_not_be_put_in_three_tries_waits_for_the_next_flush()
    {
        Enumerable.Range(0, 2).ToList().ForEach(i => Observer.OnMove(Move(i)));
        _account.Aws.FailNext(3, "PutEvents", "InternalException", status: 500);

        await FlushAsync();
        Assert.Empty(Events);
        Assert.Equal(3, _account.Log.Of(6612).Count);

        await FlushAsync();
        Assert.Equal([0, 1], Numbers);
    }

    [Fact]
    public async Task A_cancelled_flush_loses_nothing()
    {
        Observer.OnMove(Move(0));
        _account.Aws.FailNext(1, "PutEvents", "InternalException", status: 500);
        using var stop = new CancellationTokenSource();
        var flush = Publisher.FlushAsync(stop.Token);
        await Account.UntilAsync(() => _account.Log.Of(6612).Count == 1);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush);

        await FlushAsync();
        Assert.Equal([0], Numbers);
    }

    [Fact]
    public async Task A_host_publishes_by_itself_and_what_is_left_when_it_stops()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        _account.Register(builder.Services);
        builder.Services.AddSingleton<IComputeLauncher>(new FakeComputeLauncher(_account.Clock));
        builder.Services.AddRunnerFleet(_ => { }).UseEventBridge(o => o.EventBusName = "moves");
        using var host = builder.Build();
        await host.StartAsync(Cancel);
        var observer = host.Services.GetServices<IFleetObserver>().OfType<EventBridgePublisher>().Single();

        observer.OnMove(Move(0));
        await Account.UntilAsync(() => Events.Count == 1);
        _account.Aws.FailNext(2, "PutEvents", "InternalException", status: 500);
        observer.OnMove(Move(1));
        await _account.AdvanceUntilAsync(() => Events.Count == 2, TimeSpan.FromMilliseconds(100));
        _account.Aws.FailNext(1, "PutEvents", "InternalException", status: 500);
        observer.OnMove(Move(2));
        await Account.UntilAsync(() => _account.Log.Of(6612).Count == 3);
        await host.StopAsync(Cancel);

        Assert.Equal([0, 1, 2], Numbers);
    }

    [Theory]
    [InlineData("", 1000)]
    [InlineData("default", 9)]
    public void A_setting_that_cannot_work_is_refused(string bus, int waiting) => Assert.True(new EventBridgeRules().Validate(Options.DefaultName, new EventBridgeOptions { EventBusName = bus, MaxWaiting = waiting }).Failed);

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private IReadOnlyList<string> Events => _account.Aws.EventBridge.EventsOf("moves");

    private IEnumerable<int> Numbers => Events.Select(one => int.Parse((string)JsonNode.Parse(one)!["detail"]!["reason"]!["message"]!, System.Globalization.CultureInfo.InvariantCulture));

    private FleetMove Move(int number) => new()
    {
        At = _account.Clock.GetUtcNow(),
        RunnerId = Payloads.Runner,
        RunnerFrom = RunnerState.Pending,
        RunnerTo = RunnerState.Starting,
        Cause = Reason.Of(ReasonCodes.PlacesTaken, FormattableString.Invariant($"{number}")),
    };

    private async Task FlushAsync()
    {
        var flush = Publisher.FlushAsync(Cancel);
        await _account.AdvanceUntilAsync(() => flush.IsCompleted, TimeSpan.FromMilliseconds(100));
        await flush;
    }
}
