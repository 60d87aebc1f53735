using FsCheck;
using FsCheck.Xunit;
using RunnerFleet.Sdk.Tests.Fleet;

namespace RunnerFleet.Aws.Tests.DynamoDb;

public sealed class DynamoDbFairnessTests
{
    [Property(MaxTest = 15, EndSize = 20)]
    public async Task While_a_queue_waits_that_had_room_each_other_is_served_at_most_once(byte limits, NonEmptyArray<byte> steps)
    {
        var world = await DynamoDbWorld.CreateAsync();
        await using var story = new FairnessStory(world.Store(), FairnessLimits.Of(limits));
        await story.PlayAsync(steps.Get);
    }
}
