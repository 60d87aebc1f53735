using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Policy;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Sweeping;

/// <summary>Compares the launcher's list with the records, both ways: compute without a live record is removed, records whose compute has ended move on.</summary>
internal sealed class ComputeSweep(
    IRunnerStore store,
    IComputeLauncher launcher,
    FleetState state,
    RegistrationRemoval removal,
    DueRunners dueRunners,
    Looks looks,
    Launching launching,
    RunnerPolicy policy,
    IOptionsMonitor<RunnerFleetOptions> options,
    TimeProvider clock,
    ILogger<ComputeSweep> logger)
{
    // A listing that shows more strangers than this is more likely to be read against the wrong store.
    private const double StrangersToHalt = 0.2;

    // Below this number a fraction says nothing, and remove-then-stop protects each of them anyway.
    private const int StrangersAlwaysHandled = 5;

    private TimeSpan CallLimit => TimeSpan.FromSeconds(options.CurrentValue.Timing.LaunchTimeoutSeconds);

    public async Task<SweepSummary> SweepAsync(SweepSummary summary, CancellationToken cancellationToken)
    {
        var listed = await ListAsync(cancellationToken).ConfigureAwait(false);
        var running = listed.Where(c => c.Status != ComputeStatus.Stopped).ToArray();
        var live = await LiveAsync(cancellationToken).ConfigureAwait(false); // after the compute: a record is older than what it launched
        var orphans = new List<ComputeDescription>();
        var strangers = 0;
        foreach (var compute in running)
        {
            summary = await EachAsync(summary, compute.Compute.ToString(), async () =>
            {
                var runner = compute.RunnerId is { } id ? live.GetValueOrDefault(id) : null;
                if (!Owns(runner, compute) && compute.RunnerId is { } unlisted)
                {
                    runner = await store.GetRunnerAsync(unlisted, cancellationToken).ConfigureAwait(false); // a listing may lag, a read by key does not
                }

                if (runner is null || !Owns(runner, compute))
                {
                    orphans.Add(compute);
                    strangers += runner is null ? 1 : 0;
                }
                else if (runner.Compute is null && compute.Status != ComputeStatus.Starting) // what has not started yet may never: its launch is sent again
                {
                    await launching.StartedAsync(runner, compute.Compute, Reason.Of(ReasonCodes.Adopted, $"Found as {compute.Compute}."), cancellationToken).ConfigureAwait(false);
                }
            }, cancellationToken).ConfigureAwait(false);
        }

        summary = summary with { OrphanedCompute = orphans.Count };
        if (strangers > StrangersAlwaysHandled && strangers > StrangersToHalt * running.Length)
        {
            await state.NoticeAsync(Reason.Of(ReasonCodes.CleanUpHalted, $"{strangers} of {running.Length} running computes have no record. Clean-up of compute is halted: check that this host uses the right store and fleet name."), launcher.Name, cancellationToken).ConfigureAwait(false);
            return summary with { Halted = true };
        }

        foreach (var orphan in orphans)
        {
            summary = await EachAsync(summary, orphan.Compute.ToString(), () => RemoveOrphanAsync(orphan, cancellationToken), cancellationToken).ConfigureAwait(false);
        }

        return await LookAtMissingAsync(summary, live.Values, [.. running.Select(c => c.Compute)], cancellationToken).ConfigureAwait(false);
    }

    private static bool Owns(Runner? runner, ComputeDescription compute) =>
        runner is { IsTerminal: false, Plan: not null } && runner.Attempt == compute.Attempt;

    private async Task<Dictionary<string, Runner>> LiveAsync(CancellationToken cancellationToken)
    {
        var live = new Dictionary<string, Runner>(StringComparer.Ordinal);
        string? continuation = null;
        do
        {
            var query = new RunnerQuery { States = [RunnerState.Starting, RunnerState.WaitingForJob, RunnerState.Running], Take = 500, Continuation = continuation };
            var page = await store.ListRunnersAsync(query, cancellationToken).ConfigureAwait(false);
            foreach (var runner in page.Items)
            {
                live[runner.Id] = runner;
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        return live;
    }

    /// <summary>Remove, then stop: whatever name it may have registered under is looked for where it can be, and one that cannot be proven free of a job is left alone, with a notice.</summary>
    private async Task RemoveOrphanAsync(ComputeDescription orphan, CancellationToken cancellationToken)
    {
        if (!await IsFreeOfJobAsync(orphan, cancellationToken).ConfigureAwait(false))
        {
            await state.NoticeAsync(Reason.Of(ReasonCodes.OrphanedCompute, "Compute without a live record is left running, since it may run a job; it is looked at again by the next sweep. Stop it by hand if it should not be there."), orphan.Compute.ToString(), cancellationToken).ConfigureAwait(false);
            return;
        }

        await state.NoticeAsync(Reason.Of(ReasonCodes.OrphanedCompute, "Compute without a live record was stopped."), orphan.Compute.ToString(), cancellationToken).ConfigureAwait(false);
        await Bounded.CallAsync(t => launcher.StopAsync(orphan.Compute, $"{ReasonCodes.OrphanedCompute}: no live record", t), CallLimit, clock, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> IsFreeOfJobAsync(ComputeDescription orphan, CancellationToken cancellationToken)
    {
        if (orphan.RunnerId is not { } id)
        {
            return false; // nobody knows what it is
        }

        var o = options.CurrentValue;
        var runner = await store.GetRunnerAsync(id, cancellationToken).ConfigureAwait(false);
        var known = runner?.Scope ?? policy.FixedScope;
        var scopes = known is not null ? [known] : await state.ScopesAsync(cancellationToken).ConfigureAwait(false);
        var removed = false;
        foreach (var scope in scopes)
        {
            for (var number = 1; number <= o.Limits.ClaimsPerRunner; number++)
            {
                if (runner is { IsTerminal: false } && runner.Registration?.Number == number)
                {
                    continue; // the present attempt's
                }

                var name = RunnerName.Format(o.Name, id, number);
                var (before, _) = await removal.LookAsync(scope, name, cancellationToken).ConfigureAwait(false);
                if (before != RemovalOutcome.Gone && await removal.RemoveStrangerAsync(scope, name, cancellationToken).ConfigureAwait(false) != RemovalOutcome.Gone)
                {
                    return false; // busy, unknown, or idle for the first time
                }

                removed |= before != RemovalOutcome.Gone;
            }
        }

        // Absence proves something only in the scope it must have registered in.
        return known is not null || removed;
    }

    /// <summary>A live record whose compute is not listed is not therefore dead: it is looked at by itself.</summary>
    private async Task<SweepSummary> LookAtMissingAsync(SweepSummary summary, IEnumerable<Runner> live, HashSet<ComputeRef> running, CancellationToken cancellationToken)
    {
        foreach (var runner in live.Where(r => r.State is not RunnerState.Starting && r.Compute is { } c && !running.Contains(c)))
        {
            summary = await EachAsync(summary, runner.Id, async () =>
            {
                var seen = await looks.ComputeAsync(runner, cancellationToken).ConfigureAwait(false);
                if (Looks.IsGone(seen))
                {
                    await dueRunners.ComputeEndedAsync(runner, (seen as FindOutcome.Found)?.Description.End, cancellationToken).ConfigureAwait(false);
                    summary = summary with { ComputeEnded = summary.ComputeEnded + 1 };
                }
            }, cancellationToken).ConfigureAwait(false);
        }

        return summary;
    }

    private async Task<IReadOnlyList<ComputeDescription>> ListAsync(CancellationToken cancellationToken)
    {
        var all = new List<ComputeDescription>();
        string? continuation = null;
        do
        {
            var page = await Bounded.CallAsync(t => launcher.ListAsync(options.CurrentValue.Name, continuation, t), CallLimit, clock, cancellationToken).ConfigureAwait(false);
            all.AddRange(page.Items);
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return all;
    }

    private async Task<SweepSummary> EachAsync(SweepSummary summary, string id, Func<Task> step, CancellationToken cancellationToken)
    {
        try
        {
            await step().ConfigureAwait(false);
            return summary;
        }
#pragma warning disable CA1031 // one bad compute stays one bad compute
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            logger.RunnerStepFailed(id, e);
            return summary with { Errors = summary.Errors + 1 };
        }
    }
}
