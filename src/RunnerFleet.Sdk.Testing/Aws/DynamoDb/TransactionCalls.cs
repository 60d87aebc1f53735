using System.Text.Json;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>TransactWriteItems and TransactGetItems: all or nothing.</summary>
internal sealed class TransactionCalls(Database database)
{
    private const int Factor = 2; // a transaction prepares and then does

    private readonly Dictionary<string, (string Actions, DateTimeOffset At)> _done = new(StringComparer.Ordinal);
    private readonly Queue<(string Token, DateTimeOffset At)> _order = [];

    public JsonObject Get(JsonElement body, CapacityLedger consumed)
    {
        var call = new Call("TransactGetItems", body, "TransactItems", "ReturnConsumedCapacity");
        var reads = call.List("TransactItems").Select(item =>
        {
            var get = new Call("Get", new Call("TransactGetItem", item, "Get").Get("Get"), "TableName", "Key", "ProjectionExpression", "ExpressionAttributeNames");
            return (Table: get.Text("TableName"), Read: new KeyRead(database, get, get.Item("Key")));
        }).ToList();
        RefuseCount(reads.Count);
        RefuseDoubles(reads.Select(read => (read.Table, read.Read.Key)));
        RefuseSize(reads.Sum(read => read.Read.Size));
        return new() { ["Responses"] = new JsonArray([.. reads.Select(read => read.Read.Find(isConsistent: true, Factor, consumed) is { } item ? new JsonObject { ["Item"] = item.ToJson() } : [])]) };
    }

    public JsonObject Write(JsonElement body, CapacityLedger consumed)
    {
        var call = new Call("TransactWriteItems", body, "TransactItems", "ClientRequestToken", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics");
        var token = call.OptionalText("ClientRequestToken");
        if (token?.Length is < 1 or > 36)
        {
            throw Refusal.Invalid("1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: Member must have length between 1 and 36");
        }

        RefuseCount(call.List("TransactItems").Count());
        var actions = call.List("TransactItems").Select(Read).ToList();
        RefuseDoubles(actions.Select(action => (action.Table.Name, action.Key)));
        RefuseSize(actions.Sum(action => action.Size + (action.Found?.Size ?? 0)));
        if (token is not null && WasDone(token, call.Get("TransactItems").GetRawText()))
        {
            actions.ForEach(action => consumed.Read(action.Table.Name, null, Factor * CapacityUnits.Read(action.Found?.Size ?? 0, isConsistent: true)));
            return [];
        }

        var cancelled = database.Cancellations.TryDequeue(out var asked) ? asked : (Reason: "None", Action: -1);
        var afters = new Item?[actions.Count];
        var reasons = actions.Select((action, i) => i == cancelled.Action ? new Reason(cancelled.Reason, "The test asked for it.") : Try(action, out afters[i])).ToList();
        if (reasons.Any(reason => reason.Code != "None"))
        {
            actions.ForEach(action => action.Stop(consumed, Factor));
            throw Cancelled(reasons);
        }

        for (var i = 0; i < actions.Count; i++)
        {
            actions[i].Apply(afters[i], consumed, Factor);
        }

        if (token is not null)
        {
            _done[token] = (call.Get("TransactItems").GetRawText(), database.Now);
            _order.Enqueue((token, database.Now));
        }

        return [];
    }

    private static Reason Try(WriteAction action, out Item? after)
    {
        after = null;
        if (!action.Holds)
        {
            return new("ConditionalCheckFailed", "The conditional request failed", action.ReturnsItemOnFailure ? action.Found : null);
        }

        try
        {
            after = action.After();
            return new("None");
        }
        catch (AwsStandInException invalid) when (invalid.Code == "ValidationException")
        {
            return new("ValidationError", invalid.Message);
        }
    }

    private static AwsStandInException Cancelled(IReadOnlyList<Reason> reasons) =>
        new("TransactionCanceledException", $"Transaction cancelled, please refer cancellation reasons for specific reasons [{string.Join(", ", reasons.Select(reason => reason.Code))}]")
        {
            Details = new() { ["CancellationReasons"] = new JsonArray([.. reasons.Select(reason => reason.ToJson())]) },
        };

    private WriteAction Read(JsonElement item)
    {
        var call = new Call("TransactWriteItem", item, "Put", "Update", "Delete", "ConditionCheck");
        return item.EnumerateObject().Where(member => call.Has(member.Name)).ToList() is [var only]
            ? new(database, only.Name, only.Value)
            : throw Refusal.Invalid("TransactItems can only contain one of Check, Put, Update or Delete");
    }

    private bool WasDone(string token, string actions)
    {
        while (_order.TryPeek(out var oldest) && oldest.At + Limits.Idempotency <= database.Now)
        {
            _order.Dequeue();
            _done.Remove(oldest.Token);
        }

        return _done.TryGetValue(token, out var done) && (done.Actions == actions
            ? true
            : throw new AwsStandInException("IdempotentParameterMismatchException", "The request uses the same client token as a previous, but non-identical request."));
    }

    private static void RefuseCount(int count)
    {
        if (count is 0 or > Limits.TransactionActions)
        {
            throw Refusal.Invalid($"1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length between 1 and {Limits.TransactionActions}; it has {count}");
        }
    }

    private static void RefuseDoubles(IEnumerable<(string Table, PrimaryKey Key)> keys)
    {
        var seen = new HashSet<(string, PrimaryKey)>();
        if (!keys.All(seen.Add))
        {
            throw Refusal.Invalid("Transaction request cannot include multiple operations on one item");
        }
    }

    private static void RefuseSize(int bytes)
    {
        if (bytes > Limits.TransactionBytes)
        {
            throw Refusal.Invalid("Transaction request size has exceeded the maximum allowed size of 4 MB");
        }
    }

    private sealed record Reason(string Code, string? Message = null, Item? Item = null)
    {
        public JsonObject ToJson()
        {
            var json = new JsonObject { [nameof(Code)] = Code };
            if (Message is not null)
            {
                json[nameof(Message)] = Message;
            }

            if (Item is not null)
            {
                json[nameof(Item)] = Item.ToJson();
            }

            return json;
        }
    }
}
