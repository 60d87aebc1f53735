using FsCheck;
using FsCheck.Xunit;
using RunnerFleet.Sdk.Tests.Fleet;

namespace RunnerFleet.Local.Tests.Sqlite;

public sealed class SqliteFairnessTests
{
    [Property(MaxTest = 15, EndSize = 20)]
    public async Task While_a_queue_waits_that_had_room_each_other_is_served_at_most_once(byte limits, NonEmptyArray<byte> steps)
    {
        using var folder = new StoreFolder();
        await using var story = new FairnessStory(folder.Open(), FairnessLimits.Of(limits));
        await story.PlayAsync(steps.Get);
    }
}
