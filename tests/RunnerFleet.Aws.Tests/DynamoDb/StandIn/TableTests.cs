using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using static RunnerFleet.Aws.Tests.DynamoDb.StandIn.Things;

namespace RunnerFleet.Aws.Tests.DynamoDb.StandIn;

public sealed class TableTests : IAsyncLifetime
{
    private Things _things = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _things = await CreateAsync();

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task A_table_is_there_after_a_while()
    {
        _things.DynamoDb.TableCreationTime = TimeSpan.FromSeconds(5);
        var created = await _things.Client.CreateTableAsync(Shape("slow"), Cancellation);
        Assert.Equal(TableStatus.CREATING, created.TableDescription.TableStatus);
        Assert.Equal(TableStatus.CREATING, await StatusAsync());
        Assert.Equal("ResourceNotFoundException", await RefusalAsync(() => _things.Client.PutItemAsync("slow", Key("a"), Cancellation)));
        Assert.Equal("ResourceInUseException", await RefusalAsync(() => _things.Client.DeleteTableAsync("slow", Cancellation)));

        _things.World.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TableStatus.ACTIVE, await StatusAsync());
        await _things.Client.PutItemAsync("slow", Key("a"), Cancellation);

        async Task<TableStatus> StatusAsync() => (await _things.Client.DescribeTableAsync("slow", Cancellation)).Table.TableStatus;
    }

    [Fact]
    public async Task A_table_that_was_deleted_is_gone()
    {
        await _things.Client.DeleteTableAsync(Table, Cancellation);

        Assert.Equal("ResourceNotFoundException", await RefusalAsync(() => _things.Client.DescribeTableAsync(Table, Cancellation)));
        Assert.Empty(_things.DynamoDb.Tables);
    }

    public static TheoryData<string> BadShapes => ["x", "an attribute too many", "an attribute too few", "no projection", "a throughput", "an index twice"];

    [Theory]
    [MemberData(nameof(BadShapes))]
    public async Task A_table_of_a_bad_shape_is_refused(string what)
    {
        var shape = Shape(what == "x" ? "x" : "other");
        switch (what)
        {
            case "an attribute too many":
                shape.AttributeDefinitions.Add(new("colour", ScalarAttributeType.S));
                break;
            case "an attribute too few":
                shape.AttributeDefinitions.RemoveAt(1);
                break;
            case "no projection":
                shape.GlobalSecondaryIndexes[0].Projection = new() { ProjectionType = ProjectionType.INCLUDE };
                break;
            case "a throughput":
                shape.ProvisionedThroughput = new(1, 1);
                break;
            case "an index twice":
                shape.GlobalSecondaryIndexes.Add(shape.GlobalSecondaryIndexes[0]);
                break;
        }

        Assert.Equal("ValidationException", await RefusalAsync(() => _things.Client.CreateTableAsync(shape, Cancellation)));
    }

    [Fact]
    public async Task Time_to_live_takes_away_what_is_past_its_second_and_only_when_a_test_says_so()
    {
        await _things.Client.UpdateTimeToLiveAsync(new() { TableName = Table, TimeToLiveSpecification = new() { Enabled = true, AttributeName = "ends" } }, Cancellation);
        Assert.Equal("ValidationException", await RefusalAsync(() => _things.Client.UpdateTimeToLiveAsync(new() { TableName = Table, TimeToLiveSpecification = new() { Enabled = true, AttributeName = "ends" } }, Cancellation)));
        var now = _things.World.Clock.GetUtcNow().ToUnixTimeSeconds();
        await _things.PutAsync(new(Key("past")) { ["ends"] = N(now - 1), ["kind"] = S("k") });
        await _things.PutAsync(new(Key("now")) { ["ends"] = N(now), ["kind"] = S("k") });
        await _things.PutAsync(new(Key("text")) { ["ends"] = S("1") });
        await _things.PutAsync(Key("never"));
        _things.World.Clock.Advance(TimeSpan.Zero);
        Assert.NotNull(await _things.GetAsync("past"));

        Assert.Equal(1, _things.DynamoDb.DeleteExpired());

        Assert.Equal(["never", "now", "text"], _things.DynamoDb.Items(Table).Select(item => item["pk"].S));
        Assert.Equal(["now"], (await _things.QueryIndexAsync("k")).Items.Select(item => item["pk"].S));
    }

    [Fact]
    public void What_a_test_puts_in_is_checked_as_well()
    {
        Assert.Throws<ArgumentException>(() => _things.DynamoDb.Put(Table, [new Dictionary<string, AttributeValue> { ["kind"] = S("k") }]));
        Assert.Throws<ArgumentException>(() => _things.DynamoDb.Put("nothing", [Key("a")]));
    }
}
