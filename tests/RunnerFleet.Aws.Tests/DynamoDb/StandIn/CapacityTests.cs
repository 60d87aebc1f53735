using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using RunnerFleet.Testing.Aws;
using static RunnerFleet.Aws.Tests.DynamoDb.StandIn.Things;

namespace RunnerFleet.Aws.Tests.DynamoDb.StandIn;

public sealed class CapacityTests : IAsyncLifetime
{
    private Things _things = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _things = await CreateAsync();

    public ValueTask DisposeAsync() => default;

    private DynamoDbCapacity Consumed => _things.DynamoDb.Consumed(Table);

    private DynamoDbCapacity ByIndex => _things.DynamoDb.ConsumedByIndex(Table, ByKind);

    private async Task<DynamoDbCapacity> CostAsync(Func<Task> call)
    {
        _things.DynamoDb.ForgetConsumed();
        await call();
        return Consumed;
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(1024, 1)]
    [InlineData(1025, 2)]
    [InlineData(10_000, 10)]
    public async Task A_write_costs_one_unit_for_each_kilobyte_begun(int bytes, double units)
    {
        Assert.Equal(units, (await CostAsync(() => _things.PutAsync(Sized("a", bytes)))).Write);
        Assert.Equal(units, (await CostAsync(() => _things.PutAsync(Key("a")))).Write); // the larger of what was and what is
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(4096, 1)]
    [InlineData(4097, 2)]
    public async Task A_read_costs_one_unit_for_each_4_kilobytes_begun_and_half_of_that_when_it_may_be_stale(int bytes, double units)
    {
        await _things.PutAsync(Sized("a", bytes));

        Assert.Equal(units, (await CostAsync(() => _things.GetAsync("a"))).Read);
        Assert.Equal(units / 2, (await CostAsync(() => _things.Client.GetItemAsync(Table, Key("a"), false, Cancellation))).Read);
        Assert.Equal(0.5, (await CostAsync(() => _things.Client.GetItemAsync(Table, Key("none"), false, Cancellation))).Read);
    }

    [Fact]
    public async Task A_transaction_costs_twice()
    {
        Assert.Equal(2 + 6, (await CostAsync(() => _things.TransactAsync(null, Put(Key("a")), Put(Sized("b", 3000))))).Write);
        Assert.Equal(2 + 2, (await CostAsync(() => _things.Client.TransactGetItemsAsync(new TransactGetItemsRequest
        {
            TransactItems = [new() { Get = new() { TableName = Table, Key = Key("a") } }, new() { Get = new() { TableName = Table, Key = Key("b") } }],
        }, Cancellation))).Read);
    }

    [Fact]
    public async Task A_write_that_its_condition_stops_costs_too()
    {
        await _things.PutAsync(Sized("a", 2000));
        var cost = await CostAsync(() => Assert.ThrowsAsync<ConditionalCheckFailedException>(() =>
            _things.Client.PutItemAsync(new PutItemRequest { TableName = Table, Item = Key("a"), ConditionExpression = "attribute_not_exists(pk)" }, Cancellation)));

        Assert.Equal(2, cost.Write);
    }

    [Fact]
    public async Task An_index_costs_apart_and_only_where_it_changes()
    {
        Dictionary<string, AttributeValue> Thing(string? kind, string? note, string other)
        {
            var thing = new Dictionary<string, AttributeValue>(Key("a")) { ["other"] = S(other) };
            if (kind is not null)
            {
                thing["kind"] = S(kind);
            }

            if (note is not null)
            {
                thing["note"] = S(note);
            }

            return thing;
        }

        async Task<double> IndexAsync(Dictionary<string, AttributeValue> thing)
        {
            await CostAsync(() => _things.PutAsync(thing));
            return ByIndex.Write;
        }

        Assert.Equal(0, await IndexAsync(Thing(null, "n", "1"))); // not in it
        Assert.Equal(1, await IndexAsync(Thing("k", "n", "1"))); // enters
        Assert.Equal(0, await IndexAsync(Thing("k", "n", "2"))); // changes in what it does not keep
        Assert.Equal(1, await IndexAsync(Thing("k", "m", "2"))); // changes in what it keeps
        Assert.Equal(2, await IndexAsync(Thing("l", "m", "2"))); // moves
        Assert.Equal(1, await IndexAsync(Thing(null, "m", "2"))); // leaves
    }

    [Fact]
    public async Task A_query_costs_what_it_looks_at_together()
    {
        for (var i = 0; i < 20; i++)
        {
            await _things.PutAsync(new(Key($"{i}")) { ["kind"] = S("k"), ["note"] = S(new string('n', 1000)), ["other"] = S(new string('o', 5000)) });
        }

        Assert.Equal(2.5, (await CostAsync(() => _things.QueryIndexAsync("k"))).Read); // 20 entries of about 1 KB: 5 pages of 4 KB, and the read may be stale
        Assert.Equal(2.5, ByIndex.Read);
        Assert.Equal(0.5, (await CostAsync(() => _things.QueryIndexAsync("k", query => query.Limit = 3))).Read);
        Assert.Equal(2.5, (await CostAsync(() => _things.QueryIndexAsync("k", query => query.Select = Select.COUNT))).Read);
        Assert.Equal(0.5, (await CostAsync(() => _things.QueryIndexAsync("nothing"))).Read);
    }

    [Fact]
    public async Task An_answer_tells_what_was_consumed_where_that_is_asked_for()
    {
        var put = await _things.Client.PutItemAsync(
            new PutItemRequest { TableName = Table, Item = new(Key("a")) { ["kind"] = S("k") }, ReturnConsumedCapacity = ReturnConsumedCapacity.INDEXES }, Cancellation);
        var transaction = await _things.Client.TransactWriteItemsAsync(new TransactWriteItemsRequest { TransactItems = [Put(Key("b"))], ReturnConsumedCapacity = ReturnConsumedCapacity.TOTAL }, Cancellation);

        Assert.Equal((2, 1, 1), (put.ConsumedCapacity.CapacityUnits, put.ConsumedCapacity.Table.CapacityUnits, put.ConsumedCapacity.GlobalSecondaryIndexes[ByKind].CapacityUnits));
        Assert.Equal((Table, 2), (Assert.Single(transaction.ConsumedCapacity).TableName, transaction.ConsumedCapacity[0].CapacityUnits));
    }
}
