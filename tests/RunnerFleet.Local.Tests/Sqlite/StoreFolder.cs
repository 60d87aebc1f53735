using Microsoft.Extensions.Options;
using RunnerFleet.Local.Sqlite;

namespace RunnerFleet.Local.Tests.Sqlite;

/// <summary>A folder of its own for one test, with the stores that the test opened in it.</summary>
internal sealed class StoreFolder : IDisposable
{
    private readonly List<SqliteRunnerStore> _stores = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("runnerfleet-sqlite-").FullName;

    public string Path => System.IO.Path.Combine(Folder, "fleet.db");

    public SqliteRunnerStore Open(int busyTimeoutSeconds = 60)
    {
        var store = new SqliteRunnerStore(Options.Create(new SqliteStoreOptions { Path = Path, BusyTimeoutSeconds = busyTimeoutSeconds }));
        _stores.Add(store);
        return store;
    }

    /// <summary>A session beside the stores, for what their interface does not show.</summary>
    public SqliteSession OpenSession() => new SqliteFile(new SqliteStoreOptions { Path = Path }).Open();

    public void Dispose()
    {
        _stores.ForEach(store => store.Dispose());
        Directory.Delete(Folder, recursive: true);
    }
}
