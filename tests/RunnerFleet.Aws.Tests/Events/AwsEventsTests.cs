using System.Text;
using Microsoft.Extensions.Logging;
using RunnerFleet.Aws.Events;
using RunnerFleet.Provisioning;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.Tests.Events;

public sealed class AwsEventsTests : IDisposable
{
    private readonly RecordingFleet _fleet = new();
    private readonly LogLines _log = new();
    private readonly ILoggerFactory _logging;
    private readonly AwsEvents _events;

    public AwsEventsTests()
    {
        _logging = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(_log));
        _events = new AwsEvents(_fleet, _logging.CreateLogger<AwsEvents>());
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_reaches_the_fleet()
    {
        var answer = await _events.HandleAsync(Payloads.TaskChanged().Bytes(), Cancel);

        Assert.Equal((false, false), (answer.IsBatch, answer.ShouldComeAgain));
        Assert.Equal(new AwsEventOutcome { Status = AwsEventStatus.Handled }, Assert.Single(answer.Outcomes));
        Assert.Equal(Payloads.Runner, Assert.IsType<FleetEvent.ComputeChanged>(Assert.Single(_fleet.Events)).Description.RunnerId);
    }

    [Fact]
    public async Task One_bad_message_fails_no_other()
    {
        _fleet.OnEvent = (news, _) => news is FleetEvent.ImageBuildChanged ? throw new StoreUnavailableException("The store is away.") : Task.CompletedTask;

        var answer = await _events.HandleAsync(
            Payloads.Batch(
                ("good", Payloads.TaskChanged()),
                ("fails", Payloads.BuildChanged("images:1")),
                ("garbage", "Message Body"),
                ("foreign", Payloads.Event("aws.s3", "Object Created", null)),
                ("hint", Payloads.Drain)).Bytes(),
            Cancel);

        Assert.Equal(
            [("good", AwsEventStatus.Handled), ("fails", AwsEventStatus.Failed), ("garbage", AwsEventStatus.Unreadable), ("foreign", AwsEventStatus.NotOurs), ("hint", AwsEventStatus.Handled)],
            answer.Outcomes.Select(outcome => (outcome.MessageId!, outcome.Status)));
        Assert.True(answer.IsBatch && answer.ShouldComeAgain);
        Assert.Equal(["fails", "garbage"], answer.FailedMessageIds);
        Assert.Equal("""{"batchItemFailures":[{"itemIdentifier":"fails"},{"itemIdentifier":"garbage"}]}""", Encoding.UTF8.GetString(answer.ToBatchResponse()));
        Assert.Contains("The store is away.", answer.Outcomes[1].Reason, StringComparison.Ordinal);
        Assert.Single(_log.Of(6601));
        Assert.Single(_log.Of(6602));
    }

    [Fact]
    public async Task A_batch_that_went_well_has_an_empty_list_of_failures() =>
        Assert.Equal("""{"batchItemFailures":[]}""", Encoding.UTF8.GetString((await _events.HandleAsync(Payloads.Batch(("1", Payloads.Drain)).Bytes(), Cancel)).ToBatchResponse()));

    [Fact]
    public async Task Many_drains_of_one_batch_become_one_after_the_news()
    {
        var newsFirst = false;
        _fleet.OnRound = () =>
        {
            newsFirst = _fleet.Events.Count == 1;
            return Task.CompletedTask;
        };

        await _events.HandleAsync(Payloads.Batch(("1", Payloads.Drain), ("2", Payloads.Drain), ("3", Payloads.TaskChanged()), ("4", Payloads.Drain)).Bytes(), Cancel);

        Assert.Equal((1, 0, true), (_fleet.Drains, _fleet.Sweeps, newsFirst));
    }

    [Fact]
    public async Task A_sweep_in_a_batch_does_for_its_drains_too()
    {
        var answer = await _events.HandleAsync(Payloads.Batch(("1", Payloads.Drain), ("2", Payloads.Schedule)).Bytes(), Cancel);
        Assert.Equal((0, 1, 0), (_fleet.Drains, _fleet.Sweeps, answer.FailedMessageIds.Count));
    }

    [Fact]
    public async Task A_drain_that_fails_fails_every_message_that_asked_for_it()
    {
        _fleet.OnRound = () => throw new StoreUnavailableException("away");
        var answer = await _events.HandleAsync(Payloads.Batch(("1", Payloads.Drain), ("2", Payloads.TaskChanged()), ("3", Payloads.Drain)).Bytes(), Cancel);
        Assert.Equal(["1", "3"], answer.FailedMessageIds);
    }

    [Fact]
    public async Task What_a_cancellation_left_undone_counts_as_failed_and_what_was_done_does_not()
    {
        using var stop = new CancellationTokenSource();
        _fleet.OnEvent = async (news, token) =>
        {
            if (news is FleetEvent.ImageBuildChanged)
            {
                await stop.CancelAsync();
                token.ThrowIfCancellationRequested();
            }
        };

        var answer = await _events.HandleAsync(Payloads.Batch(("1", Payloads.TaskChanged()), ("2", Payloads.BuildChanged("images:1"))).Bytes(), stop.Token);

        Assert.Equal(["2"], answer.FailedMessageIds);
    }

    [Fact]
    public async Task No_payload_gets_into_the_log()
    {
        _fleet.OnEvent = (_, _) => throw new StoreUnavailableException("away");
        await _events.HandleAsync(Payloads.TaskChanged().Bytes(), Cancel);
        await _events.HandleAsync(Payloads.TaskChanged(fleet: "other").Bytes(), Cancel);
        await _events.HandleAsync((Payloads.TaskChanged() + "}").Bytes(), Cancel);
        Assert.Equal(3, _log.All.Count);
        Assert.DoesNotContain(_log.All, line => line.Text.Contains(Payloads.Claim, StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _logging.Dispose();
        _log.Dispose();
    }
}
