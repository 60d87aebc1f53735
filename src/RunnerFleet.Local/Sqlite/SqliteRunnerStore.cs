using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Local.Sqlite;

/// <summary>Keeps a fleet in one SQLite file.</summary>
internal sealed class SqliteRunnerStore : IRunnerStore, IDisposable
{
    private const int PurgeBatch = 500;

    private readonly SqliteReaders _readers;
    private readonly SqliteWriter _writer;

    public SqliteRunnerStore(IOptions<SqliteStoreOptions> options)
    {
        var file = new SqliteFile(options.Value);
        _readers = new SqliteReaders(file);
        _writer = new SqliteWriter(file);
    }

    public void Dispose()
    {
        _writer.Dispose();
        _readers.Dispose();
    }

    public ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(commit);
        CommitRules.RefuseDoubles(commit);
        return _writer.WriteAsync(new SqliteCommit(commit).WriteTo, cancellationToken);
    }

    /// <summary>In batches, each a write of its own: commits go on in between.</summary>
    public async ValueTask<int> PurgeExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var total = 0;
        foreach (var purge in new[] { RecordQueries.Runners.Purge, RecordQueries.Jobs.Purge, SqliteQueries.PurgeEntries })
        {
            int removed;
            do
            {
                removed = await _writer.WriteAsync(session => session.Execute(purge, now.UtcTicks, PurgeBatch), cancellationToken).ConfigureAwait(false);
                total += removed;
            }
            while (removed == PurgeBatch);
        }

        return total;
    }

    public ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => session.Query(RecordQueries.Runners.Get, Runner, runnerId).SingleOrDefault(), cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListPendingAsync(PendingQuery query, CancellationToken cancellationToken) =>
        ListAsync(SqliteQueries.Pending, Runner, cancellationToken, query.Now.UtcTicks, AtLeast0(query.PerQueue), AtLeast0(query.Take));

    public ValueTask<IReadOnlyList<Runner>> ListDueRunnersAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) =>
        ListAsync(RecordQueries.Runners.Due, Runner, cancellationToken, now.UtcTicks, AtLeast0(take));

    public ValueTask<IReadOnlyList<Runner>> ListFreeRunnersAsync(string demandKey, int take, CancellationToken cancellationToken) =>
        ListAsync(RecordQueries.Runners.OfDemand, Runner, cancellationToken, demandKey, AtLeast0(take));

    public ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken) =>
        PageAsync(RecordQueries.Runners, "runners", query.States, query.Take, query.Continuation, RecordJson.DeserializeRunner, cancellationToken);

    public ValueTask<IReadOnlyDictionary<RunnerState, long>> CountRunnersAsync(CancellationToken cancellationToken) =>
        CountAsync<RunnerState>(RecordQueries.Runners, cancellationToken);

    public ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => session.Query(RecordQueries.Jobs.Get, Job, key.ToString()).SingleOrDefault(), cancellationToken);

    public ValueTask<IReadOnlyList<Job>> ListDueJobsAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) =>
        ListAsync(RecordQueries.Jobs.Due, Job, cancellationToken, now.UtcTicks, AtLeast0(take));

    public ValueTask<IReadOnlyList<Job>> ListQueuedJobsAsync(string demandKey, int take, CancellationToken cancellationToken) =>
        ListAsync(RecordQueries.Jobs.OfDemand, Job, cancellationToken, demandKey, AtLeast0(take));

    public ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) =>
        PageAsync(RecordQueries.Jobs, "jobs", query.States, query.Take, query.Continuation, RecordJson.DeserializeJob, cancellationToken);

    public ValueTask<IReadOnlyDictionary<JobState, long>> CountJobsAsync(CancellationToken cancellationToken) =>
        CountAsync<JobState>(RecordQueries.Jobs, cancellationToken);

    public ValueTask<IReadOnlyDictionary<string, int>> GetPlacesAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        _readers.ReadAsync<IReadOnlyDictionary<string, int>>(session => keys.Distinct(StringComparer.Ordinal).ToDictionary(
            key => key, key => Convert.ToInt32(session.Scalar(SqliteQueries.GetPlace, key), CultureInfo.InvariantCulture), StringComparer.Ordinal), cancellationToken);

    public ValueTask<StoreEntry?> GetEntryAsync(string key, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => session.Query(SqliteQueries.GetEntry, Entry, key).SingleOrDefault(), cancellationToken);

    public ValueTask<IReadOnlyList<StoreEntry>> ListEntriesAsync(string prefix, int take, CancellationToken cancellationToken) =>
        _readers.ReadAsync<IReadOnlyList<StoreEntry>>(session =>
            [.. session.Query(SqliteQueries.EntriesFrom, Entry, prefix, AtLeast0(take)).TakeWhile(e => e.Key.StartsWith(prefix, StringComparison.Ordinal))], cancellationToken);

    private ValueTask<IReadOnlyList<T>> ListAsync<T>(string sql, Func<SqliteDataReader, T> read, CancellationToken cancellationToken, params object?[] values) =>
        _readers.ReadAsync<IReadOnlyList<T>>(session => session.Query(sql, read, values), cancellationToken);

    private ValueTask<IReadOnlyDictionary<TState, long>> CountAsync<TState>(RecordQueries queries, CancellationToken cancellationToken) where TState : struct, Enum =>
        _readers.ReadAsync<IReadOnlyDictionary<TState, long>>(session => session
            .Query(queries.Count, row => (IsKnown: StateNames<TState>.TryParse(row.GetString(0), out var state), State: state, Count: row.GetInt64(1)))
            .Where(row => row.IsKnown)
            .ToDictionary(row => row.State, row => row.Count), cancellationToken);

    private delegate T ReadDocument<T>(ReadOnlySpan<byte> utf8);

    private ValueTask<Page<T>> PageAsync<T, TState>(
        RecordQueries queries, string listing, IReadOnlyList<TState> states, int take, string? continuation, ReadDocument<T> read, CancellationToken cancellationToken)
        where TState : struct, Enum
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(take, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(take, 1000);
        var after = ListPosition.FromContinuation(continuation, listing);
        string[] names = [.. states.Distinct().Select(StateNames<TState>.Of)];
        object?[] values = [after?.At.UtcTicks ?? long.MaxValue, after?.Id ?? "", take + 1, .. names];
        return _readers.ReadAsync(session =>
        {
            var rows = session.Query(
                queries.NewestFirst(names.Length),
                row => (Position: new ListPosition(Moment(row.GetInt64(0)), row.GetString(1)), Record: read(row.GetFieldValue<byte[]>(2))),
                values);
            return new Page<T>
            {
                Items = [.. rows.Take(take).Select(row => row.Record)],
                Continuation = rows.Count > take ? rows[take - 1].Position.ToContinuation(listing) : null,
            };
        }, cancellationToken);
    }

    private static Runner Runner(SqliteDataReader row) => RecordJson.DeserializeRunner(row.GetFieldValue<byte[]>(0));

    private static Job Job(SqliteDataReader row) => RecordJson.DeserializeJob(row.GetFieldValue<byte[]>(0));

    private static StoreEntry Entry(SqliteDataReader row) => new()
    {
        Key = row.GetString(0),
        Version = row.GetInt64(1),
        Value = row.IsDBNull(2) ? null : row.GetString(2),
        ExpiresAt = row.IsDBNull(3) ? null : Moment(row.GetInt64(3)),
    };

    private static DateTimeOffset Moment(long utcTicks) => new(utcTicks, TimeSpan.Zero);

    // To SQLite a negative LIMIT means no limit.
    private static int AtLeast0(int take) => Math.Max(take, 0);
}
