using Microsoft.Extensions.Logging;

namespace RunnerFleet.Aws.Sqs;

// Sqs: 6500-6599. Operators alert on ids; they do not move. Bodies are never logged: those of task events hold claim secrets.
internal static partial class SqsLog
{
    [LoggerMessage(6500, LogLevel.Warning, "The message {MessageId} of {Queue} could not be handled in {Seconds} s; it comes again.")]
    public static partial void MessageTooSlow(this ILogger logger, string messageId, string queue, int seconds);

    [LoggerMessage(6501, LogLevel.Warning, "The message {MessageId} of {Queue} is done and could not be deleted; it comes again, which harms nothing.")]
    public static partial void NotDeleted(this ILogger logger, string messageId, string queue, Exception exception);

    [LoggerMessage(6502, LogLevel.Error, "Events cannot be received from {Queue}; it is tried again. Until then the sweep finds out what happens.")]
    public static partial void NotReceived(this ILogger logger, string queue, Exception exception);

    [LoggerMessage(6503, LogLevel.Error, "The message {MessageId} of {Queue} could not be handled; it comes again.")]
    public static partial void MessageFailed(this ILogger logger, string messageId, string queue, Exception exception);
}
