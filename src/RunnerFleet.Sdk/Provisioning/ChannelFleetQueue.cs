namespace RunnerFleet.Provisioning;

/// <summary>Hints within one process: any number of them become one. A delayed hint is a timer of the injected clock.</summary>
internal sealed class ChannelFleetQueue(TimeProvider clock) : IFleetQueue, IDisposable
{
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private DateTimeOffset? _timerAt;

    public ValueTask HintAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        if (delay <= TimeSpan.Zero)
        {
            Signal();
            return default;
        }

        lock (_gate)
        {
            var at = clock.GetUtcNow() + delay;
            if (_timerAt is null || at < _timerAt)
            {
                _timer?.Dispose();
                _timerAt = at;
                _timer = clock.CreateTimer(_ => OnTimer(), null, delay, Timeout.InfiniteTimeSpan);
            }
        }

        return default;
    }

    public async ValueTask WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(atMost, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await _signal.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _timer?.Dispose(); // the semaphore stays: a timer may be firing, and it holds nothing that needs an end
        }
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _timerAt = null;
        }

        Signal();
    }

    private void Signal()
    {
        lock (_gate)
        {
            if (_signal.CurrentCount == 0)
            {
                _signal.Release();
            }
        }
    }
}
