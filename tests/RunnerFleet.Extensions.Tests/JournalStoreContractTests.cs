using Extensions.Journal;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Extensions.Tests;

#region journal-contract
public sealed class JournalStoreContractTests : RunnerStoreContract
{
    private readonly TemporaryFolder _folder = new();
    private JournalFile? _journal;

    protected override ValueTask<IRunnerStore> CreateStoreAsync() => new(new JournalStore(_journal = new JournalFile(_folder.File("fleet.jsonl"))));

    protected override ValueTask CleanUpAsync()
    {
        _journal?.Dispose();
        _folder.Dispose();
        return default;
    }
}
#endregion
