using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace RunnerFleet.Aws.Tests.DynamoDb.StandIn;

/// <summary>What DynamoDB does, as tests that run over the stand-in and over a DynamoDB that others wrote: so the one is checked by the other.</summary>
public abstract partial class DynamoDbBehaviour : IAsyncLifetime
{
    protected const string Table = "things";

    private AmazonDynamoDBClient? _client;

    protected AmazonDynamoDBClient Client => _client ?? throw new InvalidOperationException("The client is there once the test has begun.");

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected abstract Task<AmazonDynamoDBClient> ConnectAsync();

    /// <summary>What the implementation is known to get wrong: the row of a theory, or the name of a test.</summary>
    protected virtual IReadOnlySet<string> Wrong { get; } = new HashSet<string>();

    private void SkipWhereWrong(string what) => Assert.SkipWhen(Wrong.Contains(what), "This implementation does otherwise than DynamoDB.");

    public async ValueTask InitializeAsync()
    {
        _client = await ConnectAsync();
        await _client.CreateTableAsync(Shape(), Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DeleteTableAsync(Table, Cancellation);
            _client.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>A table with hash and range key, an index that keeps two attributes, one that keeps keys, and one that keeps all, by number.</summary>
    private static CreateTableRequest Shape() => new()
    {
        TableName = Table,
        BillingMode = BillingMode.PAY_PER_REQUEST,
        KeySchema = Keys("pk", "sk"),
        AttributeDefinitions = [.. new[] { "pk", "sk", "kind", "rank" }.Select(name => new AttributeDefinition(name, name == "rank" ? ScalarAttributeType.N : ScalarAttributeType.S))],
        GlobalSecondaryIndexes =
        [
            new() { IndexName = "by-kind", KeySchema = Keys("kind", "sk"), Projection = new() { ProjectionType = ProjectionType.INCLUDE, NonKeyAttributes = ["colour", "size_"] } },
            new() { IndexName = "keys-by-kind", KeySchema = Keys("kind", null), Projection = new() { ProjectionType = ProjectionType.KEYS_ONLY } },
            new() { IndexName = "by-rank", KeySchema = Keys("kind", "rank"), Projection = new() { ProjectionType = ProjectionType.ALL } },
        ],
    };

    private static List<KeySchemaElement> Keys(string hash, string? range) =>
        [new(hash, KeyType.HASH), .. range is null ? Array.Empty<KeySchemaElement>() : [new KeySchemaElement(range, KeyType.RANGE)]];

    protected static AttributeValue S(string text) => new() { S = text };

    protected static AttributeValue N(long number) => new() { N = number.ToString(CultureInfo.InvariantCulture) };

    protected static Dictionary<string, AttributeValue> Key(string pk, string sk) => new() { ["pk"] = S(pk), ["sk"] = S(sk) };

    /// <summary>An item with one attribute of every kind.</summary>
    protected static Dictionary<string, AttributeValue> Thing(string pk = "a", string sk = "1") => new(Key(pk, sk))
    {
        ["colour"] = S("blue"),
        ["size_"] = N(7),
        ["exact"] = new() { N = "0.1" },
        ["flag"] = new() { BOOL = true },
        ["nothing"] = new() { NULL = true },
        ["raw"] = new() { B = new MemoryStream([1, 2, 3]) },
        ["tags"] = new() { SS = ["x", "y"] },
        ["numbers"] = new() { NS = ["1", "2"] },
        ["stack"] = new() { L = [S("zero"), S("one"), new() { M = new() { ["deep"] = N(3) } }] },
        ["tree"] = new() { M = new() { ["leaf"] = S("value"), ["odd.name"] = N(1) } },
    };

    protected static async Task<string> RefusalAsync(Func<Task> call) => (await Assert.ThrowsAnyAsync<AmazonDynamoDBException>(call)).ErrorCode;

    protected Task PutAsync(Dictionary<string, AttributeValue> item) => Client.PutItemAsync(new PutItemRequest { TableName = Table, Item = item }, Cancellation);

    protected async Task<Dictionary<string, AttributeValue>?> GetAsync(string pk = "a", string sk = "1") =>
        await Client.GetItemAsync(new GetItemRequest { TableName = Table, Key = Key(pk, sk), ConsistentRead = true }, Cancellation) is { IsItemSet: true } answer ? answer.Item : null;

    /// <summary>The values that tests of expressions may name; only those that are mentioned are sent.</summary>
    protected static Dictionary<string, AttributeValue>? ValuesOf(string expression)
    {
        Dictionary<string, AttributeValue> all = new()
        {
            [":blue"] = S("blue"),
            [":red"] = S("red"),
            [":b"] = S("b"),
            [":lu"] = S("lu"),
            [":x"] = S("x"),
            [":z"] = S("z"),
            [":one"] = S("one"),
            [":zeros"] = new() { N = "7.00" },
            [":five"] = N(5),
            [":seven"] = N(7),
            [":nine"] = N(9),
            [":two"] = N(2),
            [":minus"] = N(-3),
            [":true"] = new() { BOOL = true },
            [":null"] = new() { NULL = true },
            [":type"] = S("SS"),
            [":wrong"] = S("XX"),
            [":set"] = new() { SS = ["y", "z"] },
            [":all"] = new() { SS = ["x", "y"] },
            [":more"] = new() { L = [S("two")] },
        };
        var mentioned = all.Where(value => System.Text.RegularExpressions.Regex.IsMatch(expression, value.Key + "\\b")).ToDictionary();
        return mentioned.Count == 0 ? null : mentioned;
    }

    protected static Dictionary<string, string>? NamesOf(string expression)
    {
        Dictionary<string, string> all = new() { ["#size"] = "size", ["#odd"] = "odd.name", ["#colour"] = "colour" };
        var mentioned = all.Where(name => System.Text.RegularExpressions.Regex.IsMatch(expression, name.Key + "\\b")).ToDictionary();
        return mentioned.Count == 0 ? null : mentioned;
    }
}
