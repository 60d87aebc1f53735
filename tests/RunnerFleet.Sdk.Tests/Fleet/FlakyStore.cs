using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Sdk.Tests.Fleet;

/// <summary>A store that fails when told to: before a commit, or after it, so that the reply is lost.</summary>
internal sealed class FlakyStore(IRunnerStore inner) : IRunnerStore
{
    /// <summary>Says of a commit whether it fails before it takes effect.</summary>
    public Func<StoreCommit, bool>? FailBefore { get; set; }

    /// <summary>Says of a commit whether its reply is lost.</summary>
    public Func<StoreCommit, bool>? FailAfter { get; set; }

    /// <summary>Lets the listing of queued jobs lag behind, as an index may.</summary>
    public bool HideQueuedJobs { get; set; }

    /// <summary>Lets the listing of pending runners lag behind: what it does not show yet.</summary>
    public Func<Runner, bool>? HidePending { get; set; }

    /// <summary>What other hosts do before the next listing of queued jobs; once.</summary>
    public Func<Task>? BeforeQueuedJobs { get; set; }

    /// <summary>What other hosts do just before a commit.</summary>
    public Func<StoreCommit, Task>? BeforeCommit { get; set; }

    /// <summary>What happens just before expired entries are purged.</summary>
    public Action? BeforePurge { get; set; }

    public int Commits { get; private set; }

    private readonly HashSet<string> _forgotten = [];

    /// <summary>Acts as if a runner had never been recorded.</summary>
    public void Forget(string runnerId) => _forgotten.Add(runnerId);

    public async ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        Commits++;
        await (BeforeCommit?.Invoke(commit) ?? Task.CompletedTask);
        if (FailBefore?.Invoke(commit) == true)
        {
            throw new StoreUnavailableException("The store is down, as the test asked.");
        }

        var outcome = await inner.CommitAsync(commit, cancellationToken);
        return FailAfter?.Invoke(commit) == true ? throw new StoreUnavailableException("The reply is lost, as the test asked.") : outcome;
    }

    public ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) => _forgotten.Contains(runnerId) ? default : inner.GetRunnerAsync(runnerId, cancellationToken);

    public async ValueTask<IReadOnlyList<Runner>> ListPendingAsync(PendingQuery query, CancellationToken cancellationToken) =>
        [.. (await inner.ListPendingAsync(query, cancellationToken)).Where(r => HidePending?.Invoke(r) != true)];

    public ValueTask<IReadOnlyList<Runner>> ListDueRunnersAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) => inner.ListDueRunnersAsync(now, take, cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListFreeRunnersAsync(string demandKey, int take, CancellationToken cancellationToken) => inner.ListFreeRunnersAsync(demandKey, take, cancellationToken);

    public async ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken)
    {
        var page = await inner.ListRunnersAsync(query, cancellationToken);
        return page with { Items = [.. page.Items.Where(r => !_forgotten.Contains(r.Id))] };
    }

    public ValueTask<IReadOnlyDictionary<RunnerState, long>> CountRunnersAsync(CancellationToken cancellationToken) => inner.CountRunnersAsync(cancellationToken);

    public ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken) => inner.GetJobAsync(key, cancellationToken);

    public ValueTask<IReadOnlyList<Job>> ListDueJobsAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) => inner.ListDueJobsAsync(now, take, cancellationToken);

    public async ValueTask<IReadOnlyList<Job>> ListQueuedJobsAsync(string demandKey, int take, CancellationToken cancellationToken)
    {
        if (BeforeQueuedJobs is { } before)
        {
            BeforeQueuedJobs = null;
            await before();
        }

        return HideQueuedJobs ? [] : await inner.ListQueuedJobsAsync(demandKey, take, cancellationToken);
    }

    public ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) => inner.ListJobsAsync(query, cancellationToken);

    public ValueTask<IReadOnlyDictionary<JobState, long>> CountJobsAsync(CancellationToken cancellationToken) => inner.CountJobsAsync(cancellationToken);

    public ValueTask<IReadOnlyDictionary<string, int>> GetPlacesAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) => inner.GetPlacesAsync(keys, cancellationToken);

    public ValueTask<StoreEntry?> GetEntryAsync(string key, CancellationToken cancellationToken) => inner.GetEntryAsync(key, cancellationToken);

    public ValueTask<IReadOnlyList<StoreEntry>> ListEntriesAsync(string prefix, int take, CancellationToken cancellationToken) => inner.ListEntriesAsync(prefix, take, cancellationToken);

    public ValueTask<int> PurgeExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        BeforePurge?.Invoke();
        return inner.PurgeExpiredAsync(now, cancellationToken);
    }
}
