namespace RunnerFleet.Local.Sqlite;

/// <summary>Where the SQLite store keeps its file, and how patient it is.</summary>
public sealed class SqliteStoreOptions
{
    /// <summary>The path of the file; a relative one begins at the working directory. It and its folder are made where they are missing; on Unix the file is readable by its owner only. It must be on a disk of this machine: SQLite's locks do not hold on network shares.</summary>
    public string Path { get; set; } = "";

    /// <summary>How long a call waits while another process writes, before it fails as unavailable.</summary>
    public int BusyTimeoutSeconds { get; set; } = 10;
}
