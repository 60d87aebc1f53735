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
}
