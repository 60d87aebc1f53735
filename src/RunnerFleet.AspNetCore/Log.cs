using Microsoft.Extensions.Logging;

namespace RunnerFleet.AspNetCore;

/// <summary>Messages 4000-4099, shared with RunnerFleet.Http. Routes are logged by their pattern, never by what a caller wrote.</summary>
internal static partial class Log
{
    [LoggerMessage(4000, LogLevel.Error, "{Route} failed and was answered 500.")]
    public static partial void RequestFailed(this ILogger logger, string route, Exception exception);

    [LoggerMessage(4001, LogLevel.Warning, "{Route} was answered 503: {Reason}")]
    public static partial void RequestUnavailable(this ILogger logger, string route, string reason);

    [LoggerMessage(4002, LogLevel.Warning, "{Route} was not done within {Seconds} s and was answered 503.")]
    public static partial void RequestTimedOut(this ILogger logger, string route, double seconds);

    [LoggerMessage(4003, LogLevel.Information, "{Route} was refused with {Status}: {Reason}")]
    public static partial void AccessRefused(this ILogger logger, string route, int status, string reason);

    [LoggerMessage(4004, LogLevel.Information, "RunnerFleet:Api:Key is not set: API, live stream and status page answer this machine only.")]
    public static partial void KeylessApi(this ILogger logger);

    [LoggerMessage(4005, LogLevel.Warning, "A live stream ended early.")]
    public static partial void StreamFailed(this ILogger logger, Exception exception);

    [LoggerMessage(4006, LogLevel.Information, "The end of runner {RunnerId} was asked for (force: {Force}): {Outcome}.")]
    public static partial void TerminateAsked(this ILogger logger, string runnerId, bool force, string outcome);

    [LoggerMessage(4008, LogLevel.Warning, "The readiness check {Check} failed.")]
    public static partial void CheckFailed(this ILogger logger, string check, Exception exception);

    [LoggerMessage(4007, LogLevel.Debug, "A request body was not read: {Reason}")]
    public static partial void BodyNotRead(this ILogger logger, string reason);
}
