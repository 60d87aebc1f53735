namespace RunnerFleet.Provisioning;

/// <summary>Hints within one process: those that fall due together become one. Delayed hints share one timer of the injected clock.</summary>
internal sealed class ChannelFleetQueue : IFleetQueue, IDisposable
{
    // A drain a second is enough for hints that fall due by the thousand, such as the look at each runner a minute after its job.
    private static readonly TimeSpan Together = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly Lock _gate = new();
    private readonly SortedSet<DateTimeOffset> _due = [];
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;

    public ChannelFleetQueue(TimeProvider clock)
    {
        _clock = clock;
        _timer = clock.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public ValueTask HintAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (delay <= TimeSpan.Zero)
            {
                Signal();
            }
            else
            {
                Add(_clock.GetUtcNow() + delay);
                Arm();
            }
        }

        return default;
    }

    public async ValueTask WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(atMost, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await _signal.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
        }
    }

    // The semaphore stays: a timer may be firing, and it holds nothing that needs an end.
    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        lock (_gate)
        {
            if (_due.RemoveWhere(at => at <= _clock.GetUtcNow()) > 0)
            {
                Signal();
            }

            Arm();
        }
    }

    private void Add(DateTimeOffset at)
    {
        if (_due.GetViewBetween(at, at + Together).Count == 0)
        {
            var before = _due.GetViewBetween(at - Together, at);
            _due.Add(before.Count == 0 ? at : before.Max + Together);
        }
    }

    private void Arm()
    {
        if (_due.Count > 0)
        {
            var wait = _due.Min - _clock.GetUtcNow();
            _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }
    }

    private void Signal()
    {
        if (_signal.CurrentCount == 0)
        {
            _signal.Release();
        }
    }
}
