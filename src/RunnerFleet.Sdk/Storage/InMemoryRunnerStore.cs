using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Storage;

/// <summary>Keeps everything in this process, and loses it with the process: for tests, demonstrations and simulations.</summary>
public sealed class InMemoryRunnerStore : IRunnerStore
{
    private readonly Lock _lock = new();
    private readonly InMemoryTable<Runner, RunnerState> _runners = new("runners", runner => new RecordFacts<RunnerState>(
        runner.Id, runner.State, runner.CreatedAt, runner.Deadline, runner.ExpiresAt,
        runner.IsFree ? (runner.DemandKey, new ListPosition(runner.CreatedAt, runner.Id)) : null));
    private readonly InMemoryTable<Job, JobState> _jobs = new("jobs", job => new RecordFacts<JobState>(
        job.Key.ToString(), job.State, job.CreatedAt, job.Deadline, job.ExpiresAt,
        job.State is JobState.Queued ? (job.DemandKey, new ListPosition(job.QueuedAt, job.Key.ToString())) : null));
    private readonly PendingRunners _pending = new();
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StoreEntry> _entries = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _entryKeys = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(commit);
        RefuseDoubles(commit);
        return Answer(() =>
        {
            if (Conflicts(commit) is { Count: > 0 } conflicts)
            {
                return (CommitOutcome)new CommitOutcome.Conflict(conflicts);
            }

            if (FullPlaces(commit) is { Count: > 0 } full)
            {
                return new CommitOutcome.NoPlace(full);
            }

            Write(commit);
            return CommitOutcome.Committed.Instance;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<int> PurgeExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken) => Answer(() =>
    {
        var runners = _runners.ExpiredBefore(now);
        foreach (var runner in runners)
        {
            _runners.Remove(runner.Id);
            _pending.Remove(runner.Id);
        }

        var jobs = _jobs.ExpiredBefore(now);
        foreach (var job in jobs)
        {
            _jobs.Remove(job.Key.ToString());
        }

        var entries = _entries.Values.Where(entry => entry.ExpiresAt < now).ToList();
        foreach (var entry in entries)
        {
            _entries.Remove(entry.Key);
            _entryKeys.Remove(entry.Key);
        }

        return runners.Count + jobs.Count + entries.Count;
    }, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) =>
        Answer(() => _runners.Find(runnerId), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Runner>> ListPendingAsync(PendingQuery query, CancellationToken cancellationToken) =>
        Answer(() => _pending.List(query), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Runner>> ListDueRunnersAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) =>
        Answer(() => _runners.Due(now, take), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Runner>> ListFreeRunnersAsync(string demandKey, int take, CancellationToken cancellationToken) =>
        Answer(() => _runners.OfDemand(demandKey, take), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken) =>
        Answer(() => _runners.NewestFirst(query.States, query.Take, query.Continuation), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<RunnerState, long>> CountRunnersAsync(CancellationToken cancellationToken) =>
        Answer(_runners.Count, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken) =>
        Answer(() => _jobs.Find(key.ToString()), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Job>> ListDueJobsAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) =>
        Answer(() => _jobs.Due(now, take), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Job>> ListQueuedJobsAsync(string demandKey, int take, CancellationToken cancellationToken) =>
        Answer(() => _jobs.OfDemand(demandKey, take), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) =>
        Answer(() => _jobs.NewestFirst(query.States, query.Take, query.Continuation), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<JobState, long>> CountJobsAsync(CancellationToken cancellationToken) =>
        Answer(_jobs.Count, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<string, int>> GetPlacesAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        Answer<IReadOnlyDictionary<string, int>>(() => keys.Distinct().ToDictionary(key => key, key => _places.GetValueOrDefault(key)), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StoreEntry?> GetEntryAsync(string key, CancellationToken cancellationToken) =>
        Answer(() => _entries.GetValueOrDefault(key), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoreEntry>> ListEntriesAsync(string prefix, int take, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<StoreEntry>>(() => [.. KeysWith(prefix).Take(take).Select(key => _entries[key])], cancellationToken);

    private IEnumerable<string> KeysWith(string prefix) => _entryKeys.Max is { } last && string.CompareOrdinal(prefix, last) <= 0
        ? _entryKeys.GetViewBetween(prefix, last).TakeWhile(key => key.StartsWith(prefix, StringComparison.Ordinal))
        : [];

    private ValueTask<T> Answer<T>(Func<T> ask, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return ValueTask.FromResult(ask());
        }
    }

    private List<string> Conflicts(StoreCommit commit)
    {
        var keys = new List<string>();
        keys.AddRange(commit.Runners.Where(r => (_runners.Find(r.Id)?.Version ?? 0) != r.Version - 1).Select(r => r.Id));
        keys.AddRange(commit.Jobs.Where(j => (_jobs.Find(j.Key.ToString())?.Version ?? 0) != j.Version - 1).Select(j => j.Key.ToString()));
        keys.AddRange(commit.Entries.Where(e => (_entries.GetValueOrDefault(e.Key)?.Version ?? 0) != e.Version - 1).Select(e => e.Key));
        return keys;
    }

    // A limit binds whoever takes: a place can be freed even when the limit has since been lowered below the count.
    private List<string> FullPlaces(StoreCommit commit) =>
        [.. commit.Places.Where(p => p.Delta > 0 && _places.GetValueOrDefault(p.Key) + p.Delta > p.Limit).Select(p => p.Key)];

    private void Write(StoreCommit commit)
    {
        foreach (var runner in commit.Runners)
        {
            _runners.Put(runner);
            _pending.Put(runner);
        }

        foreach (var job in commit.Jobs)
        {
            _jobs.Put(job);
        }

        foreach (var place in commit.Places)
        {
            _places[place.Key] = _places.GetValueOrDefault(place.Key) + place.Delta;
        }

        foreach (var entry in commit.Entries)
        {
            _entries[entry.Key] = entry;
            _entryKeys.Add(entry.Key);
        }
    }

    // No engine can write one record twice in one transaction. This store could; saying so here finds the mistake in the first test.
    private static void RefuseDoubles(StoreCommit commit)
    {
        var twice = commit.Runners.CountBy(r => $"runner {r.Id}")
            .Concat(commit.Jobs.CountBy(j => $"job {j.Key}"))
            .Concat(commit.Places.CountBy(p => $"place {p.Key}"))
            .Concat(commit.Entries.CountBy(e => $"entry {e.Key}"))
            .FirstOrDefault(write => write.Value > 1);
        if (twice.Key is not null)
        {
            throw new ArgumentException($"The commit writes {twice.Key} twice.", nameof(commit));
        }
    }
}
