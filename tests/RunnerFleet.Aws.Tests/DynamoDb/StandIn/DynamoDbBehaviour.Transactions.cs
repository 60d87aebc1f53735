using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace RunnerFleet.Aws.Tests.DynamoDb.StandIn;

public abstract partial class DynamoDbBehaviour
{
    [Fact]
    public async Task A_transaction_does_all_of_it()
    {
        await PutAsync(Thing("old", "1"));
        await PutAsync(Thing("gone", "1"));
        await PutAsync(Thing("seen", "1"));
        await TransactAsync(
            new() { Put = new() { TableName = Table, Item = Thing("new", "1"), ConditionExpression = "attribute_not_exists(pk)" } },
            new() { Update = new() { TableName = Table, Key = Key("old", "1"), UpdateExpression = "SET colour = :c", ExpressionAttributeValues = new() { [":c"] = S("red") } } },
            new() { Delete = new() { TableName = Table, Key = Key("gone", "1") } },
            new() { ConditionCheck = new() { TableName = Table, Key = Key("seen", "1"), ConditionExpression = "colour = :c", ExpressionAttributeValues = new() { [":c"] = S("blue") } } });

        Assert.NotNull(await GetAsync("new"));
        Assert.Equal("red", (await GetAsync("old"))!["colour"].S);
        Assert.Null(await GetAsync("gone"));
    }

    [Fact]
    public async Task A_transaction_that_one_condition_stops_does_nothing_and_says_which()
    {
        await PutAsync(Thing("a", "1"));
        var cancelled = await Assert.ThrowsAsync<TransactionCanceledException>(() => TransactAsync(
            new() { Put = new() { TableName = Table, Item = Thing("b", "1") } },
            new()
            {
                Put = new() { TableName = Table, Item = Thing("a", "1"), ConditionExpression = "attribute_not_exists(pk)", ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD },
            },
            new() { Update = new() { TableName = Table, Key = Key("c", "1"), UpdateExpression = "ADD size_ :n", ExpressionAttributeValues = new() { [":n"] = N(1) } } }));

        Assert.Equal(["None", "ConditionalCheckFailed", "None"], cancelled.CancellationReasons.Select(reason => reason.Code));
        Assert.Equal("blue", cancelled.CancellationReasons[1].Item["colour"].S);
        Assert.Null(await GetAsync("b"));
        Assert.Null(await GetAsync("c"));
    }

    [Fact]
    public async Task A_transaction_reads_in_the_order_of_its_keys()
    {
        await PutAsync(Thing("a", "1"));
        await PutAsync(Thing("b", "1"));
        var answer = await Client.TransactGetItemsAsync(new TransactGetItemsRequest
        {
            TransactItems = [.. new[] { "b", "none", "a" }.Select(pk => new TransactGetItem { Get = new() { TableName = Table, Key = Key(pk, "1") } })],
        }, Cancellation);

        Assert.Equal(["b", "", "a"], answer.Responses.Select(response => response.Item?.GetValueOrDefault("pk")?.S ?? ""));
    }

    private Task TransactAsync(params List<TransactWriteItem> actions) => Client.TransactWriteItemsAsync(new TransactWriteItemsRequest { TransactItems = actions }, Cancellation);
}
