using System.Text.Json;
using System.Text.Json.Nodes;
using RunnerFleet.Testing.Aws.DynamoDb.Expressions;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>GetItem, PutItem, UpdateItem, DeleteItem.</summary>
internal sealed class ItemCalls(Database database)
{
    public JsonObject Get(JsonElement body, CapacityLedger consumed)
    {
        var call = new Call("GetItem", body, "TableName", "Key", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames", "ReturnConsumedCapacity");
        var read = new KeyRead(database, call, call.Item("Key"));
        return read.Find(call.Flag("ConsistentRead"), 1, consumed) is { } item ? new() { ["Item"] = item.ToJson() } : [];
    }

    public JsonObject Put(JsonElement body, CapacityLedger consumed) => Write("Put", body, ["NONE", "ALL_OLD"], consumed);

    public JsonObject Delete(JsonElement body, CapacityLedger consumed) => Write("Delete", body, ["NONE", "ALL_OLD"], consumed);

    public JsonObject Update(JsonElement body, CapacityLedger consumed) => Write("Update", body, ["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"], consumed);

    private JsonObject Write(string kind, JsonElement body, string[] returns, CapacityLedger consumed)
    {
        var write = new WriteAction(database, kind, body, "ReturnValues", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics");
        var wanted = write.Call.Choice("ReturnValues", returns);
        var before = write.Found;
        if (!write.Holds)
        {
            write.Stop(consumed, 1);
            throw Refusal.ConditionFailed(write.ReturnsItemOnFailure ? before : null);
        }

        var after = write.After();
        write.Apply(after, consumed, 1);
        var written = write.Written.ToHashSet(StringComparer.Ordinal);
        var shown = wanted switch
        {
            "ALL_OLD" => before,
            "ALL_NEW" => after,
            "UPDATED_OLD" => before?.Only(written),
            "UPDATED_NEW" => after?.Only(written),
            _ => null,
        };
        return shown is null || shown.Attributes.Count == 0 ? [] : new() { ["Attributes"] = shown.ToJson() };
    }
}

/// <summary>One read by key.</summary>
internal sealed class KeyRead
{
    private readonly Table _table;
    private readonly Projection? _projection;
    private readonly Scope _scope;

    public KeyRead(Database database, Call call, Item key) : this(database.Active(call.Text("TableName")), new RequestExpressions(call, database.Expressions), key)
    {
    }

    public KeyRead(Table table, RequestExpressions expressions, Item key)
    {
        _table = table;
        _projection = expressions.Projection();
        _scope = expressions.Scope;
        expressions.RefuseUnused();
        Key = _table.Schema.Read(key);
    }

    public PrimaryKey Key { get; }

    public int Size => _table.Find(Key)?.Size ?? 0;

    /// <summary>What is there costs by its whole size, whatever part of it is wanted; what is not there costs as a small item.</summary>
    public Item? Find(bool isConsistent, int factor, CapacityLedger consumed)
    {
        consumed.Read(_table.Name, null, factor * CapacityUnits.Read(Size, isConsistent));
        return _table.Find(Key) is { } item ? _projection?.Of(item, _scope) ?? item : null;
    }
}
