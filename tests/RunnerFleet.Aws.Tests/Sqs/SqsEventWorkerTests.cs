using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RunnerFleet.Aws.Tests.Events;
using RunnerFleet.Compute;
using RunnerFleet.Provisioning;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Aws;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Aws.Tests.Sqs;

public sealed class SqsEventWorkerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60); // real time, on a loaded machine
    private readonly Account _account = new();
    private readonly RecordingFleet _fleet = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_are_handled_as_they_come_and_deleted()
    {
        var (hints, events) = (_account.Aws.Sqs.CreateQueue("hints"), _account.Aws.Sqs.CreateQueue("events"));
        using var host = await StartAsync(hints, events);

        events.Send(Payloads.TaskChanged());
        events.Send(Payloads.BuildChanged("images:1"));
        events.Send(Payloads.Schedule);
        events.Send(Payloads.TaskChanged(fleet: "other"));

        await Account.UntilAsync(() => events.Messages.Count == 0 && _fleet.Sweeps == 1);
        Assert.Equal(2, _fleet.Events.Count);
        await host.StopAsync(Cancel);
    }

    [Fact]
    public async Task One_queue_may_carry_hints_and_events()
    {
        var queue = _account.Aws.Sqs.CreateQueue("both");
        using var host = await StartAsync(queue, queue);
        var fleetQueue = host.Services.GetRequiredService<IFleetQueue>();

        for (var round = 1; round <= 3; round++)
        {
            var wait = fleetQueue.WaitAsync(TimeSpan.FromHours(1), Cancel).AsTask();
            queue.Send(Payloads.TaskChanged(attempt: round));
            await Account.UntilAsync(() => _fleet.Events.Count == round);
            Assert.False(wait.IsCompleted);
            _account.Clock.Advance(TimeSpan.FromSeconds(5));
            await fleetQueue.HintAsync(TimeSpan.Zero, Cancel);
            await wait.WaitAsync(Patience, Cancel);
        }

        await Account.UntilAsync(() => queue.Messages.Count == 0);
        Assert.Equal(0, _fleet.Drains);
        var last = fleetQueue.WaitAsync(TimeSpan.FromSeconds(10), Cancel).AsTask();
        _account.Clock.Advance(TimeSpan.FromSeconds(10));
        await last.WaitAsync(Patience, Cancel);
        await host.StopAsync(Cancel);
    }

    [Fact]
    public async Task A_drain_that_comes_by_the_queue_of_events_is_done()
    {
        var (hints, events) = (_account.Aws.Sqs.CreateQueue("hints"), _account.Aws.Sqs.CreateQueue("events"));
        using var host = await StartAsync(hints, events);
        events.Send("""{"runnerfleet":"drain"}""");
        await Account.UntilAsync(() => _fleet.Drains == 1 && events.Messages.Count == 0);
        await host.StopAsync(Cancel);
    }

    [Fact]
    public async Task An_event_that_fails_comes_again_and_ends_in_the_dead_letter_queue()
    {
        var dead = _account.Aws.Sqs.CreateQueue("dead");
        var (hints, events) = (_account.Aws.Sqs.CreateQueue("hints"), _account.Aws.Sqs.CreateQueue("events", deadLetterQueue: "dead", maxReceives: 3));
        var tries = 0;
        _fleet.OnEvent = (_, _) =>
        {
            Interlocked.Increment(ref tries);
            throw new StoreUnavailableException("away");
        };
        using var host = await StartAsync(hints, events);
        events.Send(Payloads.TaskChanged());

        await _account.AdvanceUntilAsync(() => dead.Messages.Count == 1, TimeSpan.FromSeconds(1));

        Assert.Equal(3, tries);
        await host.StopAsync(Cancel);
    }

    [Fact]
    public async Task Events_that_hang_hold_up_no_other_and_come_again()
    {
        var (hints, events) = (_account.Aws.Sqs.CreateQueue("hints"), _account.Aws.Sqs.CreateQueue("events"));
        var hang = new TaskCompletionSource();
        _fleet.OnEvent = (news, _) => news is FleetEvent.ImageBuildChanged ? hang.Task : Task.CompletedTask; // heeds no token
        using var host = await StartAsync(hints, events);
        for (var i = 0; i < 9; i++)
        {
            events.Send(Payloads.BuildChanged($"images:{i}"));
        }

        for (var i = 0; i < 20; i++)
        {
            events.Send(Payloads.TaskChanged());
        }

        await Account.UntilAsync(() => _fleet.Events.Count == 20);
        await _account.AdvanceUntilAsync(() => _account.Log.Of(6500).Count >= 9, TimeSpan.FromSeconds(5));

        hang.SetResult();
        await _account.AdvanceUntilAsync(() => events.Messages.Count == 0, TimeSpan.FromSeconds(5));
        await host.StopAsync(Cancel);
    }

    [Fact]
    public async Task A_queue_that_cannot_be_read_is_tried_again()
    {
        var (hints, events) = (_account.Aws.Sqs.CreateQueue("hints"), _account.Aws.Sqs.CreateQueue("events"));
        _account.Aws.FailNext(3, "ReceiveMessage", "AccessDeniedException");
        using var host = await StartAsync(hints, events);
        events.Send(Payloads.TaskChanged());

        await _account.AdvanceUntilAsync(() => _fleet.Events.Count == 1, TimeSpan.FromSeconds(1));

        Assert.Single(_account.Log.Of(6502));
        await host.StopAsync(Cancel);
    }

    [Fact]
    public async Task A_host_that_stops_leaves_what_it_has_not_done()
    {
        var (hints, events) = (_account.Aws.Sqs.CreateQueue("hints"), _account.Aws.Sqs.CreateQueue("events"));
        var begun = new TaskCompletionSource();
        _fleet.OnEvent = async (_, token) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, _account.Clock, token);
        };
        using var host = await StartAsync(hints, events);
        events.Send(Payloads.TaskChanged());
        await begun.Task.WaitAsync(Patience, Cancel);

        await host.StopAsync(Cancel).WaitAsync(Patience, Cancel);

        Assert.Single(events.Messages);
    }

    [Fact]
    public async Task Without_a_queue_of_events_nothing_is_received()
    {
        using var host = await StartAsync(_account.Aws.Sqs.CreateQueue("hints"), null);
        await host.StopAsync(Cancel);
        Assert.Empty(_account.Aws.Calls);
    }

    private async Task<IHost> StartAsync(SqsStandInQueue hints, SqsStandInQueue? events)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        _account.Register(builder.Services);
        builder.Services.AddSingleton<IRunnerFleet>(_fleet);
        builder.Services.AddSingleton<IComputeLauncher>(new FakeComputeLauncher(_account.Clock));
        builder.Services.AddRunnerFleet(_ => { }).UseSqs(o => (o.QueueUrl, o.EventsQueueUrl) = (hints.Url, events?.Url));
        var host = builder.Build();
        await host.StartAsync(Cancel);
        return host;
    }
}
