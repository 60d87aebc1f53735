using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace RunnerFleet.Aws.Tests.DynamoDb.StandIn;

public abstract partial class DynamoDbBehaviour
{
    private const string Invalid = "ValidationException";

    [Theory]
    [InlineData("attribute_exists(status)")]
    [InlineData("Size = :seven")]
    [InlineData("#unknown = :seven")]
    [InlineData("colour = :unknown")]
    [InlineData("colour =")]
    [InlineData("colour = :blue AND")]
    [InlineData("colour & :blue")]
    [InlineData("exists(colour)")]
    [InlineData("size_ BETWEEN :nine AND :five")]
    public async Task A_condition_that_is_none_is_refused(string condition)
    {
        SkipWhereWrong(condition);
        await PutAsync(Thing());

        Assert.Equal(Invalid, await RefusalAsync(() => Client.PutItemAsync(
            new PutItemRequest { TableName = Table, Item = Thing(), ConditionExpression = condition, ExpressionAttributeValues = ValuesOf(condition), ExpressionAttributeNames = NamesOf(condition) }, Cancellation)));
    }

    [Theory]
    [InlineData("SET colour = :red SET size_ = :five")]
    [InlineData("SET colour = :red, colour = :blue")]
    [InlineData("SET pk = :red")]
    [InlineData("SET status = :red")]
    [InlineData("SET fresh = absent")]
    [InlineData("SET fresh = colour + :two")]
    [InlineData("SET absent.leaf = :red")]
    [InlineData("ADD colour :two")]
    [InlineData("ADD size_ :blue")]
    [InlineData("colour = :red")]
    public async Task An_update_that_is_none_is_refused(string update)
    {
        await PutAsync(Thing());

        Assert.Equal(Invalid, await RefusalAsync(() => Client.UpdateItemAsync(
            new UpdateItemRequest { TableName = Table, Key = Key("a", "1"), UpdateExpression = update, ExpressionAttributeValues = ValuesOf(update), ExpressionAttributeNames = NamesOf(update) }, Cancellation)));
        Assert.Equal("blue", (await GetAsync())!["colour"].S);
    }

    [Fact]
    public async Task A_value_that_nothing_mentions_is_refused()
    {
        SkipWhereWrong(nameof(A_value_that_nothing_mentions_is_refused));
        var put = new PutItemRequest { TableName = Table, Item = Thing(), ConditionExpression = "attribute_not_exists(pk)", ExpressionAttributeValues = new() { [":v"] = N(1) } };
        Assert.Equal(Invalid, await RefusalAsync(() => Client.PutItemAsync(put, Cancellation)));
    }

    [Fact]
    public async Task A_name_that_nothing_mentions_is_refused()
    {
        var put = new PutItemRequest { TableName = Table, Item = Thing(), ConditionExpression = "attribute_not_exists(pk)", ExpressionAttributeNames = new() { ["#n"] = "colour" } };
        Assert.Equal(Invalid, await RefusalAsync(() => Client.PutItemAsync(put, Cancellation)));
    }

    public static TheoryData<string> BadItems => ["no range key", "key of another type", "empty key", "index key of another type", "too large", "empty set", "39 digits"];

    [Theory]
    [MemberData(nameof(BadItems))]
    public async Task An_item_that_the_table_cannot_hold_is_refused(string what)
    {
        SkipWhereWrong(what);
        var item = Thing();
        switch (what)
        {
            case "no range key":
                item.Remove("sk");
                break;
            case "key of another type":
                item["sk"] = N(1);
                break;
            case "empty key":
                item["sk"] = S("");
                break;
            case "index key of another type":
                item["kind"] = N(1);
                break;
            case "too large":
                item["colour"] = S(new string('x', 400 * 1024));
                break;
            case "empty set":
                item["tags"] = new() { SS = [], IsSSSet = true };
                break;
            default:
                item["size_"] = new() { N = "123456789012345678901234567890123456789" };
                break;
        }

        Assert.Equal(Invalid, await RefusalAsync(() => PutAsync(item)));
        Assert.Null(await GetAsync());
    }

    [Fact]
    public async Task A_key_must_be_whole() =>
        Assert.Equal(Invalid, await RefusalAsync(() => Client.GetItemAsync(new GetItemRequest { TableName = Table, Key = new() { ["pk"] = S("a") } }, Cancellation)));

    [Fact]
    public async Task A_table_that_is_not_there_is_refused() =>
        Assert.Equal("ResourceNotFoundException", await RefusalAsync(() => Client.GetItemAsync(new GetItemRequest { TableName = "nothing", Key = Key("a", "1") }, Cancellation)));

    [Fact]
    public async Task A_consistent_read_of_an_index_is_refused() =>
        Assert.Equal(Invalid, await RefusalAsync(() => Client.QueryAsync(new QueryRequest
        {
            TableName = Table, IndexName = "by-kind", ConsistentRead = true, KeyConditionExpression = "kind = :k", ExpressionAttributeValues = new() { [":k"] = S("k") },
        }, Cancellation)));

    [Theory]
    [InlineData("sk = :k")]
    [InlineData("pk > :k")]
    [InlineData("pk = :k OR sk = :k")]
    [InlineData("pk = :k AND colour = :k")]
    public async Task A_query_needs_its_keys(string condition)
    {
        SkipWhereWrong(condition);
        Assert.Equal(Invalid, await RefusalAsync(() => Client.QueryAsync(new QueryRequest { TableName = Table, KeyConditionExpression = condition, ExpressionAttributeValues = new() { [":k"] = S("k") } }, Cancellation)));
    }

    [Fact]
    public async Task A_transaction_takes_100_actions_and_no_more()
    {
        TransactWriteItem Put(int number) => new() { Put = new() { TableName = Table, Item = Key("many", $"{number}") } };
        Assert.Equal(Invalid, await RefusalAsync(() => TransactAsync([.. Enumerable.Range(0, 101).Select(Put)])));
        await TransactAsync([.. Enumerable.Range(0, 100).Select(Put)]);
    }

    [Fact]
    public async Task A_transaction_touches_an_item_once() =>
        Assert.Equal(Invalid, await RefusalAsync(() => TransactAsync(new() { Put = new() { TableName = Table, Item = Thing() } }, new() { Delete = new() { TableName = Table, Key = Key("a", "1") } })));

    [Fact]
    public async Task A_batch_takes_100_keys_and_each_once()
    {
        Assert.Equal(Invalid, await RefusalAsync(() => GetBatchAsync(101)));
        Assert.Equal(Invalid, await RefusalAsync(() => GetBatchAsync(2, i => 1)));
        await GetBatchAsync(100);

        Task GetBatchAsync(int count, Func<int, int>? number = null) => Client.BatchGetItemAsync(
            new BatchGetItemRequest { RequestItems = new() { [Table] = new() { Keys = [.. Enumerable.Range(0, count).Select(i => Key("a", $"{number?.Invoke(i) ?? i}"))] } } }, Cancellation);
    }

    [Fact]
    public async Task A_table_is_made_once() => Assert.Equal("ResourceInUseException", await RefusalAsync(() => Client.CreateTableAsync(Shape(), Cancellation)));
}
