namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>An item at its place in a table or an index; or, without an item, a place just before or just after others.</summary>
internal sealed class Entry
{
    private Entry(Value hash, Value? range, PrimaryKey? key, int side, Item item) => (Hash, Range, Key, Side, Item) = (hash, range, key, side, item);

    public Value Hash { get; }

    /// <summary><see langword="null"/> for a place before or after all of a hash key.</summary>
    public Value? Range { get; }

    /// <summary>The key in the table; <see langword="null"/> for a place before or after all of a range key.</summary>
    public PrimaryKey? Key { get; }

    /// <summary>-1 for a place before, 1 for one after, 0 for an item.</summary>
    public int Side { get; }

    public Item Item { get; }

    public static Entry Of(PrimaryKey place, PrimaryKey key, Item item) => new(place.Hash, place.Range, key, 0, item);

    public static Entry Beside(Value hash, int side) => new(hash, null, null, side, Item.Empty);

    public static Entry Beside(Value hash, Value range, int side) => new(hash, range, null, side, Item.Empty);

    public static Entry Beside(PrimaryKey place, PrimaryKey key, int side) => new(place.Hash, place.Range, key, side, Item.Empty);

    public static SortedSet<Entry> NewSet() => new(Comparer<Entry>.Create(Compare));

    public static int Compare(Entry a, Entry b)
    {
        if (Compare(a.Hash, b.Hash) is not 0 and var byHash)
        {
            return byHash;
        }

        if (a.Range is null || b.Range is null)
        {
            return a.Side - b.Side;
        }

        if (Compare(a.Range, b.Range) is not 0 and var byRange)
        {
            return byRange;
        }

        if (a.Key is not { } keyOfA || b.Key is not { } keyOfB)
        {
            return a.Side - b.Side;
        }

        return Compare(keyOfA.Hash, keyOfB.Hash) is not 0 and var byKey ? byKey
            : Compare(keyOfA.Range, keyOfB.Range) is not 0 and var byKeyRange ? byKeyRange
            : a.Side - b.Side;
    }

    // Keys have the types that the schema says.
    private static int Compare(Value a, Value b) => a.CompareTo(b) ?? throw new InvalidOperationException($"Keys of the types {a.Type} and {b.Type} have no order.");
}
