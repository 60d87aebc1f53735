using System.Text.Json;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using RunnerFleet.Aws.DynamoDb;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.Tests.DynamoDb;

public sealed class TableCreationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_tables_are_made_with_indexes_and_time_to_live()
    {
        var world = DynamoDbWorld.Empty();
        world.DynamoDb.TableCreationTime = TimeSpan.FromSeconds(20);

        await world.WhileTimePassesAsync(world.Creation().EnsureTablesAsync(Cancellation));

        using var client = world.Client();
        foreach (var name in new[] { DynamoDbWorld.Runners, DynamoDbWorld.State })
        {
            var table = (await client.DescribeTableAsync(name, Cancellation)).Table;
            Assert.Equal(TableStatus.ACTIVE, table.TableStatus);
            Assert.Equal(BillingMode.PAY_PER_REQUEST, table.BillingModeSummary.BillingMode);
            Assert.Equal(["by-demand", "live-by-deadline-ended-by-age"], table.GlobalSecondaryIndexes.Select(index => index.IndexName).Order(StringComparer.Ordinal));
            Assert.Equal("expires_at", (await client.DescribeTimeToLiveAsync(name, Cancellation)).TimeToLiveDescription.AttributeName);
        }
    }

    [Fact]
    public async Task Tables_that_are_there_are_left_as_they_are()
    {
        var world = await DynamoDbWorld.CreateAsync();

        await world.Creation().EnsureTablesAsync(Cancellation);

        Assert.DoesNotContain(world.Account.Calls, call => call.Operation is "CreateTable" or "UpdateTimeToLive");
    }

    [Fact]
    public async Task Several_hosts_may_make_them_at_once()
    {
        var world = DynamoDbWorld.Empty();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => world.Creation().EnsureTablesAsync(Cancellation), Cancellation)));

        Assert.Equal([DynamoDbWorld.Runners, DynamoDbWorld.State], world.DynamoDb.Tables);
    }

    [Fact]
    public async Task A_table_of_somebody_else_is_told_by_what_it_lacks()
    {
        var world = DynamoDbWorld.Empty();
        using var client = world.Client();
        await client.CreateTableAsync(new CreateTableRequest
        {
            TableName = DynamoDbWorld.Runners, BillingMode = BillingMode.PAY_PER_REQUEST, KeySchema = [new("runner_id", KeyType.HASH)], AttributeDefinitions = [new("runner_id", ScalarAttributeType.S)],
        }, Cancellation);

        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => world.Creation().EnsureTablesAsync(Cancellation));

        Assert.Contains("live-by-deadline-ended-by-age", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_never_comes_is_given_up()
    {
        var world = DynamoDbWorld.Empty();
        world.DynamoDb.TableCreationTime = TimeSpan.FromHours(1);

        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => world.WhileTimePassesAsync(world.Creation().EnsureTablesAsync(Cancellation)));

        Assert.Contains("CREATING", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_tables_are_those_that_the_document_lets_people_make()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "RunnerFleet.sln")))
        {
            folder = folder.Parent!;
        }

        var document = File.ReadAllText(Path.Combine(folder.FullName, "docs", "design", "dynamodb.md"));
        var start = document.IndexOf("--global-secondary-indexes '", StringComparison.Ordinal) + "--global-secondary-indexes '".Length;
        using var documented = JsonDocument.Parse(document[start..document.IndexOf('\'', start)]);

        Assert.Equal(TableShapes.Runners("runners").GlobalSecondaryIndexes.Select(index => Spell(index)), documented.RootElement.EnumerateArray().Select(index => Spell(index)));
        Assert.Equal(["status", "created_ticks"], TableShapes.State("state").GlobalSecondaryIndexes[0].Projection.NonKeyAttributes);
        Assert.Equal(["pk", "sk"], TableShapes.State("state").KeySchema.Select(key => key.AttributeName));

        static string Spell(object index) => index switch
        {
            GlobalSecondaryIndex own => $"{own.IndexName} {string.Join(' ', own.KeySchema.Select(key => $"{key.AttributeName}:{key.KeyType}"))} {own.Projection.ProjectionType} {string.Join(' ', own.Projection.NonKeyAttributes ?? [])}",
            JsonElement json => $"{json.GetProperty("IndexName")} {string.Join(' ', json.GetProperty("KeySchema").EnumerateArray().Select(key => $"{key.GetProperty("AttributeName")}:{key.GetProperty("KeyType")}"))} "
                + $"{json.GetProperty("Projection").GetProperty("ProjectionType")} {(json.GetProperty("Projection").TryGetProperty("NonKeyAttributes", out var kept) ? string.Join(' ', kept.EnumerateArray()) : "")}",
            _ => throw new InvalidOperationException("Not an index."),
        };
    }
}
