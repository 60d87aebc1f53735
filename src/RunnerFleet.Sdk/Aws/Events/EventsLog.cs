using Microsoft.Extensions.Logging;

namespace RunnerFleet.Aws.Events;

// Events: 6600-6699. Operators alert on ids; they do not move. Payloads are never logged: those of tasks hold claim secrets.
internal static partial class EventsLog
{
    [LoggerMessage(6600, LogLevel.Debug, "An event says nothing to this fleet: {Reason}")]
    public static partial void NotOurs(this ILogger logger, string reason);

    [LoggerMessage(6601, LogLevel.Warning, "Nobody understands the message {MessageId}: {Reason}")]
    public static partial void Unreadable(this ILogger logger, string? messageId, string reason);

    [LoggerMessage(6602, LogLevel.Error, "{Event} of the message {MessageId} could not be handled.")]
    public static partial void EventFailed(this ILogger logger, string @event, string? messageId, Exception exception);

    [LoggerMessage(6610, LogLevel.Warning, "{Count} moves were not published to the event bus {Bus}, because more waited than it may hold; the oldest are lost.")]
    public static partial void MovesDropped(this ILogger logger, long count, string bus);

    [LoggerMessage(6611, LogLevel.Error, "EventBridge refuses {Count} moves for the event bus {Bus}, and they are lost: {Code} {Message}")]
    public static partial void MovesRefused(this ILogger logger, int count, string bus, string? code, string? message);

    [LoggerMessage(6612, LogLevel.Warning, "{Count} moves could not be published to the event bus {Bus}; they are tried again: {Message}")]
    public static partial void MovesWait(this ILogger logger, int count, string bus, string? message);
}
