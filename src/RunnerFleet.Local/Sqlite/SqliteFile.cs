using System.Globalization;
using Microsoft.Data.Sqlite;
using RunnerFleet.Storage;

namespace RunnerFleet.Local.Sqlite;

/// <summary>The file: opens it, brings its tables about, and puts its failures into words for people.</summary>
internal sealed class SqliteFile
{
    private readonly string _path;
    private readonly int _busyTimeoutSeconds;
    private readonly string _connectionString;

    public SqliteFile(SqliteStoreOptions options)
    {
        _path = Path.GetFullPath(options.Path);
        _busyTimeoutSeconds = options.BusyTimeoutSeconds;
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = _path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            DefaultTimeout = _busyTimeoutSeconds,
            Pooling = false,
        }.ToString();
    }

    public SqliteSession Open()
    {
        try
        {
            CreateReadableByItsOwnerOnly();
            var connection = new SqliteConnection(_connectionString);
            var session = new SqliteSession(connection);
            try
            {
                connection.Open();
                Prepare(session);
                return session;
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The store file {_path} cannot be made: {e.Message} Check that its folder exists and may be written.", e);
        }
    }

    /// <summary>What a caller is told of a failure: SQLite's own become <see cref="StoreUnavailableException"/>, others stay as they are.</summary>
    public Exception InWords(Exception e) => e is not SqliteException sqlite ? e : new StoreUnavailableException(sqlite.SqliteErrorCode switch
    {
        5 or 6 => $"The store file {_path} was locked by another process for more than {_busyTimeoutSeconds} s. Look for a process that holds it, such as a backup or an open database tool.",
        3 or 8 or 14 or 23 => $"The store file {_path} cannot be opened for writing. Check that the file and its folder may be written by this user.",
        11 or 26 => $"The store file {_path} is damaged, or is no SQLite database. Restore a copy, or choose another file.",
        13 => $"The disk of the store file {_path} is full.",
        _ => $"The store file {_path} cannot be used: {e.Message}",
    }, e);

    // SQLite gives its side files the permissions of the file itself. A file that exists is left alone: opening and closing it
    // here would drop the locks that other connections of this process hold on it (POSIX locks belong to the process).
    private void CreateReadableByItsOwnerOnly()
    {
        if (File.Exists(_path))
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        var creation = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            creation.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            new FileStream(_path, creation).Dispose();
        }
        catch (IOException) when (File.Exists(_path))
        {
            // Another process was faster.
        }
    }

    // WAL: readers and the writer do not wait for each other. FULL: a commit is on the disk before it is answered, so that
    // neither a killed process nor a power cut loses it; the writer shares the wait between commits.
    private void Prepare(SqliteSession session)
    {
        session.Execute($"PRAGMA busy_timeout = {_busyTimeoutSeconds * 1000}");
        var isEmpty = IsNew(session);
        session.Execute("PRAGMA journal_mode = WAL");
        session.Execute("PRAGMA synchronous = FULL");
        if (isEmpty)
        {
            session.Execute("BEGIN IMMEDIATE");
            if (SchemaVersion(session) == 0)
            {
                session.Execute(SqliteSchema.Create);
            }

            session.Execute("COMMIT");
        }
    }

    // Looked at before anything is written, in one transaction: another process may be making the tables right now.
    private bool IsNew(SqliteSession session)
    {
        session.Execute("BEGIN");
        var version = SchemaVersion(session);
        var isEmpty = session.Scalar("SELECT name FROM sqlite_master LIMIT 1") is null;
        session.Execute("COMMIT");
        return (version, isEmpty) switch
        {
            (0, true) => true,
            (0, false) => throw new StoreUnavailableException($"The file {_path} is a SQLite database, but not one of RunnerFleet. Choose another file."),
            (SqliteSchema.Version, _) => false,
            _ => throw new StoreUnavailableException(
                $"The store file {_path} was written by a newer version of RunnerFleet (schema {version}; this one knows {SqliteSchema.Version}). Update this host, or choose another file."),
        };
    }

    private static long SchemaVersion(SqliteSession session) => Convert.ToInt64(session.Scalar("PRAGMA user_version"), CultureInfo.InvariantCulture);
}
