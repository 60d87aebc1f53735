using RunnerFleet.Storage;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Aws.Tests.DynamoDb;

/// <summary>Indexes that are some looks at the clock behind their tables: what a list then leaves out, or still names, must not be wrong.</summary>
public sealed class LaggingIndexTests : RunnerStoreContract
{
    protected override TimeSpan ListLag => TimeSpan.FromMinutes(1);

    protected override bool EnginePurges => true;

    protected override async ValueTask<IRunnerStore> CreateStoreAsync()
    {
        var world = await DynamoDbWorld.CreateAsync(clockStep: TimeSpan.FromMilliseconds(10));
        world.DynamoDb.IndexLag = TimeSpan.FromMilliseconds(45);
        return world.Store();
    }
}
