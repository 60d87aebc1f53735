using Microsoft.Extensions.Logging;

namespace LambdaHost;

// 7000-7099. Payloads are never logged: they hold secrets.
internal static partial class Log
{
    [LoggerMessage(7000, LogLevel.Critical, "The function does not begin: {Sentence}")]
    public static partial void Refused(this ILogger logger, string sentence);

    [LoggerMessage(7001, LogLevel.Critical, "The function could not begin.")]
    public static partial void BeginningFailed(this ILogger logger, Exception exception);

    [LoggerMessage(7002, LogLevel.Error, "The fleet's settings are not known, and the next invocation tries again: {Failures}")]
    public static partial void SettingsNotKnown(this ILogger logger, string failures);

    [LoggerMessage(7003, LogLevel.Critical, "The process ends, because Lambda cannot be spoken to: {Reason}")]
    public static partial void RuntimeFailed(this ILogger logger, string reason);

    [LoggerMessage(7010, LogLevel.Error, "An invocation failed.")]
    public static partial void InvocationFailed(this ILogger logger, Exception exception);

    [LoggerMessage(7011, LogLevel.Warning, "The function's time was up before the work was done. Give it a longer timeout if this comes often.")]
    public static partial void OutOfTime(this ILogger logger);

    [LoggerMessage(7012, LogLevel.Error, "An invocation was turned away. {Sentence}")]
    public static partial void NotForThisRole(this ILogger logger, string sentence);

    [LoggerMessage(7020, LogLevel.Warning, "A hint could not be sent, so what waits was launched in the same invocation.")]
    public static partial void DrainedInline(this ILogger logger);

    [LoggerMessage(7021, LogLevel.Error, "A hint could not be sent, and what waits could not be launched in the same invocation; the next drain does it.")]
    public static partial void NotDrainedInline(this ILogger logger, Exception exception);

    [LoggerMessage(7022, LogLevel.Warning, "Moves could not be published in time; they wait for the next invocation of this process.")]
    public static partial void MovesWait(this ILogger logger);
}
