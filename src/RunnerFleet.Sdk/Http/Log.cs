using Microsoft.Extensions.Logging;

namespace RunnerFleet.Http;

// Http: of 4000-4099, which it shares with RunnerFleet.AspNetCore. Operators alert on ids; they do not move. Routes are logged, never what a caller wrote.
internal static partial class Log
{
    [LoggerMessage(4000, LogLevel.Error, "{Route} failed and was answered 500.")]
    public static partial void RequestFailed(this ILogger logger, string route, Exception exception);

    [LoggerMessage(4001, LogLevel.Warning, "{Route} was answered 503: {Reason}")]
    public static partial void RequestUnavailable(this ILogger logger, string route, string reason);

    [LoggerMessage(4002, LogLevel.Warning, "{Route} was not done within {Seconds} s and was answered 503.")]
    public static partial void RequestTimedOut(this ILogger logger, string route, double seconds);
}
