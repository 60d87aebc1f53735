using System.Text.Json;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>DynamoDB's operations by name (API Reference, version 2012-08-10).</summary>
internal sealed class DynamoDbService(Database database, string region, Func<string> account) : AwsStandInService("DynamoDB_20120810", "dynamodb")
{
    private readonly TableCalls _tables = new(database, region, account);
    private readonly ItemCalls _items = new(database);
    private readonly QueryCalls _queries = new(database);
    private readonly BatchCalls _batches = new(database);
    private readonly TransactionCalls _transactions = new(database);

    public override JsonObject Answer(string operation, JsonElement body)
    {
        var consumed = new CapacityLedger();
        try
        {
            var answer = Answer(operation, body, consumed);
            AddCapacity(operation, body, consumed, answer);
            return answer;
        }
        finally
        {
            database.Ledger.Add(consumed);
        }
    }

    private JsonObject Answer(string operation, JsonElement body, CapacityLedger consumed) => operation switch
    {
        "CreateTable" => _tables.Create(body),
        "DescribeTable" => _tables.Describe(body),
        "DeleteTable" => _tables.Delete(body),
        "UpdateTimeToLive" => _tables.UpdateTimeToLive(body),
        "DescribeTimeToLive" => _tables.DescribeTimeToLive(body),
        "GetItem" => _items.Get(body, consumed),
        "PutItem" => _items.Put(body, consumed),
        "UpdateItem" => _items.Update(body, consumed),
        "DeleteItem" => _items.Delete(body, consumed),
        "Query" => _queries.Query(body, consumed),
        "Scan" => _queries.Scan(body, consumed),
        "BatchGetItem" => _batches.Get(body, consumed),
        "BatchWriteItem" => _batches.Write(body, consumed),
        "TransactGetItems" => _transactions.Get(body, consumed),
        "TransactWriteItems" => _transactions.Write(body, consumed),
        _ => throw UnknownOperation(operation),
    };

    // The operations on several tables answer a list of what was consumed, the others one.
    private static void AddCapacity(string operation, JsonElement body, CapacityLedger consumed, JsonObject answer)
    {
        if (!body.TryGetProperty("ReturnConsumedCapacity", out var wanted) || wanted.GetString() is not ("TOTAL" or "INDEXES") || consumed.ToJson(wanted.GetString()!) is not { Count: > 0 } capacity)
        {
            return;
        }

        answer["ConsumedCapacity"] = operation is "BatchGetItem" or "BatchWriteItem" or "TransactGetItems" or "TransactWriteItems" ? capacity : capacity[0]!.DeepClone();
    }
}
