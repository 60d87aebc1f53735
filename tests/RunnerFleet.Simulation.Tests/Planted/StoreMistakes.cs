using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Simulation.Tests.Planted;

/// <summary>Writes whatever it is given over whatever is there.</summary>
internal sealed class StoreWithoutVersions(IRunnerStore inner) : StoreDecorator(inner)
{
    public override async ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
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

        return await Inner.CommitAsync(commit with { Runners = runners, Jobs = jobs }, cancellationToken);
    }
}

/// <summary>The claim's compare-and-set is none: where it meets a conflict, the registration is written into the record as it is by now.</summary>
internal sealed class ClaimWithoutCondition(IRunnerStore inner) : StoreDecorator(inner)
{
    public override async ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        var outcome = await Inner.CommitAsync(commit, cancellationToken);
        return outcome is CommitOutcome.Conflict && commit is { Jobs: [], Entries: [], Runners: [{ Registration: not null } claimed] } && await Inner.GetRunnerAsync(claimed.Id, cancellationToken) is { } current
            ? await Inner.CommitAsync(commit with { Runners = [claimed with { Version = current.Version + 1 }] }, cancellationToken)
            : outcome;
    }
}

/// <summary>Says that all was written when nothing was.</summary>
/// <typeparam name="T">What the store really answered.</typeparam>
internal sealed class StoreThatSaysCommitted<T>(IRunnerStore inner) : StoreDecorator(inner) where T : CommitOutcome
{
    public override async ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken) =>
        await Inner.CommitAsync(commit, cancellationToken) is var outcome and not T ? outcome : CommitOutcome.Committed.Instance;
}

/// <summary>Answers first and writes with the next call.</summary>
internal sealed class StoreThatWritesBehind(IRunnerStore inner) : StoreDecorator(inner)
{
    private StoreCommit? _held;

    public override async ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        if (_held is { } held)
        {
            _held = commit;
            await Inner.CommitAsync(held, cancellationToken);
        }

        _held = commit;
        return CommitOutcome.Committed.Instance;
    }
}

/// <summary>A launch is answered as recorded and is not: its record goes the way of whatever was in a process that died.</summary>
internal sealed class StoreThatLosesLaunches(IRunnerStore inner) : StoreDecorator(inner)
{
    public override ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken) =>
        commit.Runners.Any(r => r.State == RunnerState.Starting) ? new(CommitOutcome.Committed.Instance) : Inner.CommitAsync(commit, cancellationToken);
}

/// <summary>Changes what a commit does to places.</summary>
internal sealed class StoreWithOtherPlaces(IRunnerStore inner, Func<PlaceChange, PlaceChange?> change) : StoreDecorator(inner)
{
    public override ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken) =>
        Inner.CommitAsync(commit with { Places = [.. commit.Places.Select(change).OfType<PlaceChange>()] }, cancellationToken);
}

/// <summary>Limits are neither read nor a condition.</summary>
internal sealed class StoreWithoutLimits(IRunnerStore inner) : StoreDecorator(inner)
{
    public override ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken) =>
        Inner.CommitAsync(commit with { Places = [.. commit.Places.Select(p => p with { Limit = null })] }, cancellationToken);

    public override ValueTask<IReadOnlyDictionary<string, int>> GetPlacesAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        new(new Dictionary<string, int>());
}

/// <summary>Does not say how many places are taken, so that only the commit finds out.</summary>
internal sealed class StoreWithoutPlaces(IRunnerStore inner) : StoreDecorator(inner)
{
    public override ValueTask<IReadOnlyDictionary<string, int>> GetPlacesAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        new(new Dictionary<string, int>());
}

/// <summary>A runner gives its places back when its end begins, not when it is proven.</summary>
internal sealed class PlacesFreedWhenTheEndBegins(IRunnerStore inner) : StoreDecorator(inner)
{
    public override ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        var freed = commit.Runners.Where(r => r is { Closing: not null, IsTerminal: false }).SelectMany(r => r.Places).CountBy(k => k);
        var places = commit.Places.ToDictionary(p => p.Key);
        foreach (var (key, count) in freed)
        {
            places[key] = new PlaceChange { Key = key, Delta = (places.GetValueOrDefault(key)?.Delta ?? 0) - count };
        }

        return Inner.CommitAsync(commit with { Runners = [.. commit.Runners.Select(r => r is { Closing: not null } ? r with { Places = [] } : r)], Places = [.. places.Values] }, cancellationToken);
    }
}

/// <summary>Shows runners that have ended as if they waited for a job.</summary>
internal sealed class StoreThatHidesTheEnd(IRunnerStore inner) : StoreDecorator(inner)
{
    public override async ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) =>
        await Inner.GetRunnerAsync(runnerId, cancellationToken) is { IsTerminal: true } ended ? ended with { State = RunnerState.WaitingForJob } : await Inner.GetRunnerAsync(runnerId, cancellationToken);
}

/// <summary>Records a second runner for a job that is delivered a second time.</summary>
internal sealed class StoreThatRecordsEachDelivery(IRunnerStore inner) : StoreDecorator(inner)
{
    public override async ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        var outcome = await Inner.CommitAsync(commit, cancellationToken);
        return outcome is CommitOutcome.Conflict && commit is { Jobs: [{ Version: 1 }], Runners: [{ Version: 1 }] }
            ? await Inner.CommitAsync(commit with { Jobs = [] }, cancellationToken)
            : outcome;
    }
}

