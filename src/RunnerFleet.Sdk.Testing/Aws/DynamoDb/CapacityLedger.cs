using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>What was read and written, by table and index.</summary>
internal sealed class CapacityLedger
{
    private readonly Dictionary<(string Table, string? Index), DynamoDbCapacity> _consumed = [];

    public DynamoDbCapacity Of(string table, string? index) => _consumed.GetValueOrDefault((table, index)) ?? new();

    /// <summary>Of a table with all its indexes.</summary>
    public DynamoDbCapacity Total(string table) => Sum(_consumed.Where(entry => entry.Key.Table == table).Select(entry => entry.Value));

    public void Forget() => _consumed.Clear();

    public void Read(string table, string? index, double units) => Add(table, index, new() { Read = units });

    public void Write(string table, string? index, double units) => Add(table, index, new() { Write = units });

    public void Add(CapacityLedger other)
    {
        foreach (var ((table, index), capacity) in other._consumed)
        {
            Add(table, index, capacity);
        }
    }

    /// <summary>As an answer tells it: <c>TOTAL</c> or <c>INDEXES</c>.</summary>
    public JsonArray ToJson(string detail) => new([.. _consumed.Keys.Select(key => key.Table).Distinct().Select(table => Describe(table, detail))]);

    private static DynamoDbCapacity Sum(IEnumerable<DynamoDbCapacity> parts) =>
        parts.Aggregate(new DynamoDbCapacity(), (sum, part) => new() { Read = sum.Read + part.Read, Write = sum.Write + part.Write });

    private JsonObject Describe(string table, string detail)
    {
        var total = Describe(Total(table));
        total["TableName"] = table;
        if (detail == "INDEXES")
        {
            total["Table"] = Describe(Of(table, null));
            total["GlobalSecondaryIndexes"] = new JsonObject(_consumed.Where(entry => entry.Key.Table == table && entry.Key.Index is not null)
                .Select(entry => KeyValuePair.Create<string, JsonNode?>(entry.Key.Index!, Describe(entry.Value))));
        }

        return total;
    }

    private static JsonObject Describe(DynamoDbCapacity capacity) => new() { ["CapacityUnits"] = capacity.Read + capacity.Write };

    private void Add(string table, string? index, DynamoDbCapacity capacity) => _consumed[(table, index)] = Sum([Of(table, index), capacity]);
}
