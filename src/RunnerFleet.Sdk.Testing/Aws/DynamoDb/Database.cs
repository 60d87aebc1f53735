using RunnerFleet.Testing.Aws.DynamoDb.Expressions;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>The tables of the account, and what a test may set.</summary>
internal sealed class Database(TimeProvider clock)
{
    private readonly Dictionary<string, Table> _tables = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, Table> Tables => _tables;

    public ExpressionCache Expressions { get; } = new();

    public CapacityLedger Ledger { get; } = new();

    /// <summary>How far indexes are behind their tables.</summary>
    public TimeSpan IndexLag { get; set; }

    /// <summary>How long a table takes from being asked for to being there.</summary>
    public TimeSpan CreationTime { get; set; }

    /// <summary>How many keys or items of each batch to come are served.</summary>
    public Queue<int> ShortBatches { get; } = [];

    /// <summary>Transactions to come that are cancelled, whatever their conditions.</summary>
    public Queue<(string Reason, int Action)> Cancellations { get; } = [];

    public DateTimeOffset Now => clock.GetUtcNow();

    public void Add(Table table) => _tables.Add(table.Name, table);

    public void Remove(Table table) => _tables.Remove(table.Name);

    /// <summary>A table that items can be in.</summary>
    public Table Active(string name) => Find(name) is { } table && table.ActiveAt <= Now ? table : throw Refusal.NoTable(name);

    public Table? Find(string name) => _tables.GetValueOrDefault(name);

    /// <summary>What an index shows at present.</summary>
    public SortedSet<Entry> EntriesOf(SecondaryIndex index) => index.EntriesAsOf(Now - IndexLag);
}
