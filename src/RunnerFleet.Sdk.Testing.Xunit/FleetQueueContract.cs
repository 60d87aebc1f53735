using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Provisioning;

namespace RunnerFleet.Testing.Xunit;

#pragma warning disable CS1591 // a test's name is its documentation

/// <summary>What every <see cref="IFleetQueue"/> keeps. Derive one class per implementation, and run it with xunit.v3.</summary>
public abstract class FleetQueueContract
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // real time, for a queue that is slow

    /// <summary>The clock that the queue under test goes by.</summary>
    protected FakeTimeProvider Clock { get; } = new();

    /// <summary>Makes a queue without any hint, that goes by <see cref="Clock"/>.</summary>
    protected abstract ValueTask<IFleetQueue> CreateQueueAsync();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public virtual async Task A_hint_ends_a_wait()
    {
        var queue = await CreateQueueAsync();
        var wait = queue.WaitAsync(Long, Cancel).AsTask();
        await queue.HintAsync(TimeSpan.Zero, Cancel);
        await wait.WaitAsync(Patience, Cancel);
    }

    [Fact]
    public virtual async Task A_hint_that_comes_before_the_wait_is_not_lost()
    {
        var queue = await CreateQueueAsync();
        await queue.HintAsync(TimeSpan.Zero, Cancel);
        await queue.WaitAsync(Long, Cancel).AsTask().WaitAsync(Patience, Cancel);
    }

    [Fact]
    public virtual async Task Without_a_hint_a_wait_ends_by_the_clock()
    {
        var queue = await CreateQueueAsync();
        var wait = queue.WaitAsync(TimeSpan.FromSeconds(10), Cancel).AsTask();
        Assert.False(wait.IsCompleted);
        Clock.Advance(TimeSpan.FromSeconds(10));
        await wait.WaitAsync(Patience, Cancel);
    }

    [Fact]
    public virtual async Task A_delayed_hint_ends_a_wait_after_its_delay()
    {
        var queue = await CreateQueueAsync();
        await queue.HintAsync(TimeSpan.FromSeconds(30), Cancel);
        var wait = queue.WaitAsync(Long, Cancel).AsTask();
        Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(wait.IsCompleted);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await wait.WaitAsync(Patience, Cancel);
    }

    [Fact]
    public virtual async Task A_sooner_hint_is_not_held_up_by_a_later_one()
    {
        var queue = await CreateQueueAsync();
        await queue.HintAsync(TimeSpan.FromMinutes(30), Cancel);
        await queue.HintAsync(TimeSpan.FromSeconds(5), Cancel);
        var wait = queue.WaitAsync(Long, Cancel).AsTask();
        Clock.Advance(TimeSpan.FromSeconds(5));
        await wait.WaitAsync(Patience, Cancel);
    }

    [Fact]
    public virtual async Task Many_hints_at_once_harm_nobody()
    {
        var queue = await CreateQueueAsync();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => queue.HintAsync(TimeSpan.Zero, Cancel).AsTask()));
        await queue.WaitAsync(Long, Cancel).AsTask().WaitAsync(Patience, Cancel);
    }

    [Fact]
    public virtual async Task A_cancelled_wait_throws()
    {
        var queue = await CreateQueueAsync();
        using var stop = new CancellationTokenSource();
        var wait = queue.WaitAsync(Long, stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }
}
