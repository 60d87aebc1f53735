using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace RunnerFleet.Aws.Tests.DynamoDb.StandIn;

public abstract partial class DynamoDbBehaviour
{
    [Theory]
    [InlineData("pk = :a", "1 10 2 3 3x é 😀")]
    [InlineData("pk = :a AND sk = :3", "3")]
    [InlineData("pk = :a AND sk < :3", "1 10 2")]
    [InlineData("sk <= :3 AND pk = :a", "1 10 2 3")]
    [InlineData("pk = :a AND sk > :3", "3x é 😀")]
    [InlineData("pk = :a AND sk >= :3", "3 3x é 😀")]
    [InlineData("pk = :a AND sk BETWEEN :1 AND :3", "1 10 2 3")]
    [InlineData("pk = :a AND begins_with(sk, :3)", "3 3x")]
    [InlineData("(pk = :a) AND (begins_with(sk, :1))", "1 10")]
    [InlineData("pk = :3", "")]
    public async Task A_query_reads_one_stretch_in_the_order_of_its_keys(string condition, string expected)
    {
        await PutManyAsync();
        var found = await QueryAsync(condition);
        var backwards = await QueryAsync(condition, query => query.ScanIndexForward = false);

        Assert.Equal(expected, string.Join(' ', found));
        Assert.Equal(found.AsEnumerable().Reverse(), backwards);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_query_goes_on_where_its_page_ended(bool isForward)
    {
        await PutManyAsync();
        var all = await QueryAsync("pk = :a", query => query.ScanIndexForward = isForward);

        var found = new List<string>();
        var request = new QueryRequest { TableName = Table, KeyConditionExpression = "pk = :a", ExpressionAttributeValues = new() { [":a"] = S("a") }, Limit = 3, ScanIndexForward = isForward };
        do
        {
            var page = await Client.QueryAsync(request, Cancellation);
            Assert.InRange(page.Items?.Count ?? 0, 0, 3);
            found.AddRange((page.Items ?? []).Select(item => item["sk"].S));
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        }
        while (request.ExclusiveStartKey is { Count: > 0 });

        Assert.Equal(all, found);
    }

    [Fact]
    public async Task A_filter_is_asked_after_the_limit()
    {
        await PutManyAsync();
        var page = await Client.QueryAsync(new QueryRequest
        {
            TableName = Table, KeyConditionExpression = "pk = :a", FilterExpression = "size_ > :n", Limit = 3, ExpressionAttributeValues = new() { [":a"] = S("a"), [":n"] = N(1) },
        }, Cancellation);

        Assert.Equal((1, 3), (page.Count, page.ScannedCount));
        Assert.Equal("2", page.LastEvaluatedKey["sk"].S);
    }

    [Fact]
    public async Task A_count_has_no_items()
    {
        await PutManyAsync();
        var answer = await Client.QueryAsync(new QueryRequest { TableName = Table, KeyConditionExpression = "pk = :a", Select = Select.COUNT, ExpressionAttributeValues = new() { [":a"] = S("a") } }, Cancellation);

        Assert.Equal(7, answer.Count);
        Assert.Empty(answer.Items ?? []);
    }

    [Fact]
    public async Task An_index_holds_the_items_that_have_its_key_and_what_it_keeps_of_them()
    {
        await PutAsync(new(Thing("a", "1")) { ["kind"] = S("k"), ["rank"] = N(10) });
        await PutAsync(new(Thing("b", "2")) { ["kind"] = S("k"), ["rank"] = N(9) });
        await PutAsync(new(Thing("c", "3")) { ["kind"] = S("other") });
        await PutAsync(Thing("d", "4"));

        Assert.Equal(["a: colour kind pk size_ sk", "b: colour kind pk size_ sk"], await IndexAsync("by-kind"));
        Assert.Equal(["a: kind pk sk", "b: kind pk sk"], (await IndexAsync("keys-by-kind")).Order(StringComparer.Ordinal));
        Assert.Equal(["b: colour exact flag kind nothing numbers pk rank raw size_ sk stack tags tree", "a: colour exact flag kind nothing numbers pk rank raw size_ sk stack tags tree"], await IndexAsync("by-rank"));

        await Client.UpdateItemAsync(new UpdateItemRequest { TableName = Table, Key = Key("a", "1"), UpdateExpression = "REMOVE kind" }, Cancellation);
        await Client.UpdateItemAsync(new UpdateItemRequest { TableName = Table, Key = Key("c", "3"), UpdateExpression = "SET kind = :k", ExpressionAttributeValues = new() { [":k"] = S("k") } }, Cancellation);
        await Client.DeleteItemAsync(new DeleteItemRequest { TableName = Table, Key = Key("b", "2") }, Cancellation);
        Assert.Equal(["c: colour kind pk size_ sk"], await IndexAsync("by-kind"));
    }

    [Fact]
    public async Task A_scan_reads_everything_page_by_page()
    {
        await PutManyAsync();
        await PutAsync(Key("b", "1"));
        var found = new List<string>();
        var request = new ScanRequest { TableName = Table, Limit = 3 };
        do
        {
            var page = await Client.ScanAsync(request, Cancellation);
            found.AddRange((page.Items ?? []).Select(item => item["pk"].S + item["sk"].S));
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        }
        while (request.ExclusiveStartKey is { Count: > 0 });

        Assert.Equal(["a1", "a10", "a2", "a3", "a3x", "aé", "a😀", "b1"], found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_batch_reads_what_is_there()
    {
        await PutManyAsync();
        var answer = await Client.BatchGetItemAsync(new BatchGetItemRequest
        {
            RequestItems = new() { [Table] = new() { Keys = [Key("a", "1"), Key("a", "2"), Key("none", "1")], ConsistentRead = true, ProjectionExpression = "sk" } },
        }, Cancellation);

        Assert.Equal(["1", "2"], answer.Responses[Table].Select(item => Assert.Single(item).Value.S).Order(StringComparer.Ordinal));
        Assert.Empty(answer.UnprocessedKeys ?? []);
    }

    [Fact]
    public async Task A_batch_writes_and_deletes()
    {
        await PutManyAsync();
        await Client.BatchWriteItemAsync(new BatchWriteItemRequest
        {
            RequestItems = new() { [Table] = [new(new PutRequest(Thing("z", "1"))), new(new DeleteRequest(Key("a", "1")))] },
        }, Cancellation);

        Assert.NotNull(await GetAsync("z"));
        Assert.Null(await GetAsync("a"));
    }

    private async Task PutManyAsync()
    {
        foreach (var (sk, size) in new[] { ("3", 3), ("10", 1), ("1", 1), ("2", 2), ("3x", 4), ("😀", 5), ("é", 6) })
        {
            await PutAsync(new(Key("a", sk)) { ["size_"] = N(size) });
        }
    }

    private async Task<List<string>> QueryAsync(string condition, Action<QueryRequest>? configure = null)
    {
        var values = new[] { "a", "1", "3" }.Where(value => condition.Contains(":" + value, StringComparison.Ordinal)).ToDictionary(value => ":" + value, S);
        var request = new QueryRequest { TableName = Table, KeyConditionExpression = condition, ExpressionAttributeValues = values };
        configure?.Invoke(request);
        return [.. ((await Client.QueryAsync(request, Cancellation)).Items ?? []).Select(item => item["sk"].S)];
    }

    private async Task<List<string>> IndexAsync(string index)
    {
        var answer = await Client.QueryAsync(new QueryRequest { TableName = Table, IndexName = index, KeyConditionExpression = "kind = :k", ExpressionAttributeValues = new() { [":k"] = S("k") } }, Cancellation);
        return [.. (answer.Items ?? []).Select(item => $"{item["pk"].S}: {string.Join(' ', item.Keys.Order(StringComparer.Ordinal))}")];
    }
}
