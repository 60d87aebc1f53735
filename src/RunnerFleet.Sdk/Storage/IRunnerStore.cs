using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Storage;

/// <summary>
/// Where a fleet keeps its runners, jobs, places and entries. Implement it to keep them elsewhere; <c>RunnerStoreContract</c> in
/// <c>RunnerFleet.Sdk.Testing.Xunit</c> checks every promise made here.
/// </summary>
/// <remarks>
/// <para>There is one way to write, <see cref="IStoreWriter.CommitAsync"/>: all of it or nothing, conditional on versions and limits.
/// Reads by key are consistent: they see every commit that was answered before they began. Lists may lag behind for a moment; a caller
/// that acts on a listed record commits against its version and so finds out.</para>
/// <para>A store never reads the clock: what depends on time is given the time. It must be safe for any number of callers, in this
/// process and in others. A store that cannot be reached throws <see cref="StoreUnavailableException"/>; the effect of a commit that threw is unknown.</para>
/// </remarks>
public interface IRunnerStore : IRunnerReader, IJobReader, IPlaceReader, IEntryReader, IStoreWriter;

/// <summary>Reads runners.</summary>
public interface IRunnerReader
{
    /// <summary>Gets one runner; <see langword="null"/> where there is none. Consistent.</summary>
    ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken);

    /// <summary>
    /// Lists PENDING runners that may be launched now (<see cref="Runner.NotBefore"/> not after <see cref="PendingQuery.Now"/>):
    /// of each queue (<see cref="Runner.QueueKey"/>) its oldest by (<see cref="Runner.QueuedAt"/>, <see cref="Runner.Id"/>), at most <see cref="PendingQuery.PerQueue"/>,
    /// and at most <see cref="PendingQuery.Take"/> in all, such that no queue is left out while another has two.
    /// </summary>
    ValueTask<IReadOnlyList<Runner>> ListPendingAsync(PendingQuery query, CancellationToken cancellationToken);

    /// <summary>Lists runners in any state whose <see cref="Runner.Deadline"/> is not after <paramref name="now"/>, the most overdue first. Costs what is due, not what ever existed.</summary>
    ValueTask<IReadOnlyList<Runner>> ListDueRunnersAsync(DateTimeOffset now, int take, CancellationToken cancellationToken);

    /// <summary>Lists runners of a demand key that can still take a job (<see cref="Runner.IsFree"/>), oldest first.</summary>
    ValueTask<IReadOnlyList<Runner>> ListFreeRunnersAsync(string demandKey, int take, CancellationToken cancellationToken);

    /// <summary>Lists runners, newest first, page by page. A runner that exists during the whole listing and matches during the whole listing is returned exactly once.</summary>
    /// <exception cref="ArgumentException">The continuation was not made by this store.</exception>
    ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken);

    /// <summary>Counts runners by state. States without runners may be left out.</summary>
    ValueTask<IReadOnlyDictionary<RunnerState, long>> CountRunnersAsync(CancellationToken cancellationToken);
}

/// <summary>Reads jobs.</summary>
public interface IJobReader
{
    /// <summary>Gets one job; <see langword="null"/> where there is none. Consistent.</summary>
    ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken);

    /// <summary>Lists jobs in any state whose <see cref="Job.Deadline"/> is not after <paramref name="now"/>, the most overdue first.</summary>
    ValueTask<IReadOnlyList<Job>> ListDueJobsAsync(DateTimeOffset now, int take, CancellationToken cancellationToken);

    /// <summary>Lists QUEUED jobs of a demand key, oldest (<see cref="Job.QueuedAt"/>) first.</summary>
    ValueTask<IReadOnlyList<Job>> ListQueuedJobsAsync(string demandKey, int take, CancellationToken cancellationToken);

    /// <summary>Lists jobs, most recently recorded first, page by page.</summary>
    /// <exception cref="ArgumentException">The continuation was not made by this store.</exception>
    ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken);

    /// <summary>Counts jobs by state. States without jobs may be left out.</summary>
    ValueTask<IReadOnlyDictionary<JobState, long>> CountJobsAsync(CancellationToken cancellationToken);
}

/// <summary>Reads how many places are taken.</summary>
public interface IPlaceReader
{
    /// <summary>Gets the count of each key; a key never used counts 0. Consistent.</summary>
    ValueTask<IReadOnlyDictionary<string, int>> GetPlacesAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken);
}

/// <summary>Reads entries: small named facts such as leases, breakers and notices.</summary>
public interface IEntryReader
{
    /// <summary>Gets one entry; <see langword="null"/> where there is none. An expired entry may still be returned. Consistent.</summary>
    ValueTask<StoreEntry?> GetEntryAsync(string key, CancellationToken cancellationToken);

    /// <summary>Lists entries whose key begins with <paramref name="prefix"/> (ordinal), in ordinal order of keys.</summary>
    ValueTask<IReadOnlyList<StoreEntry>> ListEntriesAsync(string prefix, int take, CancellationToken cancellationToken);
}

/// <summary>Writes.</summary>
public interface IStoreWriter
{
    /// <summary>
    /// Writes all of <paramref name="commit"/>, or nothing. Each record, job and entry is conditional on its version: the stored one must be exactly one
    /// less, and version 1 demands that there is none. Each place change with a limit is conditional on the limit. At least 100 writes fit one commit.
    /// </summary>
    /// <returns><see cref="CommitOutcome.Committed"/>, or which conditions failed. When versions and limits fail together, versions are reported.</returns>
    /// <exception cref="StoreUnavailableException">The store could not be reached or did not answer in time: whether the commit took effect is unknown.</exception>
    ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken);

    /// <summary>Removes what expired before <paramref name="now"/>. Never part of correctness; a store whose engine does this by itself returns 0.</summary>
    /// <returns>How many records were removed.</returns>
    ValueTask<int> PurgeExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken);
}
