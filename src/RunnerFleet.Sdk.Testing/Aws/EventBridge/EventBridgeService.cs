using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws.EventBridge;

/// <summary>EventBridge's PutEvents (API Reference, version 2015-10-07).</summary>
internal sealed class EventBridgeService(EventBuses buses) : AwsStandInService("AWSEvents", "events")
{
    private const int MostEntries = 10;
    private const int MostBytes = 1024 * 1024; // since January 2026
    private const int MostDetailType = 128;

    public override JsonObject Answer(string operation, JsonElement body) => operation == "PutEvents" ? Put(body) : throw UnknownOperation(operation);

    private JsonObject Put(JsonElement body)
    {
        var entries = body.Items("Entries").ToList();
        if (entries.Count is 0 or > MostEntries)
        {
            throw new AwsStandInException("ValidationException", $"1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and {MostEntries}.");
        }

        if (entries.Sum(SizeOf) > MostBytes)
        {
            throw new AwsStandInException("ValidationException", "Total size of the entries in the request is over the limit.");
        }

        foreach (var name in entries.Select(BusOf).Where(name => buses.Find(name) is null))
        {
            throw new AwsStandInException("ResourceNotFoundException", $"Event bus {name} does not exist.");
        }

        var answers = entries.Select(PutOne).ToArray();
        return new() { ["FailedEntryCount"] = answers.Count(answer => answer.ContainsKey("ErrorCode")), ["Entries"] = new JsonArray([.. answers]) };
    }

    private JsonObject PutOne(JsonElement entry)
    {
        if (buses.TakeFailure() is { } asked)
        {
            return Failed(asked.Code, asked.Message);
        }

        foreach (var required in (string[])["Source", "DetailType", "Detail"])
        {
            if (entry.Text(required) is not { Length: > 0 })
            {
                return Failed("InvalidArgument", $"Parameter {required} is not valid. Reason: {required} is a required argument.");
            }
        }

        var (source, detailType) = (entry.Text("Source")!, entry.Text("DetailType")!);
        if (source.StartsWith("aws.", StringComparison.Ordinal))
        {
            return Failed("NotAuthorizedForSourceException", "Not authorized for the source.");
        }

        if (detailType.Length > MostDetailType)
        {
            return Failed("InvalidArgument", $"Parameter DetailType is not valid. Reason: DetailType exceeds the maximum length of {MostDetailType}.");
        }

        return ObjectOf(entry.Text("Detail")!) is { } detail
            ? new() { ["EventId"] = buses.Put(buses.Find(BusOf(entry))!, source, detailType, detail, entry.Texts("Resources"), TimeOf(entry)) }
            : Failed("MalformedDetail", "Detail is malformed.");
    }

    private static JsonObject Failed(string code, string message) => new() { ["ErrorCode"] = code, ["ErrorMessage"] = message };

    private static string BusOf(JsonElement entry) => entry.Text("EventBusName") ?? EventBuses.Default;

    private static JsonObject? ObjectOf(string detail)
    {
        try
        {
            return JsonNode.Parse(detail) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static DateTimeOffset? TimeOf(JsonElement entry) =>
        entry.TryGetProperty("Time", out var time) && time.ValueKind == JsonValueKind.Number ? DateTimeOffset.FromUnixTimeMilliseconds((long)(time.GetDouble() * 1000)) : null;

    /// <summary>As the EventBridge User Guide reckons it, "Calculating PutEvents event entry size".</summary>
    private static int SizeOf(JsonElement entry) =>
        (TimeOf(entry) is null ? 0 : 14)
        + entry.Texts("Resources").Concat([entry.Text("Source") ?? "", entry.Text("DetailType") ?? "", entry.Text("Detail") ?? ""]).Sum(Encoding.UTF8.GetByteCount);
}
