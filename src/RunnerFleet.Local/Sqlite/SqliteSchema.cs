namespace RunnerFleet.Local.Sqlite;

/// <summary>
/// The tables. A record is a JSON document; the columns beside it are what it is found by. Moments are UTC ticks. Each partial index
/// holds only what its question is about, so that a long history costs the questions of the day nothing.
/// </summary>
internal static class SqliteSchema
{
    /// <summary>The schema that this version writes, kept in the file's <c>user_version</c>.</summary>
    public const int Version = 1;

    // "demand" is the demand key while the record counts for it (a free runner, a QUEUED job), and NULL otherwise.
    private const string RecordColumns = """
        id TEXT NOT NULL PRIMARY KEY,
        version INTEGER NOT NULL,
        state TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        deadline INTEGER,
        expires_at INTEGER,
        demand TEXT,
        demand_at INTEGER NOT NULL
        """;

    public static string Create { get; } = $"""
        CREATE TABLE runners ({RecordColumns}, queue TEXT NOT NULL, queued_at INTEGER NOT NULL, not_before INTEGER, document BLOB NOT NULL);
        CREATE INDEX runners_pending ON runners (queue, queued_at, id, not_before) WHERE state = 'PENDING';
        {IndexesAndCounts("runners")}
        CREATE TABLE jobs ({RecordColumns}, document BLOB NOT NULL);
        {IndexesAndCounts("jobs")}
        CREATE TABLE places (key TEXT NOT NULL PRIMARY KEY, taken INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE entries (key TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, value TEXT, expires_at INTEGER) WITHOUT ROWID;
        CREATE INDEX entries_by_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL;
        PRAGMA user_version = {Version};
        """;

    private static string IndexesAndCounts(string table) => $"""
        CREATE INDEX {table}_by_age ON {table} (created_at, id);
        CREATE INDEX {table}_by_state ON {table} (state, created_at, id);
        CREATE INDEX {table}_by_deadline ON {table} (deadline, id) WHERE deadline IS NOT NULL;
        CREATE INDEX {table}_by_demand ON {table} (demand, demand_at, id) WHERE demand IS NOT NULL;
        CREATE INDEX {table}_by_expiry ON {table} (expires_at) WHERE expires_at IS NOT NULL;

        CREATE TABLE {table}_count (state TEXT NOT NULL PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN
            INSERT INTO {table}_count VALUES (NEW.state, 1) ON CONFLICT (state) DO UPDATE SET count = count + 1;
        END;
        CREATE TRIGGER {table}_moved AFTER UPDATE OF state ON {table} WHEN OLD.state <> NEW.state BEGIN
            UPDATE {table}_count SET count = count - 1 WHERE state = OLD.state;
            INSERT INTO {table}_count VALUES (NEW.state, 1) ON CONFLICT (state) DO UPDATE SET count = count + 1;
        END;
        CREATE TRIGGER {table}_removed AFTER DELETE ON {table} BEGIN
            UPDATE {table}_count SET count = count - 1 WHERE state = OLD.state;
        END;
        """;
}
