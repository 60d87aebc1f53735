namespace RunnerFleet.Storage;

/// <summary>What a record is found by. <c>Demand</c> is the demand key that it counts for at present, with its place in that key's order.</summary>
internal readonly record struct RecordFacts<TState>(
    string Id, TState State, DateTimeOffset CreatedAt, DateTimeOffset? Deadline, DateTimeOffset? ExpiresAt, (string Key, ListPosition Position)? Demand);

/// <summary>Runners, or jobs, with an index for every question a store is asked. Not safe for several threads: the store has the lock.</summary>
internal sealed class InMemoryTable<TRecord, TState>(string name, Func<TRecord, RecordFacts<TState>> factsOf)
    where TRecord : class
    where TState : struct, Enum
{
    private readonly Dictionary<string, TRecord> _records = new(StringComparer.Ordinal);
    private readonly PositionSets<TState> _byState = new();
    private readonly PositionSets<string> _byDemand = new();
    private readonly SortedSet<ListPosition> _byDeadline = [];
    private readonly SortedSet<ListPosition> _byExpiry = [];

    public TRecord? Find(string id) => _records.GetValueOrDefault(id);

    public void Put(TRecord record)
    {
        var facts = factsOf(record);
        Remove(facts.Id);
        _records.Add(facts.Id, record);
        _byState.Add(facts.State, new ListPosition(facts.CreatedAt, facts.Id));
        if (facts.Demand is { } demand)
        {
            _byDemand.Add(demand.Key, demand.Position);
        }

        if (facts.Deadline is { } deadline)
        {
            _byDeadline.Add(new ListPosition(deadline, facts.Id));
        }

        if (facts.ExpiresAt is { } expiry)
        {
            _byExpiry.Add(new ListPosition(expiry, facts.Id));
        }
    }

    public void Remove(string id)
    {
        if (!_records.Remove(id, out var record))
        {
            return;
        }

        var facts = factsOf(record);
        _byState.Remove(facts.State, new ListPosition(facts.CreatedAt, id));
        if (facts.Demand is { } demand)
        {
            _byDemand.Remove(demand.Key, demand.Position);
        }

        if (facts.Deadline is { } deadline)
        {
            _byDeadline.Remove(new ListPosition(deadline, id));
        }

        if (facts.ExpiresAt is { } expiry)
        {
            _byExpiry.Remove(new ListPosition(expiry, id));
        }
    }

    public IReadOnlyList<TRecord> Due(DateTimeOffset now, int take) => Records(_byDeadline.TakeWhile(p => p.At <= now).Take(take));

    public IReadOnlyList<TRecord> OfDemand(string demandKey, int take) => Records(_byDemand.Of(demandKey).Take(take));

    public IReadOnlyList<TRecord> ExpiredBefore(DateTimeOffset now) => Records(_byExpiry.TakeWhile(p => p.At < now));

    public IReadOnlyDictionary<TState, long> Count() => _byState.Sets.ToDictionary(s => s.Key, s => (long)s.Value.Count);

    public Page<TRecord> NewestFirst(IReadOnlyCollection<TState> states, int take, string? continuation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(take, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(take, 1000);
        var end = ListPosition.FromContinuation(continuation, name);
        var found = _byState.Sets
            .Where(s => states.Count == 0 || states.Contains(s.Key))
            .SelectMany(s => NewestFirst(s.Value, end).Take(take + 1))
            .OrderDescending()
            .Take(take + 1)
            .ToList();
        return new Page<TRecord>
        {
            Items = Records(found.Take(take)),
            Continuation = found.Count > take ? found[take - 1].ToContinuation(name) : null,
        };
    }

    private static IEnumerable<ListPosition> NewestFirst(SortedSet<ListPosition> set, ListPosition? end) => end switch
    {
        null => set.Reverse(),
        { } e when set.Min.CompareTo(e) >= 0 => [],
        { } e => set.GetViewBetween(set.Min, e).Reverse().SkipWhile(p => p == e),
    };

    private List<TRecord> Records(IEnumerable<ListPosition> positions) => [.. positions.Select(p => _records[p.Id])];
}
