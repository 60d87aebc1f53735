using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Aws.Tests.DynamoDb;

/// <summary>The hint that follows a write is sooner there than the index shows what was written.</summary>
public sealed class FreshRecordsTests
{
    private static readonly DateTimeOffset s_now = SampleRecords.At(1000);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_host_has_just_written_is_pending_and_due_for_it_before_the_index_shows_it()
    {
        var world = await DynamoDbWorld.CreateAsync();
        world.DynamoDb.IndexLag = TimeSpan.FromSeconds(2);
        var (writer, other) = (world.Store(), world.Store());
        var runner = SampleRecords.Runner(1) with { Deadline = s_now };
        await writer.CommitAsync(new StoreCommit { Runners = [runner], Jobs = [SampleRecords.Job(1) with { Deadline = s_now }] }, Cancel);

        Assert.Equal((1, 1, 1), await CountAsync(writer));
        Assert.Equal((0, 0, 0), await CountAsync(other));

        world.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((1, 1, 1), await CountAsync(writer));
        Assert.Equal((1, 1, 1), await CountAsync(other));
    }

    [Fact]
    public async Task What_another_host_has_taken_on_meanwhile_is_no_longer_pending()
    {
        var world = await DynamoDbWorld.CreateAsync();
        world.DynamoDb.IndexLag = TimeSpan.FromSeconds(2);
        var (writer, other) = (world.Store(), world.Store());
        var runner = SampleRecords.Runner(1) with { Deadline = s_now };
        await writer.CommitAsync(new StoreCommit { Runners = [runner] }, Cancel);
        await other.CommitAsync(new StoreCommit { Runners = [runner with { Version = 2, State = RunnerState.Starting, Deadline = s_now.AddHours(1) }] }, Cancel);

        Assert.Equal((0, 0, 0), await CountAsync(writer));
    }

    private static async Task<(int Pending, int DueRunners, int DueJobs)> CountAsync(IRunnerStore store) => (
        (await store.ListPendingAsync(new PendingQuery { Now = s_now }, Cancel)).Count,
        (await store.ListDueRunnersAsync(s_now, 10, Cancel)).Count,
        (await store.ListDueJobsAsync(s_now, 10, Cancel)).Count);
}
