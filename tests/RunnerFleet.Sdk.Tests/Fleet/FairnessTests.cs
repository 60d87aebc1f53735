using FsCheck;
using FsCheck.Xunit;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Sdk.Tests.Fleet;

public sealed class FairnessTests
{
    [Property(MaxTest = 200, EndSize = 40)]
    public async Task While_a_queue_waits_that_had_room_each_other_is_served_at_most_once(byte limits, NonEmptyArray<byte> steps)
    {
        await using var story = new FairnessStory(new InMemoryRunnerStore(), FairnessLimits.Of(limits));
        await story.PlayAsync(steps.Get);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_later_job_of_another_repository_waits_for_one_turn_of_a_matrix_of_256_and_not_for_all_of_it(int limit)
    {
        await using var story = new FairnessStory(new InMemoryRunnerStore(), new FairnessLimits(limit));
        await story.QueueAsync("acme/r0", "small", 256);
        await story.DrainAsync();
        await story.QueueAsync("acme/r1", "small", 1);
        for (var freed = 0; freed < 2; freed++)
        {
            await story.EndAsync(0);
            await story.DrainAsync();
        }

        Assert.Equal([.. Enumerable.Repeat("acme/r0", limit + 1), "acme/r1"], story.Served);
    }

    [Fact]
    public async Task A_repository_whose_next_job_comes_as_soon_as_one_ends_does_not_keep_the_others_waiting()
    {
        await using var story = new FairnessStory(new InMemoryRunnerStore(), new FairnessLimits(1));
        await story.QueueAsync("acme/r0", "small", 20);
        for (var i = 0; i < 10; i++)
        {
            await story.QueueAsync("acme/r1", "small", 1);
            await story.DrainAsync();
            await story.EndAsync(0);
        }

        Assert.Equal(5, story.Served.Count(r => r == "acme/r0"));
    }

    [Property(MaxTest = 300)]
    public bool The_order_of_a_listing_is_turn_by_turn_and_the_longest_unserved_begins(byte[] queues, byte[] served)
    {
        var pending = queues.Select((queue, i) => SampleRecords.Runner(i, repository: queue % 5)).ToList();
        var last = served.Select(s => SampleRecords.Runner(0, repository: s % 5).QueueKey).Reverse().Distinct().Reverse().ToList();
        var order = FairOrder.Of(pending.AsEnumerable().Reverse(), last);

        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var ranks = order.Select(r => (Turn: seen[r.QueueKey] = seen.GetValueOrDefault(r.QueueKey) + 1, Last: last.IndexOf(r.QueueKey))).ToList();
        return order.Count == pending.Count
            && ranks.SequenceEqual(ranks.Order())
            && order.GroupBy(r => r.QueueKey).All(queue => queue.Select(r => r.Id).SequenceEqual(pending.Where(p => p.QueueKey == queue.Key).OrderBy(p => p.QueuedAt).ThenBy(p => p.Id, StringComparer.Ordinal).Select(p => p.Id)));
    }

    [Fact]
    public async Task A_turn_that_cannot_be_kept_holds_up_no_launch()
    {
        await using var world = new FleetWorld();
        world.GitHub.AddRepository("acme/other");
        var one = world.Queue();
        var two = world.GitHub.QueueJob("acme/other", FleetWorld.Labels);
        await world.DeliverAsync();
        world.Store.FailBefore = commit => commit.Entries.Any(e => e.Key == "turns");
        var summary = await world.Fleet.DrainAsync(world.Cancel);

        Assert.Equal((2, 0), (summary.Launched, summary.Errors));
        Assert.Equal((RunnerState.WaitingForJob, RunnerState.WaitingForJob), ((await world.RunnerOfAsync(one)).State, (await world.RunnerOfAsync(two)).State));
    }

    [Fact]
    public async Task Turns_cost_nothing_where_one_queue_waits_alone()
    {
        await using var world = new FleetWorld();
        world.Queue();
        world.Queue();
        await world.DeliverAndDrainAsync();

        Assert.Null(await world.Store.GetEntryAsync("turns", world.Cancel));
    }
}
