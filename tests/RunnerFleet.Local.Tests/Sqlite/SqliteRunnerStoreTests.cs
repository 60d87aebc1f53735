using RunnerFleet.Storage;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Local.Tests.Sqlite;

#region store-contract
public sealed class SqliteRunnerStoreTests : RunnerStoreContract
{
    private readonly StoreFolder _folder = new();

    protected override ValueTask<IRunnerStore> CreateStoreAsync() => new(_folder.Open());

    protected override ValueTask CleanUpAsync()
    {
        _folder.Dispose();
        return default;
    }
}
#endregion
