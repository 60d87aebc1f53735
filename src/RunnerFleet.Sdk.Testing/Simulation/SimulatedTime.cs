namespace RunnerFleet.Testing.Simulation;

/// <summary>
/// One thread, one queue of what happens next, ordered by simulated time and then by when it was planned. Whatever happens runs to its next wait at once,
/// so the same choices give the same run.
/// </summary>
internal sealed class SimulatedTime(DateTimeOffset start)
{
    private readonly PriorityQueue<Action, (long At, long Number)> _queue = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _number;

    public DateTimeOffset Now { get; private set; } = start;

    public DateTimeOffset Start { get; } = start;

    /// <summary>How many things happened.</summary>
    public long Steps { get; private set; }

    /// <summary>Plans something. What is planned for the same moment happens in the order it was planned.</summary>
    public void After(TimeSpan wait, Action action)
    {
        if (IsHere("a wait"))
        {
            _queue.Enqueue(action, ((wait > TimeSpan.Zero ? Now + wait : Now).UtcTicks, _number++));
        }
    }

    /// <summary>Lets the next thing happen.</summary>
    /// <returns><see langword="false"/> when nothing is left, or nothing until the given moment.</returns>
    public bool Step(DateTimeOffset until)
    {
        if (!_queue.TryPeek(out var action, out var when) || when.At > until.UtcTicks)
        {
            return false;
        }

        _queue.Dequeue();
        Now = new DateTimeOffset(when.At, TimeSpan.Zero);
        Steps++;
        action();
        return true;
    }

    /// <summary>Waits, in simulated time.</summary>
    public Task WaitAsync(TimeSpan wait)
    {
        var waiting = new TaskCompletionSource();
        After(wait, waiting.SetResult);
        return waiting.Task;
    }

    /// <summary>The first thing that happened on another thread; a run is reproducible only while there is none.</summary>
    public string? Escaped { get; private set; }

    /// <summary>Whoever calls from another thread waits for ever, and the run ends.</summary>
    /// <returns>Whether the caller is on the thread of the run.</returns>
    public bool IsHere(string what)
    {
        if (Environment.CurrentManagedThreadId == _thread)
        {
            return true;
        }

        Escaped ??= what;
        return false;
    }
}

/// <summary>The time as one host sees it: a little ahead of the others', and its timers end with the host.</summary>
internal sealed class HostClock(SimulatedTime time, TimeSpan ahead, Func<bool> isDead) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => time.Now + ahead;

    public override long GetTimestamp() => time.Now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new HostTimer(time, isDead, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class HostTimer(SimulatedTime time, Func<bool> isDead, TimerCallback callback, object? state) : ITimer
    {
        private int _setting;
        private bool _isDisposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_isDisposed)
            {
                return false;
            }

            var setting = ++_setting;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                time.After(dueTime, () => Fire(setting, period));
            }

            return true;
        }

        public void Dispose() => _isDisposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Fire(int setting, TimeSpan period)
        {
            if (_isDisposed || setting != _setting || isDead())
            {
                return;
            }

            if (period > TimeSpan.Zero)
            {
                time.After(period, () => Fire(setting, period));
            }

            callback(state);
        }
    }
}
