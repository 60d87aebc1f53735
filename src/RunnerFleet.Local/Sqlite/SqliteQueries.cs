namespace RunnerFleet.Local.Sqlite;

/// <summary>The questions that runners and jobs are asked alike.</summary>
internal sealed class RecordQueries(string table)
{
    public static RecordQueries Runners { get; } = new("runners");

    public static RecordQueries Jobs { get; } = new("jobs");

    /// <summary>$1: id.</summary>
    public string Get { get; } = $"SELECT document FROM {table} WHERE id = $1";

    /// <summary>$1: id.</summary>
    public string GetVersion { get; } = $"SELECT version FROM {table} WHERE id = $1";

    /// <summary>$1: now; $2: how many.</summary>
    public string Due { get; } = $"SELECT document FROM {table} WHERE deadline <= $1 ORDER BY deadline, id LIMIT $2";

    /// <summary>$1: the demand key; $2: how many.</summary>
    public string OfDemand { get; } = $"SELECT document FROM {table} WHERE demand = $1 ORDER BY demand_at, id LIMIT $2";

    public string Count { get; } = $"SELECT state, count FROM {table}_count WHERE count > 0";

    /// <summary>$1: now; $2: how many.</summary>
    public string Purge { get; } = $"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE expires_at < $1 LIMIT $2)";

    /// <summary>$1 and $2: the position that the page begins after; $3: how many; $4 and on: the states. Each state is read in its own order, and the orders are merged.</summary>
    public string NewestFirst(int states)
    {
        var page = $"SELECT created_at, id, document FROM {table} WHERE (created_at, id) < ($1, $2)";
        var pages = states == 0 ? [page] : Enumerable.Range(4, states).Select(state => $"{page} AND state = ${state}");
        return $"{string.Join(" UNION ALL ", pages)} ORDER BY created_at DESC, id DESC LIMIT $3";
    }
}

/// <summary>The other questions, and what is written.</summary>
internal static class SqliteQueries
{
    /// <summary>
    /// $1: now; $2: how many of a queue; $3: how many in all. Steps from queue to queue in the index, takes the first of each,
    /// and serves first turns before second ones.
    /// </summary>
    public const string Pending = """
        WITH RECURSIVE queues (queue) AS (
            SELECT MIN(queue) FROM runners INDEXED BY runners_pending WHERE state = 'PENDING'
            UNION ALL
            SELECT (SELECT MIN(queue) FROM runners INDEXED BY runners_pending WHERE state = 'PENDING' AND queue > queues.queue)
            FROM queues WHERE queue IS NOT NULL
        ),
        turns AS (
            SELECT r.rowid AS record, r.queued_at, r.id, ROW_NUMBER() OVER (PARTITION BY r.queue ORDER BY r.queued_at, r.id) AS turn
            FROM queues JOIN runners AS r ON r.rowid IN (
                SELECT rowid FROM runners INDEXED BY runners_pending
                WHERE state = 'PENDING' AND queue = queues.queue AND (not_before IS NULL OR not_before <= $1)
                ORDER BY queued_at, id LIMIT $2)
        ),
        served AS (SELECT * FROM turns ORDER BY turn, queued_at, id LIMIT $3)
        SELECT document FROM served JOIN runners ON runners.rowid = served.record ORDER BY served.turn, served.queued_at, served.id
        """;

    public const string PutRunner = """
        INSERT INTO runners (id, version, state, created_at, deadline, expires_at, demand, demand_at, document, queue, queued_at, not_before)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state, created_at = excluded.created_at, deadline = excluded.deadline,
            expires_at = excluded.expires_at, demand = excluded.demand, demand_at = excluded.demand_at, document = excluded.document,
            queue = excluded.queue, queued_at = excluded.queued_at, not_before = excluded.not_before
        """;

    public const string PutJob = """
        INSERT INTO jobs (id, version, state, created_at, deadline, expires_at, demand, demand_at, document)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state, created_at = excluded.created_at, deadline = excluded.deadline,
            expires_at = excluded.expires_at, demand = excluded.demand, demand_at = excluded.demand_at, document = excluded.document
        """;

    public const string GetPlace = "SELECT taken FROM places WHERE key = $1";

    public const string ChangePlace = "INSERT INTO places (key, taken) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET taken = taken + excluded.taken";

    public const string GetEntry = "SELECT key, version, value, expires_at FROM entries WHERE key = $1";

    /// <summary>$1: the prefix; $2: how many. Begins at the prefix; the reader stops where it ends, so no character has a meaning of its own.</summary>
    public const string EntriesFrom = "SELECT key, version, value, expires_at FROM entries WHERE key >= $1 ORDER BY key LIMIT $2";

    public const string GetEntryVersion = "SELECT version FROM entries WHERE key = $1";

    public const string PutEntry = """
        INSERT INTO entries (key, version, value, expires_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (key) DO UPDATE SET version = excluded.version, value = excluded.value, expires_at = excluded.expires_at
        """;

    /// <summary>$1: now; $2: how many.</summary>
    public const string PurgeEntries = "DELETE FROM entries WHERE key IN (SELECT key FROM entries WHERE expires_at < $1 LIMIT $2)";
}
