using RunnerFleet.Aws.DynamoDb;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.Tests;

/// <summary>What a job costs in calls of AWS, counted as they come in over HTTP, on a host that has served one before.</summary>
public sealed class CallsPerJobTests
{
    private static readonly string[] s_dynamoDb = ["TransactWriteItems", "Query", "BatchGetItem", "GetItem"];

    [Fact]
    public async Task From_queued_to_WAITING_FOR_JOB_a_burst_costs_one_call_of_ECS_and_at_most_three_of_DynamoDB_for_each_job()
    {
        const int Jobs = 100;
        await using var world = await WarmAsync();
        for (var i = 0; i < Jobs; i++)
        {
            world.Queue();
        }

        await world.DeliverAndDrainAsync();

        Assert.Equal(Jobs, (await world.RunnersAsync()).Count(runner => runner.State == RunnerState.WaitingForJob) - 1);
        var calls = Counted(world);
        Assert.Equal(Jobs, calls["RunTask"]);
        Assert.True(Of(calls, s_dynamoDb) <= 3 * Jobs, Shown(calls));

        // A commit for each webhook and for each started task, and one for 25 that start together.
        Assert.Equal(Jobs + Jobs + (Jobs / 25), calls["TransactWriteItems"]);
    }

    [Fact]
    public async Task A_job_alone_costs_a_whole_drain_besides()
    {
        await using var world = await WarmAsync();
        await world.StartAsync();

        var calls = Counted(world);
        Assert.Equal(1, calls["RunTask"]);
        Assert.Equal(3, calls["TransactWriteItems"]); // recorded, STARTING, WAITING_FOR_JOB
        Assert.True(Of(calls, ["Query", "BatchGetItem"]) <= 6, Shown(calls)); // runners and jobs that are due, who is PENDING, breakers, places
    }

    [Fact]
    public async Task A_claim_costs_one_call_of_GitHub_and_three_of_DynamoDB()
    {
        await using var world = await WarmAsync();
        var (_, runner) = await world.StartAsync();
        var gitHub = world.GitHub.Calls.Count;
        world.Aws.ForgetCalls();

        await world.ConnectAsync(runner);

        var calls = Counted(world);
        Assert.Equal(1, world.GitHub.Calls.Count - gitHub);
        Assert.Equal((1, 2), (calls["GetItem"], calls["TransactWriteItems"])); // who claims; its number before the minting, its registration after
        Assert.Equal(3, calls.Values.Sum());
    }

    /// <summary>A fleet in DynamoDB that has served a job: the task definition is registered, and what is remembered once an hour is.</summary>
    private static async Task<AwsFleetWorld> WarmAsync()
    {
        var world = new AwsFleetWorld(o => o.Limits.Fleet = 1000, inDynamoDb: true);
        await world.Service<TableCreation>().EnsureTablesAsync(world.Cancel);
        var (_, first) = await world.StartAsync();
        await world.ConnectAsync(first);
        world.Aws.ForgetCalls();
        return world;
    }

    private static Dictionary<string, int> Counted(AwsFleetWorld world) => world.Aws.Calls.CountBy(call => call.Operation).ToDictionary(StringComparer.Ordinal);

    private static int Of(Dictionary<string, int> calls, string[] operations) => operations.Sum(operation => calls.GetValueOrDefault(operation));

    private static string Shown(Dictionary<string, int> calls) => string.Join(", ", calls.Select(call => $"{call.Value} {call.Key}"));
}
