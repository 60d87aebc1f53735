using RunnerFleet.Storage;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Aws.Tests.DynamoDb;

public sealed class DynamoDbRunnerStoreTests : RunnerStoreContract
{
    protected override bool EnginePurges => true;

    protected override async ValueTask<IRunnerStore> CreateStoreAsync() => (await DynamoDbWorld.CreateAsync()).Store();
}
