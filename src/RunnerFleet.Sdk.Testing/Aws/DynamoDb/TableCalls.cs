using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>CreateTable, DescribeTable, DeleteTable, UpdateTimeToLive, DescribeTimeToLive.</summary>
internal sealed partial class TableCalls(Database database, string region, Func<string> account)
{
    private static readonly string[] s_known =
    [
        "TableName", "AttributeDefinitions", "KeySchema", "BillingMode", "ProvisionedThroughput", "GlobalSecondaryIndexes", "DeletionProtectionEnabled", "SSESpecification", "Tags", "TableClass",
    ];

    public JsonObject Create(JsonElement body)
    {
        var call = new Call("CreateTable", body, s_known);
        var name = call.Text("TableName");
        if (!TableName().IsMatch(name))
        {
            throw Refusal.Invalid($"1 validation error detected: Value '{name}' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+ and have length between 3 and 255");
        }

        var isOnDemand = call.Choice("BillingMode", "PROVISIONED", "PAY_PER_REQUEST") == "PAY_PER_REQUEST";
        if (isOnDemand == call.Has("ProvisionedThroughput"))
        {
            throw Refusal.InvalidParameter(isOnDemand
                ? "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
                : "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
        }

        var types = call.List("AttributeDefinitions").Select(json => new Call("AttributeDefinition", json, "AttributeName", "AttributeType"))
            .ToDictionary(definition => definition.Text("AttributeName"), definition => definition.Choice("AttributeType", "S", "N", "B"), StringComparer.Ordinal);
        var schema = ReadSchema(call, types);
        var indexes = call.Has("GlobalSecondaryIndexes") ? call.List("GlobalSecondaryIndexes").Select(json => ReadIndex(json, schema, types)).ToList() : [];
        CheckIndexes(indexes);
        var used = indexes.SelectMany(index => index.Schema.Parts).Concat(schema.Parts).Select(part => part.Name).ToHashSet(StringComparer.Ordinal);
        if (!used.SetEquals(types.Keys))
        {
            throw Refusal.InvalidParameter($"Some AttributeDefinitions are not used. AttributeDefinitions: [{string.Join(", ", types.Keys)}], keys used: [{string.Join(", ", used)}]");
        }

        if (database.Find(name) is not null)
        {
            throw Refusal.InUse($"Table already exists: {name}");
        }

        var table = new Table(name, schema, indexes, isOnDemand, database.Now, database.Now + database.CreationTime);
        database.Add(table);
        var answer = Describe(table);
        answer["TableStatus"] = "CREATING"; // whatever comes next
        return new() { ["TableDescription"] = answer };
    }

    public JsonObject Describe(JsonElement body) => new() { ["Table"] = Describe(Named("DescribeTable", body)) };

    public JsonObject Delete(JsonElement body)
    {
        var table = Named("DeleteTable", body);
        if (table.ActiveAt > database.Now)
        {
            throw Refusal.InUse($"Attempt to change a resource which is still in use: Table is being created: {table.Name}");
        }

        database.Remove(table);
        var answer = Describe(table);
        answer["TableStatus"] = "DELETING";
        return new() { ["TableDescription"] = answer };
    }

    public JsonObject UpdateTimeToLive(JsonElement body)
    {
        var call = new Call("UpdateTimeToLive", body, "TableName", "TimeToLiveSpecification");
        var table = database.Find(call.Text("TableName")) ?? throw Refusal.NoTable(call.Text("TableName"));
        if (table.ActiveAt > database.Now)
        {
            throw Refusal.InUse($"Attempt to change a resource which is still in use: Table is being created: {table.Name}");
        }

        var specification = new Call("TimeToLiveSpecification", call.Get("TimeToLiveSpecification"), "Enabled", "AttributeName");
        var (isEnabled, attribute) = (specification.Flag("Enabled"), specification.Text("AttributeName"));
        if (isEnabled == table.TimeToLive is not null)
        {
            throw Refusal.Invalid(isEnabled ? "TimeToLive is already enabled" : "TimeToLive is already disabled");
        }

        table.TimeToLive = isEnabled ? attribute : null;
        return new() { ["TimeToLiveSpecification"] = new JsonObject { ["Enabled"] = isEnabled, ["AttributeName"] = attribute } };
    }

    public JsonObject DescribeTimeToLive(JsonElement body)
    {
        var table = Named("DescribeTimeToLive", body);
        var description = new JsonObject { ["TimeToLiveStatus"] = table.TimeToLive is null ? "DISABLED" : "ENABLED" };
        if (table.TimeToLive is not null)
        {
            description["AttributeName"] = table.TimeToLive;
        }

        return new() { ["TimeToLiveDescription"] = description };
    }

    private static void CheckIndexes(List<SecondaryIndex> indexes)
    {
        if (indexes.Count > Limits.Indexes)
        {
            throw Refusal.InvalidParameter($"GlobalSecondaryIndex count exceeds the per-table limit of {Limits.Indexes}");
        }

        if (indexes.CountBy(index => index.Name).FirstOrDefault(name => name.Value > 1) is { Key: not null } twice)
        {
            throw Refusal.InvalidParameter($"Duplicate index name: {twice.Key}");
        }

        if (indexes.Sum(index => index.NonKeyAttributes.Count) > Limits.ProjectedAttributes)
        {
            throw Refusal.InvalidParameter($"Number of projected attributes exceeds the limit of {Limits.ProjectedAttributes}");
        }
    }

    private static KeySchema ReadSchema(Call call, Dictionary<string, string> types)
    {
        var parts = call.List("KeySchema").Select(json => new Call("KeySchemaElement", json, "AttributeName", "KeyType"))
            .Select(element => (Name: element.Text("AttributeName"), Kind: element.Choice("KeyType", "HASH", "RANGE"))).ToList();
        if (parts.Select(part => part.Kind) is not IEnumerable<string> kinds || !kinds.SequenceEqual(["HASH"]) && !kinds.SequenceEqual(["HASH", "RANGE"]) || parts.DistinctBy(part => part.Name).Count() < parts.Count)
        {
            throw Refusal.Invalid("Invalid KeySchema: it must be a HASH key, and may have another attribute as RANGE key after it");
        }

        var keys = parts.Select(part => new KeyPart(part.Name, types.GetValueOrDefault(part.Name)
            ?? throw Refusal.InvalidParameter($"Some index key attributes are not defined in AttributeDefinitions. Keys: [{part.Name}], AttributeDefinitions: [{string.Join(", ", types.Keys)}]"))).ToList();
        return new(keys[0], keys.ElementAtOrDefault(1));
    }

    private static SecondaryIndex ReadIndex(JsonElement json, KeySchema table, Dictionary<string, string> types)
    {
        var call = new Call("GlobalSecondaryIndex", json, "IndexName", "KeySchema", "Projection", "ProvisionedThroughput");
        var projection = new Call("Projection", call.Get("Projection"), "ProjectionType", "NonKeyAttributes");
        var type = projection.Choice("ProjectionType", "", "ALL", "KEYS_ONLY", "INCLUDE");
        var attributes = projection.Has("NonKeyAttributes") ? projection.List("NonKeyAttributes").Select(name => name.GetString()!).ToList() : [];
        if (type.Length == 0 || (type == "INCLUDE") != (attributes.Count > 0))
        {
            throw Refusal.InvalidParameter("Unknown ProjectionType, or NonKeyAttributes without INCLUDE or INCLUDE without NonKeyAttributes");
        }

        return TableName().IsMatch(call.Text("IndexName"))
            ? new(call.Text("IndexName"), ReadSchema(call, types), table, type, attributes)
            : throw Refusal.Invalid($"1 validation error detected: Value '{call.Text("IndexName")}' at 'indexName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
    }

    private Table Named(string operation, JsonElement body)
    {
        var name = new Call(operation, body, "TableName").Text("TableName");
        return database.Find(name) ?? throw Refusal.NoTable(name);
    }

    private JsonObject Describe(Table table)
    {
        var status = table.ActiveAt <= database.Now ? "ACTIVE" : "CREATING";
        var arn = $"arn:aws:dynamodb:{region}:{account()}:table/{table.Name}";
        return new()
        {
            ["TableName"] = table.Name,
            ["TableArn"] = arn,
            ["TableStatus"] = status,
            ["CreationDateTime"] = table.CreatedAt.ToUnixTimeMilliseconds() / 1000.0,
            ["KeySchema"] = table.Schema.ToJson(),
            ["AttributeDefinitions"] = new JsonArray([.. table.Indexes.SelectMany(index => index.Schema.Parts).Concat(table.Schema.Parts).Distinct()
                .Select(part => new JsonObject { ["AttributeName"] = part.Name, ["AttributeType"] = part.Type })]),
            ["BillingModeSummary"] = new JsonObject { ["BillingMode"] = table.IsOnDemand ? "PAY_PER_REQUEST" : "PROVISIONED" },
            ["ItemCount"] = table.Count,
            ["GlobalSecondaryIndexes"] = new JsonArray([.. table.Indexes.Select(index => new JsonObject
            {
                ["IndexName"] = index.Name,
                ["IndexArn"] = $"{arn}/index/{index.Name}",
                ["IndexStatus"] = status,
                ["KeySchema"] = index.Schema.ToJson(),
                ["Projection"] = new JsonObject { ["ProjectionType"] = index.ProjectionType, ["NonKeyAttributes"] = new JsonArray([.. index.NonKeyAttributes.Select(name => (JsonNode)name)]) },
            })]),
        };
    }

    [GeneratedRegex("^[a-zA-Z0-9_.-]{3,255}$", RegexOptions.CultureInvariant)]
    private static partial Regex TableName();
}
