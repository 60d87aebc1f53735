using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.SeveralHosts.Tests.Checks;

// Stores that break one promise each, to prove that the checks find it.

/// <summary>Writes over whatever others wrote: a version is no condition.</summary>
internal sealed class LastWriterWins(IRunnerStore inner) : ForwardingStore(inner)
{
    public override async ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await Inner.CommitAsync(commit, cancellationToken) is not CommitOutcome.Conflict and var outcome)
            {
                return outcome;
            }

            var runners = new List<Runner>();
            foreach (var runner in commit.Runners)
            {
                runners.Add(runner with { Version = ((await Inner.GetRunnerAsync(runner.Id, cancellationToken))?.Version ?? 0) + 1 });
            }

            var jobs = new List<Job>();
            foreach (var job in commit.Jobs)
            {
                jobs.Add(job with { Version = ((await Inner.GetJobAsync(job.Key, cancellationToken))?.Version ?? 0) + 1 });
            }

            var entries = new List<StoreEntry>();
            foreach (var entry in commit.Entries)
            {
                entries.Add(entry with { Version = ((await Inner.GetEntryAsync(entry.Key, cancellationToken))?.Version ?? 0) + 1 });
            }

            commit = commit with { Runners = runners, Jobs = jobs, Entries = entries };
        }
    }
}

/// <summary>Counts places and holds nobody to a limit.</summary>
internal sealed class WithoutLimits(IRunnerStore inner) : ForwardingStore(inner)
{
    public override ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken) =>
        Inner.CommitAsync(commit with { Places = [.. commit.Places.Select(p => p with { Limit = null })] }, cancellationToken);

    public override ValueTask<IReadOnlyDictionary<string, int>> GetPlacesAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        new(keys.Distinct().ToDictionary(key => key, _ => 0));
}

/// <summary>Frees each place so many times.</summary>
internal sealed class FreesPlaces(int times, IRunnerStore inner) : ForwardingStore(inner)
{
    public override ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken) => Inner.CommitAsync(commit with
    {
        Places = [.. commit.Places.Select(p => p.Delta < 0 ? p with { Delta = p.Delta * times } : p).Where(p => p.Delta != 0)],
    }, cancellationToken);
}

/// <summary>Reads runners without their registration.</summary>
internal sealed class ForgetsRegistrations(IRunnerStore inner) : ForwardingStore(inner)
{
    public override async ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) =>
        await Inner.GetRunnerAsync(runnerId, cancellationToken) is { } runner ? runner with { Registration = null } : null;
}

/// <summary>Says that the end of a job was written, and writes nothing.</summary>
internal sealed class ForgetsCompletions(IRunnerStore inner) : ForwardingStore(inner)
{
    public override ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken) =>
        commit.Jobs.Any(j => j.State == JobState.Completed) ? new(CommitOutcome.Committed.Instance) : Inner.CommitAsync(commit, cancellationToken);
}
