using System.Text.Json;
using System.Text.Json.Nodes;
using RunnerFleet.Testing.Aws.DynamoDb.Expressions;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>Query and Scan.</summary>
internal sealed class QueryCalls(Database database)
{
    private static readonly string[] s_common =
    [
        "TableName", "IndexName", "Select", "Limit", "ConsistentRead", "ExclusiveStartKey", "FilterExpression", "ProjectionExpression",
        "ExpressionAttributeNames", "ExpressionAttributeValues", "ReturnConsumedCapacity",
    ];

    public JsonObject Query(JsonElement body, CapacityLedger consumed)
    {
        var call = new Call("Query", body, [.. s_common, "KeyConditionExpression", "ScanIndexForward"]);
        var read = new Reading(database, call);
        var condition = read.Expressions.Condition("KeyConditionExpression")
            ?? throw Refusal.Invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
        var keys = KeyCondition.Read(condition, read.Expressions.Scope, read.Schema);
        read.RefuseKeysInFilter();
        return read.Page(keys.Low, keys.High, keys.Hash, call.Flag("ScanIndexForward", otherwise: true), consumed);
    }

    public JsonObject Scan(JsonElement body, CapacityLedger consumed)
    {
        var read = new Reading(database, new Call("Scan", body, s_common));
        return read.Page(null, null, null, isForward: true, consumed);
    }

    private sealed class Reading
    {
        private readonly Call _call;
        private readonly Table _table;
        private readonly SecondaryIndex? _index;
        private readonly SortedSet<Entry> _entries;
        private readonly Condition? _filter;
        private readonly Projection? _projection;
        private readonly string _select;
        private readonly bool _isConsistent;

        public Reading(Database database, Call call)
        {
            _call = call;
            _table = database.Active(call.Text("TableName"));
            _index = call.OptionalText("IndexName") is { } index ? _table.Index(index) : null;
            _entries = _index is null ? _table.Entries : database.EntriesOf(_index);
            _isConsistent = call.Flag("ConsistentRead");
            Schema = _index?.Schema ?? _table.Schema;
            Expressions = new RequestExpressions(call, database.Expressions);
            _filter = Expressions.Condition("FilterExpression");
            _projection = Expressions.Projection();
            _select = call.Choice("Select", _projection is not null ? "SPECIFIC_ATTRIBUTES" : _index is null ? "ALL_ATTRIBUTES" : "ALL_PROJECTED_ATTRIBUTES",
                "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT");
            Check();
        }

        public KeySchema Schema { get; }

        public RequestExpressions Expressions { get; }

        public void RefuseKeysInFilter()
        {
            if (Expressions.Mentioned("FilterExpression").FirstOrDefault(Schema.Has) is { } key)
            {
                throw Refusal.Invalid($"Filter Expression can only contain non-primary key attributes: Primary key attribute: {key}");
            }
        }

        /// <summary>Reads until so many items, or 1 MB, were looked at; the filter is asked afterwards.</summary>
        public JsonObject Page(Entry? low, Entry? high, Value? hash, bool isForward, CapacityLedger consumed)
        {
            Expressions.RefuseUnused();
            if (Start(hash) is { } start)
            {
                var beside = Entry.Beside(start.Place, start.Key, isForward ? 1 : -1);
                (low, high) = isForward ? (beside, high) : (low, beside);
            }

            var (items, count, scanned, bytes) = (new JsonArray(), 0, 0, 0);
            Entry? last = null;
            var hasMore = false;
            foreach (var entry in Stretch(low, high, isForward))
            {
                if (scanned == _call.OptionalNumber("Limit") || scanned > 0 && bytes + entry.Item.Size > Limits.PageBytes)
                {
                    hasMore = true;
                    break;
                }

                scanned++;
                bytes += entry.Item.Size;
                last = entry;
                if (_filter?.Holds(entry.Item, Expressions.Scope) ?? true)
                {
                    count++;
                    if (_select != "COUNT")
                    {
                        items.Add((_projection?.Of(entry.Item, Expressions.Scope) ?? entry.Item).ToJson());
                    }
                }
            }

            consumed.Read(_table.Name, _index?.Name, CapacityUnits.Read(bytes, _isConsistent));
            var answer = new JsonObject { ["Count"] = count, ["ScannedCount"] = scanned };
            if (_select != "COUNT")
            {
                answer["Items"] = items;
            }

            // Whoever asks for so many and gets them is not told whether there are more.
            if (hasMore || scanned == _call.OptionalNumber("Limit"))
            {
                answer["LastEvaluatedKey"] = KeyOf(last!.Item).ToJson();
            }

            return answer;
        }

        private IEnumerable<Entry> Stretch(Entry? low, Entry? high, bool isForward)
        {
            if (_entries.Count == 0)
            {
                return [];
            }

            low ??= _entries.Min!;
            high ??= _entries.Max!;
            if (Entry.Compare(low, high) > 0)
            {
                return [];
            }

            var stretch = _entries.GetViewBetween(low, high);
            return isForward ? stretch : stretch.Reverse();
        }

        private Item KeyOf(Item item) => new(_table.Schema.Attributes(item).Concat(_index?.Schema.Attributes(item) ?? []).DistinctBy(attribute => attribute.Key).ToDictionary(StringComparer.Ordinal));

        private (PrimaryKey Place, PrimaryKey Key)? Start(Value? hash)
        {
            if (!_call.Has("ExclusiveStartKey"))
            {
                return null;
            }

            var start = _call.Item("ExclusiveStartKey");
            var parts = _table.Schema.Parts.Concat(_index?.Schema.Parts ?? []).Distinct().ToList();
            if (start.Attributes.Count != parts.Count || parts.Any(part => start[part.Name]?.Type != part.Type))
            {
                throw Refusal.Invalid("The provided starting key is invalid");
            }

            return hash is null || hash.Equals(start[Schema.Hash.Name])
                ? (Schema.Of(start), _table.Schema.Of(start))
                : throw Refusal.Invalid("The provided starting key is outside query boundaries based on provided conditions");
        }

        private void Check()
        {
            if (_call.OptionalNumber("Limit") < 1)
            {
                throw Refusal.Invalid("1 validation error detected: Value at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1");
            }

            if (_projection is not null != (_select == "SPECIFIC_ATTRIBUTES"))
            {
                throw Refusal.Invalid($"Cannot specify the ProjectionExpression when choosing to get {_select}");
            }

            if (_index is null)
            {
                return;
            }

            if (_isConsistent)
            {
                throw Refusal.Invalid("Consistent reads are not supported on global secondary indexes");
            }

            if (_select == "ALL_ATTRIBUTES" && _index.ProjectionType != "ALL")
            {
                throw Refusal.InvalidParameter($"Select type ALL_ATTRIBUTES is not supported for global secondary index {_index.Name} because its projection type is not ALL");
            }

            if (Expressions.Mentioned("FilterExpression").Concat(Expressions.Mentioned("ProjectionExpression")).FirstOrDefault(name => !_index.Keeps(name)) is { } missing)
            {
                throw Refusal.InvalidParameter($"Global secondary index {_index.Name} does not project [{missing}]");
            }
        }
    }
}
