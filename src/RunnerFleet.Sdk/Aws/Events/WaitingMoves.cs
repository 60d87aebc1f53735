namespace RunnerFleet.Aws.Events;

/// <summary>Events that wait to be published, the oldest first; beyond a number the oldest are lost, and counted.</summary>
internal sealed class WaitingMoves : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LinkedList<EventBridgeEntry> _entries = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private long _lost;

    public void Add(EventBridgeEntry entry, int most)
    {
        lock (_gate)
        {
            _entries.AddLast(entry);
            Shrink(most);
            if (_signal.CurrentCount == 0)
            {
                _signal.Release();
            }
        }
    }

    public Task WaitAsync(CancellationToken cancellationToken) => _signal.WaitAsync(cancellationToken);

    public List<EventBridgeEntry> Take(int most)
    {
        lock (_gate)
        {
            var taken = _entries.Take(most).ToList();
            taken.ForEach(_ => _entries.RemoveFirst());
            return taken;
        }
    }

    /// <summary>Puts back, in front, what was taken.</summary>
    public void Return(IReadOnlyList<EventBridgeEntry> taken, int most)
    {
        lock (_gate)
        {
            foreach (var entry in taken.Reverse())
            {
                _entries.AddFirst(entry);
            }

            Shrink(most);
        }
    }

    /// <summary>How many were lost since this was asked last.</summary>
    public long TakeLost() => Interlocked.Exchange(ref _lost, 0);

    public void Dispose() => _signal.Dispose();

    private void Shrink(int most)
    {
        for (; _entries.Count > most; Interlocked.Increment(ref _lost))
        {
            _entries.RemoveFirst();
        }
    }
}
