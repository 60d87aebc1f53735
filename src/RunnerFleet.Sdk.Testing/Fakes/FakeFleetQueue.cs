using RunnerFleet.Provisioning;

namespace RunnerFleet.Testing.Fakes;

/// <summary>A queue in memory that records every hint, and can lose them.</summary>
/// <remarks>Safe for any number of threads. A hint ends one wait; hints that fall due together end the same one.</remarks>
/// <param name="clock">Where times come from; <see langword="null"/> takes the system's.</param>
public sealed class FakeFleetQueue(TimeProvider? clock = null) : IFleetQueue
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private readonly CallLog<TimeSpan> _hints = new();
    private readonly CallLog<TimeSpan> _waits = new();
    private readonly List<DateTimeOffset> _due = [];
    private TaskCompletionSource _hinted = NewSignal();

    /// <summary>Whether hints get lost. They are recorded all the same.</summary>
    public bool LosesHints { get; set; }

    /// <summary>The delay of every hint.</summary>
    public IReadOnlyList<TimeSpan> Hints => _hints.Snapshot();

    /// <summary>The bound of every wait.</summary>
    public IReadOnlyList<TimeSpan> Waits => _waits.Snapshot();

    /// <inheritdoc/>
    public ValueTask HintAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _hints.Add(delay);
        if (!LosesHints)
        {
            lock (_lock)
            {
                _due.Add(_clock.GetUtcNow() + delay);
                _hinted.TrySetResult();
                _hinted = NewSignal();
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _waits.Add(atMost);
        var end = _clock.GetUtcNow() + atMost;
        while (true)
        {
            Task hinted;
            TimeSpan wait;
            lock (_lock)
            {
                var now = _clock.GetUtcNow();
                if (_due.RemoveAll(due => due <= now) > 0 || end <= now)
                {
                    return;
                }

                hinted = _hinted.Task;
                wait = _due.Append(end).Min() - now;
            }

            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(hinted, Task.Delay(wait, _clock, over.Token)).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
