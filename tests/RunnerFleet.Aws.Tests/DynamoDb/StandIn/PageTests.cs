using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using static RunnerFleet.Aws.Tests.DynamoDb.StandIn.Things;

namespace RunnerFleet.Aws.Tests.DynamoDb.StandIn;

public sealed class PageTests : IAsyncLifetime
{
    private Things _things = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _things = await CreateAsync();

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task A_page_has_1_MB()
    {
        _things.DynamoDb.Put(Table, Enumerable.Range(0, 10).Select(i => Sized($"{i}", 300 * 1024)));
        var sizes = new List<int>();
        var request = new ScanRequest { TableName = Table };
        do
        {
            var page = await _things.Client.ScanAsync(request, Cancellation);
            sizes.Add(page.Items.Count);
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        }
        while (request.ExclusiveStartKey is { Count: > 0 });

        Assert.Equal([3, 3, 3, 1], sizes);
    }

    [Fact]
    public async Task Whoever_gets_as_many_as_were_asked_for_is_not_told_whether_there_are_more()
    {
        await _things.PutAsync(new(Key("a")) { ["kind"] = S("k") });

        var first = await _things.QueryIndexAsync("k", query => query.Limit = 1);
        var second = await _things.QueryIndexAsync("k", query => (query.Limit, query.ExclusiveStartKey) = (1, first.LastEvaluatedKey));

        Assert.Equal(["kind", "pk"], first.LastEvaluatedKey.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(0, second.Count);
        Assert.Empty(second.LastEvaluatedKey ?? []);
    }

    [Fact]
    public async Task A_page_goes_on_after_an_item_that_has_gone()
    {
        foreach (var pk in "abcde")
        {
            await _things.PutAsync(new(Key($"{pk}")) { ["kind"] = S("k") });
        }

        var first = await _things.QueryIndexAsync("k", query => query.Limit = 2);
        await _things.Client.DeleteItemAsync(Table, Key("b"), Cancellation);
        var second = await _things.QueryIndexAsync("k", query => query.ExclusiveStartKey = first.LastEvaluatedKey);

        Assert.Equal(["c", "d", "e"], second.Items.Select(item => item["pk"].S));
    }

    [Theory]
    [InlineData("another")]
    [InlineData("")]
    public async Task A_start_that_is_none_is_refused(string kind) => Assert.Equal("ValidationException", await RefusalAsync(() =>
        _things.QueryIndexAsync("k", query => query.ExclusiveStartKey = kind.Length == 0 ? Key("a") : new(Key("a")) { ["kind"] = S(kind) })));

    [Fact]
    public async Task A_batch_answers_16_MB_and_hands_back_the_rest()
    {
        _things.DynamoDb.Put(Table, Enumerable.Range(0, 60).Select(i => Sized($"{i:D2}", 390 * 1024)));
        var read = new List<string>();
        var wanted = new Dictionary<string, KeysAndAttributes> { [Table] = new() { Keys = [.. Enumerable.Range(0, 60).Select(i => Key($"{i:D2}"))] } };
        for (var calls = 1; ; calls++)
        {
            var answer = await _things.Client.BatchGetItemAsync(new BatchGetItemRequest { RequestItems = wanted }, Cancellation);
            read.AddRange(answer.Responses[Table].Select(item => item["pk"].S));
            if (answer.UnprocessedKeys is not { Count: > 0 } rest)
            {
                Assert.Equal(2, calls);
                break;
            }

            wanted = rest;
        }

        Assert.Equal(60, read.Distinct().Count());
    }

    [Fact]
    public async Task A_batch_can_be_cut_short()
    {
        await _things.PutAsync(Key("a"));
        _things.DynamoDb.CutNextBatchesShort(2);
        var read = await _things.Client.BatchGetItemAsync(new BatchGetItemRequest { RequestItems = new() { [Table] = new() { Keys = [Key("a"), Key("b")], ConsistentRead = true } } }, Cancellation);
        var written = await _things.Client.BatchWriteItemAsync(new BatchWriteItemRequest { RequestItems = new() { [Table] = [new(new PutRequest(Key("c"))), new(new PutRequest(Key("d")))] } }, Cancellation);

        Assert.Equal("a", Assert.Single(read.Responses[Table])["pk"].S);
        Assert.Equal(("b", true), (Assert.Single(read.UnprocessedKeys[Table].Keys)["pk"].S, read.UnprocessedKeys[Table].ConsistentRead));
        Assert.Equal("d", Assert.Single(written.UnprocessedItems[Table]).PutRequest.Item["pk"].S);
        Assert.Equal(["a", "c"], _things.DynamoDb.Items(Table).Select(item => item["pk"].S));
    }
}
