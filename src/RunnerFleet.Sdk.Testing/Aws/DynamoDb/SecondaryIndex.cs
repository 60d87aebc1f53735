namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>A global secondary index: the items that have its key, or what it keeps of them, in its own order, some time behind the table.</summary>
internal sealed class SecondaryIndex(string name, KeySchema schema, KeySchema table, string projectionType, IReadOnlyList<string> nonKeyAttributes)
{
    private readonly SortedSet<Entry> _entries = Entry.NewSet();
    private readonly Queue<(DateTimeOffset At, Entry? Before, Entry? After)> _coming = [];
    private readonly HashSet<string> _kept = [.. schema.Parts.Select(part => part.Name), .. table.Parts.Select(part => part.Name), .. nonKeyAttributes];

    public string Name { get; } = name;

    public KeySchema Schema { get; } = schema;

    /// <summary><c>ALL</c>, <c>KEYS_ONLY</c> or <c>INCLUDE</c>.</summary>
    public string ProjectionType { get; } = projectionType;

    public IReadOnlyList<string> NonKeyAttributes { get; } = nonKeyAttributes;

    public bool Keeps(string attribute) => ProjectionType == "ALL" || _kept.Contains(attribute);

    /// <summary>Refuses an item whose key in this index has another type than the index says, is empty or too long. An item without the key is simply not in it.</summary>
    public void Check(Item item)
    {
        foreach (var part in Schema.Parts)
        {
            if (!item.Has(part.Name, out var value))
            {
                continue;
            }

            if (value.Type != part.Type)
            {
                throw Refusal.InvalidParameter($"Type mismatch for Index Key {part.Name} Expected: {part.Type} Actual: {value.Type} IndexName: {Name}");
            }

            if (value.Length == 0)
            {
                throw Refusal.Invalid($"One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: {Name}, IndexKey: {part.Name}");
            }

            if (value.Size > (part == Schema.Hash ? Limits.HashKeyBytes : Limits.RangeKeyBytes))
            {
                throw Refusal.InvalidParameter($"Size of {(part == Schema.Hash ? "hashkey" : "rangekey")} has exceeded the maximum size limit. IndexName: {Name}, IndexKey: {part.Name}");
            }
        }
    }

    /// <summary>Takes over a change of the table.</summary>
    /// <returns>The write units that it costs (Developer Guide, "Provisioned throughput considerations for global secondary indexes"): none where nothing changes here, two where an item moves.</returns>
    public int Change(PrimaryKey key, Item? before, Item? after, DateTimeOffset now)
    {
        var (left, entered) = (EntryOf(key, before), EntryOf(key, after));
        if (left is null && entered is null || left is not null && entered is not null && left.Item.Equals(entered.Item))
        {
            return 0;
        }

        _coming.Enqueue((now, left, entered));
        return (left, entered) switch
        {
            (null, { } added) => CapacityUnits.Write(added.Item.Size),
            ({ } removed, null) => CapacityUnits.Write(removed.Item.Size),
            var (old, @new) when Entry.Compare(old!, @new!) == 0 => CapacityUnits.Write(Math.Max(old!.Item.Size, @new!.Item.Size)),
            var (old, @new) => CapacityUnits.Write(old!.Item.Size) + CapacityUnits.Write(@new!.Item.Size),
        };
    }

    /// <summary>What the index shows of a table as it was at a moment.</summary>
    public SortedSet<Entry> EntriesAsOf(DateTimeOffset moment)
    {
        while (_coming.TryPeek(out var change) && change.At <= moment)
        {
            _coming.Dequeue();
            if (change.Before is not null)
            {
                _entries.Remove(change.Before);
            }

            if (change.After is not null)
            {
                _entries.Add(change.After);
            }
        }

        return _entries;
    }

    private Entry? EntryOf(PrimaryKey key, Item? item) => item is not null && Schema.Parts.All(part => item.Has(part.Name, out _))
        ? Entry.Of(Schema.Of(item), key, ProjectionType == "ALL" ? item : item.Only(_kept))
        : null;
}
