using Amazon.DynamoDBv2;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RunnerFleet.Simulation.Tests.Planted;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Aws;
using RunnerFleet.Testing.Fakes;
using RunnerFleet.Testing.Simulation;

namespace RunnerFleet.Simulation.Tests;

/// <summary>The whole fleet over the DynamoDB store, on a DynamoDB that stands in. It must answer as the in-memory store does, in the same order.</summary>
public sealed class DynamoDbTests
{
    [Fact]
    public void Sixty_worlds_that_misbehave_break_no_promise_over_DynamoDB()
    {
        var broken = Seeds.FirstViolation(1, 60, seed => new SimulationPlan { Seed = seed, CreateStore = Open });

        Assert.True(broken is null, broken is null ? "" : Seeds.Explain(broken));
    }

    [Fact]
    public void The_same_seed_gives_the_same_run_over_either_store() =>
        Assert.All(Enumerable.Range(1000, 10), seed =>
        {
            var plan = new SimulationPlan { Seed = seed, KeepsLog = true, DecorateStore = store => new StoreThatNeverPurges(store) };
            var memory = FleetSimulator.Run(plan);
            var dynamo = FleetSimulator.Run(plan with { CreateStore = Open });

            Assert.Equal(memory.Log, dynamo.Log);
            Assert.Equal(memory.LogHash, dynamo.LogHash);
        });

    private static IRunnerStore Open()
    {
        var account = new AwsStandIn(TimeProvider.System);
        var config = new AmazonDynamoDBConfig();
        account.Connect(config);
        var services = new ServiceCollection().AddLogging();
        services.AddSingleton<IAmazonDynamoDB>(new AmazonDynamoDBClient(AwsStandIn.Credentials, config));
        services.AddRunnerFleet(o => o.GitHub.WebhookSecret = "unused").UseLauncher<FakeComputeLauncher>().UseDynamoDb(o => o.CreateTables = true);
        var provider = services.BuildServiceProvider();
        foreach (var service in provider.GetServices<IHostedService>().OfType<IHostedLifecycleService>())
        {
            service.StartingAsync(CancellationToken.None).GetAwaiter().GetResult();
        }

        return provider.GetRequiredService<IRunnerStore>();
    }

    /// <summary>DynamoDB takes expired records away by itself, at a time of its own choosing.</summary>
    private sealed class StoreThatNeverPurges(IRunnerStore inner) : StoreDecorator(inner)
    {
        public override ValueTask<int> PurgeExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken) => new(0);
    }
}
