using RunnerFleet.Storage;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Sdk.Tests.Storage;

public sealed class InMemoryRunnerStoreTests : RunnerStoreContract
{
    protected override ValueTask<IRunnerStore> CreateStoreAsync() => new(new InMemoryRunnerStore());
}
