using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.Aws.Tests.DynamoDb.StandIn;

/// <summary>A table with an index in a DynamoDB that stands in: <c>pk</c>; index <c>by-kind</c> of <c>kind</c>, which keeps <c>note</c>.</summary>
internal sealed class Things
{
    public const string Table = "things";
    public const string ByKind = "by-kind";

    private Things(DynamoDbWorld world) => (World, Client) = (world, world.Client(config => config.MaxErrorRetry = 0));

    public DynamoDbWorld World { get; }

    public DynamoDbStandIn DynamoDb => World.DynamoDb;

    public AmazonDynamoDBClient Client { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<Things> CreateAsync()
    {
        var things = new Things(DynamoDbWorld.Empty());
        await things.Client.CreateTableAsync(Shape(), Cancellation);
        return things;
    }

    public static CreateTableRequest Shape(string name = Table) => new()
    {
        TableName = name,
        BillingMode = BillingMode.PAY_PER_REQUEST,
        KeySchema = [new("pk", KeyType.HASH)],
        AttributeDefinitions = [new("pk", ScalarAttributeType.S), new("kind", ScalarAttributeType.S)],
        GlobalSecondaryIndexes = [new() { IndexName = ByKind, KeySchema = [new("kind", KeyType.HASH)], Projection = new() { ProjectionType = ProjectionType.INCLUDE, NonKeyAttributes = ["note"] } }],
    };

    public static AttributeValue S(string text) => new() { S = text };

    public static AttributeValue N(long number) => new() { N = number.ToString(CultureInfo.InvariantCulture) };

    public static Dictionary<string, AttributeValue> Key(string pk) => new() { ["pk"] = S(pk) };

    /// <summary>An item of so many bytes.</summary>
    public static Dictionary<string, AttributeValue> Sized(string pk, int bytes) => new(Key(pk)) { ["text"] = S(new string('x', bytes - pk.Length - 6)) };

    public static TransactWriteItem Put(Dictionary<string, AttributeValue> item, string? condition = null) => new() { Put = new() { TableName = Table, Item = item, ConditionExpression = condition } };

    public Task PutAsync(Dictionary<string, AttributeValue> item) => Client.PutItemAsync(Table, item, Cancellation);

    public async Task<Dictionary<string, AttributeValue>?> GetAsync(string pk) => await Client.GetItemAsync(Table, Key(pk), true, Cancellation) is { IsItemSet: true } answer ? answer.Item : null;

    public Task TransactAsync(string? token, params List<TransactWriteItem> actions) =>
        Client.TransactWriteItemsAsync(new TransactWriteItemsRequest { TransactItems = actions, ClientRequestToken = token }, Cancellation);

    public Task<QueryResponse> QueryIndexAsync(string kind, Action<QueryRequest>? configure = null)
    {
        var request = new QueryRequest { TableName = Table, IndexName = ByKind, KeyConditionExpression = "kind = :k", ExpressionAttributeValues = new() { [":k"] = S(kind) } };
        configure?.Invoke(request);
        return Client.QueryAsync(request, Cancellation);
    }

    public static async Task<string> RefusalAsync(Func<Task> call) => (await Assert.ThrowsAnyAsync<AmazonDynamoDBException>(call)).ErrorCode;
}
