using Amazon.DynamoDBv2.Model;
using static RunnerFleet.Aws.Tests.DynamoDb.StandIn.Things;

namespace RunnerFleet.Aws.Tests.DynamoDb.StandIn;

public sealed class TransactionTests : IAsyncLifetime
{
    private Things _things = null!;

    public async ValueTask InitializeAsync() => _things = await CreateAsync();

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task A_transaction_is_done_once_for_each_token()
    {
        await _things.TransactAsync("token", Put(Key("a"), "attribute_not_exists(pk)"));
        await _things.TransactAsync("token", Put(Key("a"), "attribute_not_exists(pk)"));

        await Assert.ThrowsAsync<TransactionCanceledException>(() => _things.TransactAsync("another", Put(Key("a"), "attribute_not_exists(pk)")));
    }

    [Fact]
    public async Task A_token_stands_for_one_transaction_only()
    {
        await _things.TransactAsync("token", Put(Key("a")));

        Assert.Equal("IdempotentParameterMismatchException", await RefusalAsync(() => _things.TransactAsync("token", Put(Key("b")))));
    }

    [Fact]
    public async Task A_token_is_forgotten_after_ten_minutes()
    {
        await _things.TransactAsync("token", Put(Key("a"), "attribute_not_exists(pk)"));
        _things.World.Clock.Advance(TimeSpan.FromMinutes(10));

        await Assert.ThrowsAsync<TransactionCanceledException>(() => _things.TransactAsync("token", Put(Key("a"), "attribute_not_exists(pk)")));
    }

    [Fact]
    public async Task A_transaction_that_was_cancelled_may_be_tried_again_with_its_token()
    {
        _things.DynamoDb.CancelNextTransactions(1, "TransactionConflict");
        await Assert.ThrowsAsync<TransactionCanceledException>(() => _things.TransactAsync("token", Put(Key("a"))));
        Assert.Null(await _things.GetAsync("a"));

        await _things.TransactAsync("token", Put(Key("a")));
        Assert.NotNull(await _things.GetAsync("a"));
    }

    [Fact]
    public async Task A_test_may_ask_for_a_reason_beside_those_there_are()
    {
        await _things.PutAsync(Key("b"));
        _things.DynamoDb.CancelNextTransactions(1, "ThrottlingError", action: 2);

        var cancelled = await Assert.ThrowsAsync<TransactionCanceledException>(() =>
            _things.TransactAsync(null, Put(Key("a")), Put(Key("b"), "attribute_not_exists(pk)"), Put(Key("c"))));

        Assert.Equal(["None", "ConditionalCheckFailed", "ThrottlingError"], cancelled.CancellationReasons.Select(reason => reason.Code));
    }

    [Fact]
    public async Task What_an_item_does_not_allow_is_a_reason()
    {
        await _things.PutAsync(new(Key("a")) { ["text"] = S("none") });
        var cancelled = await Assert.ThrowsAsync<TransactionCanceledException>(() => _things.TransactAsync(null,
            new TransactWriteItem { Update = new() { TableName = Table, Key = Key("a"), UpdateExpression = "ADD #t :n", ExpressionAttributeNames = new() { ["#t"] = "text" }, ExpressionAttributeValues = new() { [":n"] = N(1) } } }));

        Assert.Equal("ValidationError", Assert.Single(cancelled.CancellationReasons).Code);
    }

    [Fact]
    public async Task A_transaction_takes_4_MB()
    {
        List<TransactWriteItem> Items(int count) => [.. Enumerable.Range(0, count).Select(i => Put(Sized($"{i}", 399 * 1024)))];

        await _things.TransactAsync(null, Items(10));
        Assert.Equal("ValidationException", await RefusalAsync(() => _things.TransactAsync(null, Items(11))));
    }

    [Fact]
    public async Task A_token_has_36_characters_at_most()
    {
        await _things.TransactAsync(new string('t', 36), Put(Key("a")));
        Assert.Equal("ValidationException", await RefusalAsync(() => _things.TransactAsync(new string('t', 37), Put(Key("a")))));
    }

    [Fact]
    public async Task A_lost_answer_leaves_its_effect()
    {
        _things.World.Account.LoseNextReplies(1, "TransactWriteItems");
        using var patient = _things.World.Client(config => config.MaxErrorRetry = 1);

        await patient.TransactWriteItemsAsync(new TransactWriteItemsRequest { TransactItems = [Put(Key("a"), "attribute_not_exists(pk)")] }, TestContext.Current.CancellationToken);

        Assert.Equal([true, false], _things.World.Account.Calls.Where(call => call.Operation == "TransactWriteItems").Select(call => call.IsAnswerLost));
        Assert.NotNull(await _things.GetAsync("a"));
    }
}
