using RunnerFleet.Runners;

namespace RunnerFleet.Storage;

/// <summary>
/// PENDING runners by queue, in order of service. Those that must wait stay apart until their moment has come: a burst that waits
/// for capacity costs the next drain nothing.
/// </summary>
internal sealed class PendingRunners
{
    private readonly Dictionary<string, Runner> _runners = new(StringComparer.Ordinal);
    private readonly PositionSets<string> _ready = new();
    private readonly SortedSet<ListPosition> _delayed = [];

    public void Put(Runner runner)
    {
        Remove(runner.Id);
        if (runner.State is not RunnerState.Pending)
        {
            return;
        }

        _runners.Add(runner.Id, runner);
        if (runner.NotBefore is { } notBefore)
        {
            _delayed.Add(new ListPosition(notBefore, runner.Id));
        }
        else
        {
            _ready.Add(runner.QueueKey, OrderOf(runner));
        }
    }

    public void Remove(string id)
    {
        if (_runners.Remove(id, out var runner))
        {
            _ready.Remove(runner.QueueKey, OrderOf(runner));
            if (runner.NotBefore is { } notBefore)
            {
                _delayed.Remove(new ListPosition(notBefore, id));
            }
        }
    }

    /// <summary>One of each queue, then a second of each, and so on: whoever has many waits behind whoever has few.</summary>
    public IReadOnlyList<Runner> List(PendingQuery query)
    {
        Release(query.Now);
        var queues = _ready.Sets.Values.Select(set => QueueOf(set, query).GetEnumerator()).ToList();
        var found = new List<Runner>();
        while (queues.Count > 0 && found.Count < query.Take)
        {
            queues.RemoveAll(queue => !queue.MoveNext());
            found.AddRange(queues.Select(queue => queue.Current).OrderBy(OrderOf).Take(query.Take - found.Count));
        }

        return found;
    }

    private void Release(DateTimeOffset now)
    {
        while (_delayed.Count > 0 && _delayed.Min is var first && first.At <= now)
        {
            _delayed.Remove(first);
            _ready.Add(_runners[first.Id].QueueKey, OrderOf(_runners[first.Id]));
        }
    }

    // A caller whose clock is behind another's may meet runners that were released for the other.
    private IEnumerable<Runner> QueueOf(SortedSet<ListPosition> set, PendingQuery query) =>
        set.Select(position => _runners[position.Id]).Where(r => !(r.NotBefore > query.Now)).Take(query.PerQueue);

    private static ListPosition OrderOf(Runner runner) => new(runner.QueuedAt, runner.Id);
}
