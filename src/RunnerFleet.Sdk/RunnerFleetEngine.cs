using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Sweeping;

namespace RunnerFleet;

/// <summary>The front door: hands each request to the part that does it.</summary>
internal sealed class RunnerFleetEngine(
    IRunnerStore store,
    FleetWriter writer,
    WebhookIntake intake,
    Claims claims,
    Reports reports,
    Drainer drainer,
    DueRecords due,
    DueRunners dueRunners,
    RunnerImages images,
    Launching launching,
    Sweeper sweeper,
    Breakers breakers,
    FleetState state,
    HintSender hints,
    MoveBroadcaster moves,
    IRunnerClassCatalog classes,
    IOptionsMonitor<RunnerFleetOptions> options,
    TimeProvider clock,
    ILogger<RunnerFleetEngine> logger) : IRunnerFleet
{
    private int _drains;

    public string Name => options.CurrentValue.Name;

    public Task<WebhookOutcome> ReceiveAsync(WebhookDelivery delivery, CancellationToken cancellationToken) => intake.ReceiveAsync(delivery, cancellationToken);

    public Task<ClaimOutcome> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) => claims.ClaimAsync(request, cancellationToken);

    public Task<ReportOutcome> ReportAsync(RunnerReport report, CancellationToken cancellationToken) => reports.ReportAsync(report, cancellationToken);

    public async Task HandleEventAsync(FleetEvent fleetEvent, CancellationToken cancellationToken)
    {
        switch (fleetEvent)
        {
            case FleetEvent.ComputeChanged { Description: var compute }:
                await ComputeChangedAsync(compute, cancellationToken).ConfigureAwait(false);
                break;
            case FleetEvent.ImageBuildChanged build:
                await images.BuildChangedAsync(build.BuildId, cancellationToken).ConfigureAwait(false);
                break;
            case FleetEvent.RunnerMentioned mentioned:
                await reports.LookAsync(mentioned.RunnerId, cancellationToken).ConfigureAwait(false);
                break;
        }
    }

    public async Task<DrainSummary> DrainAsync(CancellationToken cancellationToken)
    {
        var resumed = Interlocked.Increment(ref _drains) > 1 || await ResumeAsync(cancellationToken).ConfigureAwait(false);
        var (count, errors) = await due.StepAsync(cancellationToken).ConfigureAwait(false);
        var summary = await drainer.DrainAsync(cancellationToken).ConfigureAwait(false);
        return summary with { Due = count, Errors = summary.Errors + errors + (resumed ? 0 : 1) };
    }

    /// <summary>The first drain of a host takes up the launches of one that may have died.</summary>
    private async Task<bool> ResumeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await launching.ResumeAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
#pragma warning disable CA1031 // their deadlines bring them up too
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            logger.DrainFailed(e);
            return false;
        }
    }

    public Task<SweepSummary> SweepAsync(CancellationToken cancellationToken) => sweeper.SweepAsync(DrainAsync, cancellationToken);

    public async Task<TerminateOutcome> TerminateAsync(string runnerId, bool force, CancellationToken cancellationToken)
    {
        var outcome = await Retry.OnConflictAsync<TerminateOutcome>(async () =>
        {
            var runner = RunnerName.IsId(runnerId) ? await store.GetRunnerAsync(runnerId, cancellationToken).ConfigureAwait(false) : null;
            switch (runner)
            {
                case null:
                    return (true, TerminateOutcome.NotFound.Instance);
                case { IsTerminal: true }:
                    return (true, new TerminateOutcome.AlreadyEnded(runner));
                case { State: RunnerState.Running } when !force:
                    return (true, new TerminateOutcome.RunsJob(runner));
                case { Closing: { } closing } when closing.Force || !force:
                    return (true, new TerminateOutcome.Ending(runner));
            }

            var cause = Reason.Of(ReasonCodes.Terminated, force ? "Ended by request, by force." : "Ended by request.");
            var commit = new FleetCommit().Put(runner, runner.Close(cause, clock.GetUtcNow(), force));
            var done = await writer.CommitAsync(commit, cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed;
            return (done, new TerminateOutcome.Ending(commit.Stored(runner.Id)));
        }).ConfigureAwait(false);
        await hints.DrainAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        return outcome;
    }

    public ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) =>
        RunnerName.IsId(runnerId) ? store.GetRunnerAsync(runnerId, cancellationToken) : default;

    public ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken) => store.GetJobAsync(key, cancellationToken);

    public ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken) => store.ListRunnersAsync(query, cancellationToken);

    public ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) => store.ListJobsAsync(query, cancellationToken);

    public ValueTask<IReadOnlyDictionary<string, RunnerClass>> GetClassesAsync(CancellationToken cancellationToken) => classes.GetClassesAsync(cancellationToken);

    public async ValueTask<FleetOverview> GetOverviewAsync(CancellationToken cancellationToken)
    {
        var o = options.CurrentValue;
        var limits = new List<(string Key, int Limit)> { (Places.Fleet, o.Limits.Fleet) };
        try
        {
            var known = await classes.GetClassesAsync(cancellationToken).ConfigureAwait(false);
            limits.AddRange(known.Values.Where(c => c.Limit is not null).OrderBy(c => c.Name, StringComparer.Ordinal).Select(c => (Places.Class(c.Name), c.Limit!.Value)));
        }
        catch (ClassesUnavailableException)
        {
            // the overview is for such moments too
        }

        var taken = await store.GetPlacesAsync([.. limits.Select(l => l.Key)], cancellationToken).ConfigureAwait(false);
        return new FleetOverview
        {
            Name = o.Name,
            Runners = await store.CountRunnersAsync(cancellationToken).ConfigureAwait(false),
            Jobs = await store.CountJobsAsync(cancellationToken).ConfigureAwait(false),
            Places = [.. limits.Select(l => new PlaceUse { Key = l.Key, Taken = taken.GetValueOrDefault(l.Key), Limit = l.Limit })],
            Breakers = [.. (await breakers.ReadAsync(cancellationToken).ConfigureAwait(false))
                .Where(b => b.Value is { OpenedAt: not null, ProbeAt: not null })
                .Select(b => new OpenBreaker { Key = b.Key, Reason = b.Value.Reason, OpenedAt = b.Value.OpenedAt!.Value, ProbeAt = b.Value.ProbeAt!.Value })],
            Notices = await state.NoticesAsync(50, cancellationToken).ConfigureAwait(false),
        };
    }

    public IAsyncEnumerable<FleetMove> WatchAsync(CancellationToken cancellationToken) => moves.WatchAsync(cancellationToken);

    private async Task ComputeChangedAsync(ComputeDescription compute, CancellationToken cancellationToken)
    {
        if (compute.RunnerId is not { } id || await GetRunnerAsync(id, cancellationToken).ConfigureAwait(false) is not { IsTerminal: false, Plan: not null } runner || runner.Attempt != compute.Attempt)
        {
            return; // of an older attempt, or of nobody: the sweep clears it
        }

        if (compute.Status == ComputeStatus.Stopped)
        {
            await dueRunners.ComputeEndedAsync(runner, compute.End, cancellationToken).ConfigureAwait(false);
        }
        else if (runner.Compute is null)
        {
            await launching.StartedAsync(runner, compute.Compute, Reason.Of(ReasonCodes.Adopted, $"An event showed it as {compute.Compute}."), cancellationToken).ConfigureAwait(false);
        }
    }
}
