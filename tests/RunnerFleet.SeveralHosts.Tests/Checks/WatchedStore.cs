using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.SeveralHosts.Tests.Checks;

/// <summary>Looks at every commit that took effect, directly above the store that holds it.</summary>
/// <remarks>Several of these may stand over one store and share a ledger: what the ledger makes suspicious is read again from the store before it counts.</remarks>
internal sealed class WatchedStore(IRunnerStore inner, Ledger ledger, FleetLimits limits, Findings findings) : ForwardingStore(inner)
{
    public override async ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        var outcome = await Inner.CommitAsync(commit, cancellationToken);
        ledger.Count(outcome);
        if (outcome is CommitOutcome.Committed)
        {
            foreach (var runner in commit.Runners)
            {
                LookAt(runner, ledger.Put(runner));
            }

            foreach (var job in commit.Jobs)
            {
                ledger.Put(job);
                await LookAtAsync(job);
            }

            await LookAtAsync([.. commit.Places.Select(p => p.Key)]);
        }

        return outcome;
    }

    private void LookAt(Runner runner, Runner? before)
    {
        if (before is { IsTerminal: true } && runner.Version > before.Version && runner.State != before.State)
        {
            findings.Add(Rule.TerminalIsFinal, $"Runner {runner.Id} left {before.State} for {runner.State}.\n{Show.Runner(before)}\nand then\n{Show.Runner(runner)}");
        }

        if (runner is { IsTerminal: true, Places.Count: > 0 })
        {
            findings.Add(Rule.TerminalIsFinal, $"It has ended and holds {string.Join(", ", runner.Places)}.\n{Show.Runner(runner)}");
        }
    }

    /// <summary>Of all runners that were ever recorded for a job, or took it, one at most is alive and still its own.</summary>
    private async Task LookAtAsync(Job job)
    {
        var suspects = ledger.Runners.Where(r => IsServing(r, job.Key)).ToList();
        if (suspects.Count < 2)
        {
            return;
        }

        var serving = new List<Runner>();
        foreach (var suspect in suspects)
        {
            if (await Inner.GetRunnerAsync(suspect.Id, CancellationToken.None) is { } runner && IsServing(runner, job.Key))
            {
                serving.Add(runner);
            }
        }

        if (serving.Count > 1)
        {
            findings.Add(Rule.NoDouble, $"Job {job.Key} has {serving.Count} runners at once.\n{Show.Job(job)}\n{string.Join('\n', serving.Select(Show.Runner))}");
        }
    }

    private static bool IsServing(Runner runner, JobKey job) => !runner.IsTerminal && runner.Job == job;

    private async Task LookAtAsync(IReadOnlyCollection<string> placeKeys)
    {
        if (placeKeys.Count == 0)
        {
            return;
        }

        foreach (var (key, count) in await Inner.GetPlacesAsync(placeKeys, CancellationToken.None))
        {
            ledger.PutPlace(key);
            if (count > limits.Of(key))
            {
                findings.Add(Rule.LimitsHold, $"{count} places are taken under {key}, and {limits.Of(key)} is its limit. Holding them:\n{string.Join('\n', ledger.Runners.Where(r => r.Places.Contains(key)).Select(Show.Runner))}");
            }

            if (count < 0)
            {
                findings.Add(Rule.PlacesAreFreedOnce, $"{count} places are taken under {key}: some were freed twice. Ended:\n{string.Join('\n', ledger.Runners.Where(r => r.IsTerminal).TakeLast(3).Select(Show.Runner))}");
            }
        }
    }
}
