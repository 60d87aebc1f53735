using System.Globalization;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Local.Sqlite;

/// <summary>A commit made ready by its caller, so that the one writer spends no time on turning records into JSON.</summary>
internal sealed class SqliteCommit(StoreCommit commit)
{
    private readonly List<Row> _runners = [.. commit.Runners.Select(Row.Of)];
    private readonly List<Row> _jobs = [.. commit.Jobs.Select(Row.Of)];

    /// <summary>Checks all conditions, and only then writes: the transaction already holds the write lock, so nothing changes in between.</summary>
    public CommitOutcome WriteTo(SqliteSession session)
    {
        if (Conflicts(session) is { Count: > 0 } conflicts)
        {
            return new CommitOutcome.Conflict(conflicts);
        }

        if (FullPlaces(session) is { Count: > 0 } full)
        {
            return new CommitOutcome.NoPlace(full);
        }

        _runners.ForEach(runner => session.Execute(SqliteQueries.PutRunner, runner.Columns));
        _jobs.ForEach(job => session.Execute(SqliteQueries.PutJob, job.Columns));
        foreach (var place in commit.Places)
        {
            session.Execute(SqliteQueries.ChangePlace, place.Key, place.Delta);
        }

        foreach (var entry in commit.Entries)
        {
            session.Execute(SqliteQueries.PutEntry, entry.Key, entry.Version, entry.Value, entry.ExpiresAt?.UtcTicks);
        }

        return CommitOutcome.Committed.Instance;
    }

    private List<string> Conflicts(SqliteSession session)
    {
        var keys = new List<string>();
        keys.AddRange(_runners.Where(r => Number(session, RecordQueries.Runners.GetVersion, r.Id) != r.Version - 1).Select(r => r.Id));
        keys.AddRange(_jobs.Where(j => Number(session, RecordQueries.Jobs.GetVersion, j.Id) != j.Version - 1).Select(j => j.Id));
        keys.AddRange(commit.Entries.Where(e => Number(session, SqliteQueries.GetEntryVersion, e.Key) != e.Version - 1).Select(e => e.Key));
        return keys;
    }

    // A limit binds whoever takes: a place can be freed even when the limit has since been lowered below the count.
    private List<string> FullPlaces(SqliteSession session) =>
        [.. commit.Places.Where(p => p.Delta > 0 && Number(session, SqliteQueries.GetPlace, p.Key) + p.Delta > p.Limit).Select(p => p.Key)];

    private static long Number(SqliteSession session, string sql, string key) => Convert.ToInt64(session.Scalar(sql, key), CultureInfo.InvariantCulture);

    private readonly record struct Row(string Id, long Version, object?[] Columns)
    {
        public static Row Of(Runner runner) => new(runner.Id, runner.Version,
        [
            runner.Id, runner.Version, StateNames<RunnerState>.Of(runner.State), runner.CreatedAt.UtcTicks, runner.Deadline?.UtcTicks, runner.ExpiresAt?.UtcTicks,
            runner.IsFree ? runner.DemandKey : null, runner.CreatedAt.UtcTicks, RecordJson.Serialize(runner),
            runner.QueueKey, runner.QueuedAt.UtcTicks, runner.NotBefore?.UtcTicks,
        ]);

        public static Row Of(Job job) => new(job.Key.ToString(), job.Version,
        [
            job.Key.ToString(), job.Version, StateNames<JobState>.Of(job.State), job.CreatedAt.UtcTicks, job.Deadline?.UtcTicks, job.ExpiresAt?.UtcTicks,
            job.State is JobState.Queued ? job.DemandKey : null, job.QueuedAt.UtcTicks, RecordJson.Serialize(job),
        ]);
    }
}
