using System.Text.Json.Nodes;
using Amazon.Runtime;
using RunnerFleet.Aws.Events;

namespace RunnerFleet.Aws.Tests.Events;

/// <summary>Our client of EventBridge, and the stand-in that it speaks to.</summary>
public sealed class EventBridgeStandInTests
{
    private readonly Account _account = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_arrives_as_a_rule_hands_it_on()
    {
        var at = new DateTimeOffset(2026, 11, 27, 9, 59, 58, 700, TimeSpan.Zero);

        var result = Assert.Single(await PutAsync(Entry() with { Time = at }));

        var put = JsonNode.Parse(Assert.Single(_account.Aws.EventBridge.EventsOf()))!;
        Assert.Equal((result.EventId, "runnerfleet", "test", "123456789012", "eu-central-1", "2026-11-27T09:59:58Z"), ((string?)put["id"], (string)put["source"]!, (string)put["detail-type"]!, (string)put["account"]!, (string)put["region"]!, (string)put["time"]!));
        Assert.Equal(1, (int)put["detail"]!["a"]!);
    }

    [Theory]
    [InlineData("[1]", "x", "MalformedDetail")]
    [InlineData("{", "x", "MalformedDetail")]
    [InlineData("", "x", "InvalidArgument")]
    [InlineData("{}", "", "InvalidArgument")]
    [InlineData("{}", "aws.ecs", "NotAuthorizedForSourceException")]
    public async Task An_entry_that_EventBridge_does_not_take_fails_by_itself(string detail, string source, string code)
    {
        var results = await PutAsync(Entry(), Entry() with { Detail = detail, Source = source });

        Assert.Equal([null, code], results.Select(result => result.ErrorCode));
        Assert.Single(_account.Aws.EventBridge.EventsOf());
    }

    [Fact]
    public async Task A_test_can_let_entries_fail()
    {
        _account.Aws.EventBridge.FailNextEntries(1, "ThrottlingException");
        Assert.Equal(["ThrottlingException", null], (await PutAsync(Entry(), Entry())).Select(result => result.ErrorCode));
    }

    [Fact]
    public async Task No_entry_eleven_entries_too_many_bytes_and_an_unknown_bus_are_refused_whole()
    {
        Assert.Equal("ValidationException", await ErrorOf([]));
        Assert.Equal("ValidationException", await ErrorOf([.. Enumerable.Repeat(Entry(), 11)]));
        Assert.Equal("ValidationException", await ErrorOf([Entry() with { Detail = $$"""{"a":"{{new string('x', 1024 * 1024)}}"}""" }]));
        Assert.Equal("ResourceNotFoundException", await ErrorOf([Entry() with { EventBusName = "none" }]));
        Assert.Empty(_account.Aws.EventBridge.EventsOf());

        _account.Aws.EventBridge.CreateBus("mine");
        await PutAsync(Entry() with { EventBusName = "mine" }, Entry() with { EventBusName = "arn:aws:events:eu-central-1:123456789012:event-bus/mine" });
        Assert.Equal(2, _account.Aws.EventBridge.EventsOf("mine").Count);
    }

    private static EventBridgeEntry Entry() => new() { Source = "runnerfleet", DetailType = "test", Detail = """{"a":1}""", EventBusName = "default" };

    private Task<IReadOnlyList<EventBridgeResult>> PutAsync(params EventBridgeEntry[] entries) => _account.EventBridge().PutEventsAsync(entries, Cancel);

    private async Task<string> ErrorOf(EventBridgeEntry[] entries) => (await Assert.ThrowsAnyAsync<AmazonServiceException>(() => PutAsync(entries))).ErrorCode;
}
