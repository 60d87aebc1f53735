using System.Text.Json;
using System.Text.Json.Nodes;
using RunnerFleet.Testing.Aws.DynamoDb.Expressions;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>BatchGetItem and BatchWriteItem: many at once, each on its own. What does not fit is handed back.</summary>
internal sealed class BatchCalls(Database database)
{
    public JsonObject Get(JsonElement body, CapacityLedger consumed)
    {
        var call = new Call("BatchGetItem", body, "RequestItems", "ReturnConsumedCapacity");
        var batches = call.Map("RequestItems").Select(batch => new Batch(database, batch)).ToList();
        RefuseCount(batches.Sum(batch => batch.Reads.Count), Limits.BatchReads, "get requests");
        var (responses, unprocessed) = (new JsonObject(), new JsonObject());
        var room = new Room(NextCount());
        foreach (var batch in batches)
        {
            var served = batch.Reads.TakeWhile(read => room.TryTake(read.Read.Size)).ToList();
            responses[batch.Table] = new JsonArray([.. served.Select(read => read.Read.Find(batch.IsConsistent, 1, consumed)?.ToJson()).OfType<JsonObject>()]);
            if (served.Count < batch.Reads.Count)
            {
                unprocessed[batch.Table] = batch.Without(batch.Reads.Skip(served.Count).Select(read => read.Json));
            }
        }

        return new() { ["Responses"] = responses, ["UnprocessedKeys"] = unprocessed };
    }

    public JsonObject Write(JsonElement body, CapacityLedger consumed)
    {
        var call = new Call("BatchWriteItem", body, "RequestItems", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics");
        var writes = call.Map("RequestItems").SelectMany(batch => batch.Value.EnumerateArray().Select(json => (batch.Name, Json: json, Write: ReadWrite(batch.Name, json)))).ToList();
        RefuseCount(writes.Count, Limits.BatchWrites, "write requests");
        if (writes.DistinctBy(write => (write.Name, write.Write.Key)).Count() < writes.Count)
        {
            throw Refusal.Invalid("Provided list of item keys contains duplicates");
        }

        var unprocessed = new JsonObject();
        var room = new Room(NextCount());
        foreach (var (table, json, write) in writes)
        {
            if (room.TryTake(write.Size))
            {
                write.Apply(write.After(), consumed, 1);
            }
            else
            {
                (unprocessed[table] ??= new JsonArray()).AsArray().Add(JsonNode.Parse(json.GetRawText()));
            }
        }

        return new() { ["UnprocessedItems"] = unprocessed };
    }

    private static void RefuseCount(int count, int most, string what)
    {
        if (count == 0 || count > most)
        {
            throw Refusal.Invalid($"Too many items requested: {count} {what}; 1 to {most} are allowed");
        }
    }

    private int NextCount() => database.ShortBatches.TryDequeue(out var served) ? served : int.MaxValue;

    private WriteAction ReadWrite(string table, JsonElement json)
    {
        var call = new Call("BatchWriteItem", json, "PutRequest", "DeleteRequest");
        var kind = call.Has("PutRequest") ? "Put" : "Delete";
        if (call.Has("PutRequest") == call.Has("DeleteRequest"))
        {
            throw Refusal.Invalid("Supplied WriteRequest must contain exactly one of PutRequest or DeleteRequest");
        }

        var request = JsonNode.Parse(call.Get(kind + "Request").GetRawText())!.AsObject();
        request["TableName"] = table;
        return new(database, kind, JsonSerializer.SerializeToElement(request));
    }

    /// <summary>How much one answer carries.</summary>
    private sealed class Room(int count)
    {
        private int _bytes = Limits.BatchBytes;
        private int _count = count;

        public bool TryTake(int bytes)
        {
            _count--;
            _bytes -= bytes;
            return _count >= 0 && _bytes >= 0;
        }
    }

    private sealed class Batch
    {
        private readonly JsonElement _json;

        public Batch(Database database, JsonProperty batch)
        {
            _json = batch.Value;
            var call = new Call("BatchGetItem", batch.Value, "Keys", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames");
            var table = database.Active(batch.Name);
            Table = table.Name;
            IsConsistent = call.Flag("ConsistentRead");
            var expressions = new RequestExpressions(call, database.Expressions);
            Reads = [.. call.List("Keys").Select(key => (key, new KeyRead(table, expressions, ValueJson.ReadItem(key))))];
            if (Reads.DistinctBy(read => read.Read.Key).Count() < Reads.Count)
            {
                throw Refusal.Invalid("Provided list of item keys contains duplicates");
            }
        }

        public string Table { get; }

        public bool IsConsistent { get; }

        public List<(JsonElement Json, KeyRead Read)> Reads { get; }

        public JsonObject Without(IEnumerable<JsonElement> keys)
        {
            var rest = JsonNode.Parse(_json.GetRawText())!.AsObject();
            rest["Keys"] = new JsonArray([.. keys.Select(key => JsonNode.Parse(key.GetRawText()))]);
            return rest;
        }
    }
}
