using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.Events;

/// <summary>The detail of an event <c>runner-moved</c>.</summary>
internal sealed record RunnerMoved
{
    public const string DetailType = "runner-moved";

    public required string Fleet { get; init; }

    public required string RunnerId { get; init; }

    public long? JobId { get; init; }

    public string? JobHost { get; init; }

    public RunnerState? From { get; init; }

    public required RunnerState To { get; init; }

    public required MoveReason Reason { get; init; }

    /// <summary>With milliseconds: an event's own time has whole seconds.</summary>
    public required string At { get; init; }

    /// <summary>Of a move of a runner, its event; else <see langword="null"/>.</summary>
    public static EventBridgeEntry? EntryOf(FleetMove move, string fleet, string bus)
    {
        if (move is not { RunnerId: { } runner, RunnerTo: { } to })
        {
            return null;
        }

        var moved = new RunnerMoved
        {
            Fleet = fleet,
            RunnerId = runner,
            JobId = move.Job?.Id,
            JobHost = move.Job?.Host,
            From = move.RunnerFrom,
            To = to,
            Reason = new(move.Cause.Code, move.Cause.Message),
            At = move.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        };
        return new() { Source = AwsEventParser.Source, DetailType = DetailType, Detail = JsonSerializer.Serialize(moved, RunnerMovedJson.Default.RunnerMoved), EventBusName = bus, Time = move.At };
    }
}

internal sealed record MoveReason(string Code, string Message);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunnerMoved))]
internal sealed partial class RunnerMovedJson : JsonSerializerContext;
