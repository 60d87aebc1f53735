using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using static RunnerFleet.Aws.Tests.DynamoDb.StandIn.Things;

namespace RunnerFleet.Aws.Tests.DynamoDb.StandIn;

public sealed class IndexTests : IAsyncLifetime
{
    private Things _things = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _things = await CreateAsync();

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task An_index_lags_behind_its_table_by_the_clock()
    {
        _things.DynamoDb.IndexLag = TimeSpan.FromSeconds(2);
        await _things.PutAsync(new(Key("a")) { ["kind"] = S("k"), ["note"] = S("before") });
        Assert.Equal([], await NotesAsync());

        _things.World.Clock.Advance(TimeSpan.FromSeconds(1));
        await _things.PutAsync(new(Key("a")) { ["kind"] = S("k"), ["note"] = S("after") });
        _things.World.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["before"], await NotesAsync());
        Assert.Equal("after", (await _things.GetAsync("a"))!["note"].S);

        _things.World.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["after"], await NotesAsync());
    }

    [Theory]
    [InlineData("other", "")]
    [InlineData("", "other = :k")]
    public async Task An_index_cannot_show_what_it_does_not_keep(string projection, string filter) => Assert.Equal("ValidationException", await RefusalAsync(() => _things.QueryIndexAsync("k", query =>
    {
        query.ProjectionExpression = projection.Length == 0 ? null : projection;
        query.FilterExpression = filter.Length == 0 ? null : filter;
    })));

    [Fact]
    public async Task An_index_cannot_show_all_attributes_unless_it_keeps_all() =>
        Assert.Equal("ValidationException", await RefusalAsync(() => _things.QueryIndexAsync("k", query => query.Select = Select.ALL_ATTRIBUTES)));

    [Fact]
    public async Task A_filter_cannot_ask_for_the_key() =>
        Assert.Equal("ValidationException", await RefusalAsync(() => _things.QueryIndexAsync("k", query => query.FilterExpression = "kind = :k")));

    [Fact]
    public async Task An_index_that_is_not_there_is_refused() =>
        Assert.Equal("ValidationException", await RefusalAsync(() => _things.QueryIndexAsync("k", query => query.IndexName = "by-colour")));

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public async Task The_key_of_an_index_is_a_text_with_something_in_it(string? kind) =>
        Assert.Equal("ValidationException", await RefusalAsync(() => _things.PutAsync(new(Key("a")) { ["kind"] = kind is null ? N(1) : S(kind) })));

    [Theory]
    [InlineData(2048, true)]
    [InlineData(2049, false)]
    public async Task A_hash_key_has_2048_bytes_at_most(int bytes, bool fits)
    {
        Task PutAsync() => _things.PutAsync(Key(new string('k', bytes)));
        if (fits)
        {
            await PutAsync();
            return;
        }

        Assert.Equal("ValidationException", await RefusalAsync(PutAsync));
    }

    [Theory]
    [InlineData(1024, true)]
    [InlineData(1025, false)]
    public async Task A_range_key_has_1024_bytes_at_most(int bytes, bool fits)
    {
        await _things.Client.CreateTableAsync(new CreateTableRequest
        {
            TableName = "ranged", BillingMode = BillingMode.PAY_PER_REQUEST, KeySchema = [new("pk", KeyType.HASH), new("sk", KeyType.RANGE)],
            AttributeDefinitions = [new("pk", ScalarAttributeType.S), new("sk", ScalarAttributeType.S)],
        }, Cancellation);
        Task PutAsync() => _things.Client.PutItemAsync("ranged", new(Key("a")) { ["sk"] = S(new string('k', bytes)) }, Cancellation);
        if (fits)
        {
            await PutAsync();
            return;
        }

        Assert.Equal("ValidationException", await RefusalAsync(PutAsync));
    }

    [Fact]
    public async Task A_parameter_of_old_is_refused_and_not_passed_over() => Assert.Equal("ValidationException", await RefusalAsync(() =>
        _things.Client.PutItemAsync(new PutItemRequest { TableName = Table, Item = Key("a"), Expected = new() { ["pk"] = new() { Exists = false } } }, Cancellation)));

    private async Task<IEnumerable<string>> NotesAsync() => ((await _things.QueryIndexAsync("k")).Items ?? []).Select(item => item["note"].S);
}
