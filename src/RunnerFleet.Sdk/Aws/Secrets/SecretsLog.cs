using Microsoft.Extensions.Logging;

namespace RunnerFleet.Aws.Secrets;

// Secrets: 6400-6499. Operators alert on ids; they do not move. References are logged, values never.
internal static partial class SecretsLog
{
    [LoggerMessage(6400, LogLevel.Error, "{Reference}, which a setting refers to, cannot be read, and the last good settings stay in force: {Failure}")]
    public static partial void NotReadAgain(this ILogger logger, string reference, string failure);

    [LoggerMessage(6401, LogLevel.Error, "The changed values of references in the settings could not be put in force.")]
    public static partial void RefreshFailed(this ILogger logger, Exception exception);

    [LoggerMessage(6402, LogLevel.Information, "The values of {Count} references in the settings have changed.")]
    public static partial void Changed(this ILogger logger, int count);
}
