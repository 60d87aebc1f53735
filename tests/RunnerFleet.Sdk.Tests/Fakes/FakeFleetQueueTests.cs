using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Sdk.Tests.Fakes;

public sealed class FakeFleetQueueTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly FakeTimeProvider _clock = new();
    private readonly FakeFleetQueue _queue;

    public FakeFleetQueueTests() => _queue = new FakeFleetQueue(_clock);

    [Fact]
    public async Task A_hint_given_before_ends_the_wait_at_once()
    {
        await _queue.HintAsync(TimeSpan.Zero, None);

        Assert.True(_queue.WaitAsync(TimeSpan.FromMinutes(1), None).AsTask().IsCompleted);
        Assert.Equal([TimeSpan.Zero], _queue.Hints);
        Assert.Equal([TimeSpan.FromMinutes(1)], _queue.Waits);
    }

    [Fact]
    public async Task A_hint_given_meanwhile_ends_the_wait_when_it_is_due()
    {
        var wait = _queue.WaitAsync(TimeSpan.FromMinutes(1), None).AsTask();
        await _queue.HintAsync(TimeSpan.Zero, None);

        await wait.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, None);
    }

    [Fact]
    public async Task A_delayed_hint_waits_for_its_time()
    {
        await _queue.HintAsync(TimeSpan.FromSeconds(10), None);
        var wait = _queue.WaitAsync(TimeSpan.FromMinutes(1), None).AsTask();
        Assert.False(wait.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(10));

        await wait.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, None);
    }

    [Fact]
    public async Task A_lost_hint_is_recorded_and_the_wait_ends_by_its_bound()
    {
        _queue.LosesHints = true;
        await _queue.HintAsync(TimeSpan.Zero, None);
        var wait = _queue.WaitAsync(TimeSpan.FromMinutes(1), None).AsTask();
        Assert.False(wait.IsCompleted);

        _clock.Advance(TimeSpan.FromMinutes(1));

        await wait.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, None);
        Assert.Single(_queue.Hints);
    }

    [Fact]
    public async Task A_wait_can_be_cancelled()
    {
        using var source = new CancellationTokenSource();
        var wait = _queue.WaitAsync(TimeSpan.FromMinutes(1), source.Token).AsTask();

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }
}
