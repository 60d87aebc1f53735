using Amazon.DynamoDBv2.Model;
using RunnerFleet.Testing.Aws.DynamoDb;

namespace RunnerFleet.Testing.Aws;

/// <summary>
/// The DynamoDB of an <see cref="AwsStandIn"/>: what a test sees of it and asks of it. It keeps tables with their indexes, evaluates expressions, reckons capacity, and refuses what DynamoDB refuses,
/// with its error codes. Items never expire by themselves.
/// </summary>
public sealed class DynamoDbStandIn
{
    private readonly Lock _gate;
    private readonly Database _database;

    internal DynamoDbStandIn(Lock gate, Database database) => (_gate, _database) = (gate, database);

    /// <summary>How far global secondary indexes are behind their tables, by the account's clock. Default: not at all.</summary>
    public TimeSpan IndexLag
    {
        get => Locked(() => _database.IndexLag);
        set => Locked(() => _database.IndexLag = value);
    }

    /// <summary>How long a new table takes until it is ACTIVE, by the account's clock. Default: no time.</summary>
    public TimeSpan TableCreationTime
    {
        get => Locked(() => _database.CreationTime);
        set => Locked(() => _database.CreationTime = value);
    }

    /// <summary>The names of the tables.</summary>
    public IReadOnlyList<string> Tables => Locked(() => _database.Tables.Keys.Order(StringComparer.Ordinal).ToArray());

    /// <summary>The items of a table, in order of their keys.</summary>
    /// <param name="table">The table's name.</param>
    /// <exception cref="ArgumentException">There is no such table.</exception>
    public IReadOnlyList<IReadOnlyDictionary<string, AttributeValue>> Items(string table) => Locked(() => TableOf(table).Entries.Select(entry => AttributeValues.Of(entry.Item)).ToArray());

    /// <summary>Puts items into a table without a request, so that a long history is there at once. It costs no capacity.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="items">The items.</param>
    /// <exception cref="ArgumentException">There is no such table, or it cannot hold an item.</exception>
    public void Put(string table, IEnumerable<IReadOnlyDictionary<string, AttributeValue>> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        Locked(() =>
        {
            var target = TableOf(table);
            foreach (var item in items.Select(AttributeValues.Read))
            {
                try
                {
                    target.Check(item);
                }
                catch (AwsStandInException refused)
                {
                    throw new ArgumentException(refused.Message, nameof(items), refused);
                }

                target.Replace(target.Schema.Of(item), item, _database.Now);
            }

            return true;
        });
    }

    /// <summary>Takes away, from all tables, what time to live lets DynamoDB take away by now, which it does by itself within some days.</summary>
    /// <returns>How many items.</returns>
    public int DeleteExpired() => Locked(() => _database.Tables.Values.Sum(table =>
    {
        var second = Number.Parse(FormattableString.Invariant($"{_database.Now.ToUnixTimeSeconds()}"));
        var expired = table.TimeToLive is null ? [] : table.Entries.Where(entry => entry.Item[table.TimeToLive] is NumberValue at && at.Number.CompareTo(second) < 0).ToList();
        expired.ForEach(entry => table.Replace(entry.Key!.Value, null, _database.Now));
        return expired.Count;
    }));

    /// <summary>Cancels the next transactions that write.</summary>
    /// <param name="count">How many requests.</param>
    /// <param name="reason">Such as <c>TransactionConflict</c>, <c>ThrottlingError</c> or <c>ProvisionedThroughputExceeded</c>.</param>
    /// <param name="action">The action, from 0, that gets this reason; the others get the reason that they would have anyway.</param>
    public void CancelNextTransactions(int count, string reason, int action = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(reason);
        Repeat(count, () => _database.Cancellations.Enqueue((reason, action)));
    }

    /// <summary>Lets the next batches be served in part: the rest is handed back as unprocessed.</summary>
    /// <param name="count">How many requests.</param>
    /// <param name="served">How many keys or items of each are served, the first ones.</param>
    public void CutNextBatchesShort(int count, int served = 1) => Repeat(count, () => _database.ShortBatches.Enqueue(served));

    /// <summary>What a table consumed, with all its indexes, since the beginning or <see cref="ForgetConsumed"/>.</summary>
    /// <param name="table">The table's name.</param>
    public DynamoDbCapacity Consumed(string table) => Locked(() => _database.Ledger.Total(table));

    /// <summary>What an index consumed.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="index">The index's name.</param>
    public DynamoDbCapacity ConsumedByIndex(string table, string index) => Locked(() => _database.Ledger.Of(table, index));

    /// <summary>Counts capacity from here on.</summary>
    public void ForgetConsumed() => Locked(() =>
    {
        _database.Ledger.Forget();
        return true;
    });

    private Table TableOf(string name) => _database.Find(name) ?? throw new ArgumentException($"There is no table {name}.", nameof(name));

    private void Repeat(int count, Action act) => Locked(() =>
    {
        for (var i = 0; i < count; i++)
        {
            act();
        }

        return true;
    });

    private T Locked<T>(Func<T> act)
    {
        lock (_gate)
        {
            return act();
        }
    }
}
