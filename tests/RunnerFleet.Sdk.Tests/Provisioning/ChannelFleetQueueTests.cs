using RunnerFleet.Provisioning;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Sdk.Tests.Provisioning;

public sealed class ChannelFleetQueueTests : FleetQueueContract
{
    protected override ValueTask<IFleetQueue> CreateQueueAsync() => new(new ChannelFleetQueue(Clock));

    [Fact]
    public async Task A_later_hint_than_the_one_that_waits_is_not_lost()
    {
        using var queue = new ChannelFleetQueue(Clock);
        var cancel = TestContext.Current.CancellationToken;
        await queue.HintAsync(TimeSpan.FromSeconds(5), cancel);
        await queue.HintAsync(TimeSpan.FromSeconds(60), cancel);
        var first = queue.WaitAsync(TimeSpan.FromHours(1), cancel).AsTask();
        Clock.Advance(TimeSpan.FromSeconds(5));
        await first.WaitAsync(TimeSpan.FromSeconds(30), cancel);

        var second = queue.WaitAsync(TimeSpan.FromHours(1), cancel).AsTask();
        Clock.Advance(TimeSpan.FromSeconds(55));
        await second.WaitAsync(TimeSpan.FromSeconds(30), cancel);
    }

    [Fact]
    public async Task Hints_that_fall_due_closely_one_after_the_other_end_one_wait_a_second()
    {
        using var queue = new ChannelFleetQueue(Clock);
        var cancel = TestContext.Current.CancellationToken;
        for (var i = 0; i < 300; i++)
        {
            await queue.HintAsync(TimeSpan.FromSeconds(60), cancel);
            Clock.Advance(TimeSpan.FromMilliseconds(10));
        }

        var ended = 0;
        for (var i = 0; i < 700; i++)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(100));
            using var stop = new CancellationTokenSource();
            var wait = queue.WaitAsync(TimeSpan.FromHours(1), stop.Token).AsTask();
            if (wait.IsCompleted)
            {
                ended++;
                continue;
            }

            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        }

        Assert.InRange(ended, 3, 5);
    }
}
