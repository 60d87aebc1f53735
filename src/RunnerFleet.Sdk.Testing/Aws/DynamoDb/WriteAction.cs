using System.Text.Json;
using RunnerFleet.Testing.Aws.DynamoDb.Expressions;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>One conditional write, alone or within a transaction: read and checked as far as that goes without the item.</summary>
internal sealed class WriteAction
{
    private static readonly string[] s_expressions = ["TableName", "ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues", "ReturnValuesOnConditionCheckFailure"];

    private readonly RequestExpressions _expressions;
    private readonly Condition? _condition;
    private readonly Update? _update;
    private readonly Item _given;
    private readonly string _kind;
    private readonly Database _database;

    /// <param name="database">Where.</param>
    /// <param name="kind"><c>Put</c>, <c>Update</c>, <c>Delete</c> or <c>ConditionCheck</c>.</param>
    /// <param name="json">Its parameters.</param>
    /// <param name="more">Further parameters that it may have.</param>
    public WriteAction(Database database, string kind, JsonElement json, params ReadOnlySpan<string> more)
    {
        _database = database;
        _kind = kind;
        string[] own = kind switch { "Put" => ["Item"], "Update" => ["Key", "UpdateExpression"], _ => ["Key"] };
        Call = new Call(kind, json, [.. s_expressions, .. own, .. more]);
        Table = database.Active(Call.Text("TableName"));
        _expressions = new RequestExpressions(Call, database.Expressions);
        _condition = _expressions.Condition("ConditionExpression");
        _update = kind == "Update" ? _expressions.Update() : null;
        _expressions.RefuseUnused();
        _given = Call.Item(kind == "Put" ? "Item" : "Key");
        ReturnsItemOnFailure = Call.Choice("ReturnValuesOnConditionCheckFailure", "NONE", "ALL_OLD") == "ALL_OLD";
        if (kind == "Put")
        {
            Table.Check(_given);
            Key = Table.Schema.Of(_given);
        }
        else
        {
            Key = Table.Schema.Read(_given);
            Check();
        }
    }

    public Call Call { get; }

    public Table Table { get; }

    public PrimaryKey Key { get; }

    public bool ReturnsItemOnFailure { get; }

    /// <summary>What is there now.</summary>
    public Item? Found => Table.Find(Key);

    /// <summary>Roughly the bytes that a transaction counts.</summary>
    public int Size => _given.Size + _expressions.Scope.Values.Values.Sum(value => value.Size);

    public bool Holds => _condition?.Holds(Found ?? Item.Empty, _expressions.Scope) ?? true;

    /// <summary>The attributes that an update writes.</summary>
    public IEnumerable<string> Written => _update?.Tops(_expressions.Scope) ?? [];

    /// <summary>What would be there afterwards.</summary>
    /// <exception cref="AwsStandInException">The item does not allow it.</exception>
    public Item? After()
    {
        switch (_kind)
        {
            case "Put":
                return _given;
            case "Update":
                var after = _update?.Apply(Found ?? _given, _expressions.Scope) ?? Found ?? _given;
                Table.Check(after);
                return after;
            case "Delete":
                return null;
            default:
                return Found;
        }
    }

    public void Apply(Item? after, CapacityLedger consumed, int factor)
    {
        consumed.Write(Table.Name, null, factor * CapacityUnits.Write(Math.Max(Found?.Size ?? 0, after?.Size ?? 0)));
        if (_kind == "ConditionCheck")
        {
            return;
        }

        foreach (var (index, units) in Table.Replace(Key, after, _database.Now).Where(change => change.Units > 0))
        {
            consumed.Write(Table.Name, index.Name, units);
        }
    }

    /// <summary>A write that its condition stops costs as much as reading what is there does to write.</summary>
    public void Stop(CapacityLedger consumed, int factor) => consumed.Write(Table.Name, null, factor * CapacityUnits.Write(Found?.Size ?? 0));

    private void Check()
    {
        if (_kind == "ConditionCheck" && _condition is null)
        {
            throw Refusal.Invalid("1 validation error detected: Value null at 'conditionExpression' failed to satisfy constraint: Member must not be null");
        }

        if (Written.FirstOrDefault(Table.Schema.Has) is { } key)
        {
            throw Refusal.InvalidParameter($"Cannot update attribute {key}. This attribute is part of the key");
        }
    }
}
