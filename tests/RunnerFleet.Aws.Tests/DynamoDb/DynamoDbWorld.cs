using Amazon.DynamoDBv2;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Aws.DynamoDb;
using RunnerFleet.Testing.Aws;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Aws.Tests.DynamoDb;

/// <summary>A DynamoDB that stands in, and stores over it.</summary>
internal sealed class DynamoDbWorld
{
    public const string Runners = "runnerfleet-runners";
    public const string State = "runnerfleet-runners-state";

    private readonly List<AmazonDynamoDBClient> _clients = [];

    private DynamoDbWorld(FakeTimeProvider clock) => (Clock, Account) = (clock, new AwsStandIn(clock));

    public FakeTimeProvider Clock { get; }

    public AwsStandIn Account { get; }

    public DynamoDbStandIn DynamoDb => Account.DynamoDb;

    /// <summary>An account with both tables, which holds still or moves with each look at the clock.</summary>
    public static async Task<DynamoDbWorld> CreateAsync(TimeSpan clockStep = default)
    {
        var world = Empty(clockStep);
        await world.Creation().EnsureTablesAsync(TestContext.Current.CancellationToken);
        world.DynamoDb.ForgetConsumed();
        world.Account.ForgetCalls();
        return world;
    }

    /// <summary>An account without tables.</summary>
    public static DynamoDbWorld Empty(TimeSpan clockStep = default) => new(new FakeTimeProvider(SampleRecords.Epoch) { AutoAdvanceAmount = clockStep });

    public AmazonDynamoDBClient Client(Action<AmazonDynamoDBConfig>? configure = null)
    {
        var config = new AmazonDynamoDBConfig { MaxErrorRetry = 2 };
        Account.Connect(config);
        configure?.Invoke(config);
        var client = new AmazonDynamoDBClient(AwsStandIn.Credentials, config);
        _clients.Add(client);
        return client;
    }

    public DynamoDbRunnerStore Store(string fleet = "test", IAmazonDynamoDB? client = null, DynamoDbStoreOptions? options = null) =>
        new(client ?? Client(), options ?? new(), fleet, Clock, new SystemRandom(), NullLogger<DynamoDbRunnerStore>.Instance);

    public TableCreation Creation(IAmazonDynamoDB? client = null) => new(client ?? Client(), new(), Clock, new SystemRandom(), NullLogger<TableCreation>.Instance);

    /// <summary>Waits are measured by the clock, which stands still but for this.</summary>
    public async Task WhileTimePassesAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await task;
    }

    /// <inheritdoc cref="WhileTimePassesAsync(Task)"/>
    public async Task<T> WhileTimePassesAsync<T>(ValueTask<T> call)
    {
        var task = call.AsTask();
        await WhileTimePassesAsync((Task)task);
        return await task;
    }
}
