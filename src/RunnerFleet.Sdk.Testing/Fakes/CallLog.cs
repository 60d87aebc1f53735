namespace RunnerFleet.Testing.Fakes;

/// <summary>Appends under a lock and hands out snapshots.</summary>
internal sealed class CallLog<T>
{
    private readonly Lock _lock = new();
    private readonly List<T> _calls = [];

    public void Add(T call)
    {
        lock (_lock)
        {
            _calls.Add(call);
        }
    }

    public IReadOnlyList<T> Snapshot()
    {
        lock (_lock)
        {
            return [.. _calls];
        }
    }
}