/// <summary>A listing that leaves something out.</summary>
internal sealed class StoreWithGaps(IRunnerStore inner) : StoreDecorator(inner)
{
    public Func<Runner, bool> HidesPending { get; init; } = _ => false;

    public Func<Job, bool> HidesQueued { get; init; } = _ => false;

    public Func<Job, bool> HidesDueJob { get; init; } = _ => false;

    public Func<Runner, bool> HidesDueRunner { get; init; } = _ => false;

    public override async ValueTask<IReadOnlyList<Runner>> ListPendingAsync(PendingQuery query, CancellationToken cancellationToken) =>
        [.. (await Inner.ListPendingAsync(query, cancellationToken)).Where(r => !HidesPending(r))];

    public override async ValueTask<IReadOnlyList<Job>> ListQueuedJobsAsync(string demandKey, int take, CancellationToken cancellationToken) =>
        [.. (await Inner.ListQueuedJobsAsync(demandKey, take, cancellationToken)).Where(j => !HidesQueued(j))];

    public override async ValueTask<IReadOnlyList<Job>> ListDueJobsAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) =>
        [.. (await Inner.ListDueJobsAsync(now, take, cancellationToken)).Where(j => !HidesDueJob(j))];

    public override async ValueTask<IReadOnlyList<Runner>> ListDueRunnersAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) =>
        [.. (await Inner.ListDueRunnersAsync(now, take, cancellationToken)).Where(r => !HidesDueRunner(r))];
}

/// <summary>After the first write that failed nothing is due any more.</summary>
internal sealed class StoreWhereOneErrorEndsTheLook(IRunnerStore inner) : StoreDecorator(inner)
{
    private bool _failed;

    public override async ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        try
        {
            return await Inner.CommitAsync(commit, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            _failed = true;
            throw;
        }
    }

    public override async ValueTask<IReadOnlyList<Runner>> ListDueRunnersAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) =>
        _failed ? [] : await Inner.ListDueRunnersAsync(now, take, cancellationToken);

    public override async ValueTask<IReadOnlyList<Job>> ListDueJobsAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) =>
        _failed ? [] : await Inner.ListDueJobsAsync(now, take, cancellationToken);
}

/// <summary>One bad record, and every listing of pending runners that comes upon it fails until it is mended.</summary>
internal sealed class StoreWithOneBadRecord(IRunnerStore inner, BadRecord bad) : StoreDecorator(inner)
{
    public override async ValueTask<IReadOnlyList<Runner>> ListPendingAsync(PendingQuery query, CancellationToken cancellationToken)
    {
        var pending = await Inner.ListPendingAsync(query, cancellationToken);
        return bad.IsAmong(pending, query.Now) ? throw new InvalidOperationException("A record cannot be read.") : pending;
    }
}

/// <summary>The runners of the job that came first are bad records, for some hours.</summary>
internal sealed class BadRecord
{
    private static readonly TimeSpan s_mendedAfter = TimeSpan.FromHours(8);
    private JobKey? _job;
    private DateTimeOffset _since;

    public bool IsAmong(IReadOnlyList<Runner> runners, DateTimeOffset now)
    {
        if (_job is null && runners is [{ Job: { } first }, ..])
        {
            (_job, _since) = (first, now);
        }

        return now - _since < s_mendedAfter && runners.Any(r => r.Job == _job);
    }
}

/// <summary>A host looks after the records that it wrote itself, and after no others: it remembers which in memory.</summary>
internal sealed class StoreThatKnowsItsOwn(IRunnerStore inner) : StoreDecorator(inner)
{
    private readonly HashSet<string> _own = [];

    public override ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        _own.UnionWith(commit.Runners.Select(r => r.Id));
        _own.UnionWith(commit.Jobs.Select(j => j.Key.ToString()));
        return Inner.CommitAsync(commit, cancellationToken);
    }

    public override async ValueTask<IReadOnlyList<Runner>> ListPendingAsync(PendingQuery query, CancellationToken cancellationToken) =>
        [.. (await Inner.ListPendingAsync(query, cancellationToken)).Where(r => _own.Contains(r.Id))];

    public override async ValueTask<IReadOnlyList<Runner>> ListDueRunnersAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) =>
        [.. (await Inner.ListDueRunnersAsync(now, take, cancellationToken)).Where(r => _own.Contains(r.Id))];

    public override async ValueTask<IReadOnlyList<Job>> ListDueJobsAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) =>
        [.. (await Inner.ListDueJobsAsync(now, take, cancellationToken)).Where(j => _own.Contains(j.Key.ToString()))];
}

/// <summary>Writes the credential that was last minted into the record of whoever has a registration.</summary>
internal sealed class StoreThatKeepsCredentials(IRunnerStore inner, LastMinted minted) : StoreDecorator(inner)
{
    public override ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken) => Inner.CommitAsync(commit with
    {
        Runners = [.. commit.Runners.Select(r => r is { Registration.GitHubId: not null, Reason: null } ? r with { Reason = Reason.Of(ReasonCodes.Claimed, $"Registered with {minted.Credential}.") } : r)],
    }, cancellationToken);
}

/// <summary>The same for an entry.</summary>
internal sealed class StoreThatKeepsCredentialsInEntries(IRunnerStore inner, LastMinted minted) : StoreDecorator(inner)
{
    public override ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken) => Inner.CommitAsync(commit with
    {
        Entries = [.. commit.Entries.Select(e => e with { Value = e.Value is null ? null : e.Value + minted.Credential })],
    }, cancellationToken);
}
