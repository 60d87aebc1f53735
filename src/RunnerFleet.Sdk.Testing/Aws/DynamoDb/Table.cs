namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>A table with its items and indexes.</summary>
internal sealed class Table(string name, KeySchema schema, IReadOnlyList<SecondaryIndex> indexes, bool isOnDemand, DateTimeOffset createdAt, DateTimeOffset activeAt)
{
    private readonly Dictionary<PrimaryKey, Entry> _items = [];

    public string Name { get; } = name;

    public KeySchema Schema { get; } = schema;

    public IReadOnlyList<SecondaryIndex> Indexes { get; } = indexes;

    public bool IsOnDemand { get; } = isOnDemand;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    /// <summary>Until then the table is being made.</summary>
    public DateTimeOffset ActiveAt { get; } = activeAt;

    /// <summary>The attribute with the second after which an item may vanish.</summary>
    public string? TimeToLive { get; set; }

    public SortedSet<Entry> Entries { get; } = Entry.NewSet();

    public int Count => _items.Count;

    public Item? Find(PrimaryKey key) => _items.GetValueOrDefault(key)?.Item;

    public SecondaryIndex Index(string index) => Indexes.FirstOrDefault(candidate => candidate.Name == index)
        ?? throw Refusal.Invalid($"The table does not have the specified index: {index}");

    /// <summary>Refuses an item that this table cannot hold.</summary>
    public void Check(Item item)
    {
        Schema.Check(item);
        foreach (var index in Indexes)
        {
            index.Check(item);
        }

        if (item.Size > Limits.ItemBytes)
        {
            throw Refusal.Invalid("Item size has exceeded the maximum allowed size");
        }
    }

    /// <summary>Puts an item in place of whatever is there, or takes it away.</summary>
    /// <returns>The write units that each index takes.</returns>
    public IReadOnlyList<(SecondaryIndex Index, int Units)> Replace(PrimaryKey key, Item? after, DateTimeOffset now)
    {
        var before = Find(key);
        if (_items.Remove(key, out var entry))
        {
            Entries.Remove(entry);
        }

        if (after is not null)
        {
            var added = Entry.Of(key, key, after);
            _items.Add(key, added);
            Entries.Add(added);
        }

        return [.. Indexes.Select(index => (index, index.Change(key, before, after, now)))];
    }
}
