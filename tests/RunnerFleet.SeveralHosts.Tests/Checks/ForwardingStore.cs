using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.SeveralHosts.Tests.Checks;

/// <summary>Passes everything on: what decorators of a store begin with.</summary>
internal abstract class ForwardingStore(IRunnerStore inner) : IRunnerStore
{
    protected IRunnerStore Inner { get; } = inner;

    public virtual ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken) => Inner.CommitAsync(commit, cancellationToken);

    public virtual ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) => Inner.GetRunnerAsync(runnerId, cancellationToken);

    public virtual ValueTask<IReadOnlyDictionary<string, int>> GetPlacesAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) => Inner.GetPlacesAsync(keys, cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListPendingAsync(PendingQuery query, CancellationToken cancellationToken) => Inner.ListPendingAsync(query, cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListDueRunnersAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) => Inner.ListDueRunnersAsync(now, take, cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListFreeRunnersAsync(string demandKey, int take, CancellationToken cancellationToken) => Inner.ListFreeRunnersAsync(demandKey, take, cancellationToken);

    public ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken) => Inner.ListRunnersAsync(query, cancellationToken);

    public ValueTask<IReadOnlyDictionary<RunnerState, long>> CountRunnersAsync(CancellationToken cancellationToken) => Inner.CountRunnersAsync(cancellationToken);

    public ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken) => Inner.GetJobAsync(key, cancellationToken);

    public ValueTask<IReadOnlyList<Job>> ListDueJobsAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) => Inner.ListDueJobsAsync(now, take, cancellationToken);

    public ValueTask<IReadOnlyList<Job>> ListQueuedJobsAsync(string demandKey, int take, CancellationToken cancellationToken) => Inner.ListQueuedJobsAsync(demandKey, take, cancellationToken);

    public ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) => Inner.ListJobsAsync(query, cancellationToken);

    public ValueTask<IReadOnlyDictionary<JobState, long>> CountJobsAsync(CancellationToken cancellationToken) => Inner.CountJobsAsync(cancellationToken);

    public ValueTask<StoreEntry?> GetEntryAsync(string key, CancellationToken cancellationToken) => Inner.GetEntryAsync(key, cancellationToken);

    public ValueTask<IReadOnlyList<StoreEntry>> ListEntriesAsync(string prefix, int take, CancellationToken cancellationToken) => Inner.ListEntriesAsync(prefix, take, cancellationToken);

    public ValueTask<int> PurgeExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken) => Inner.PurgeExpiredAsync(now, cancellationToken);
}
