using Microsoft.Extensions.Logging;

namespace RunnerFleet.Aws.Ssm;

// Ssm: 6300-6399. Operators alert on ids; they do not move.
internal static partial class SsmClassLog
{
    [LoggerMessage(6300, LogLevel.Information, "Read {Count} runner classes from version {Version} of the parameter {Parameter}.")]
    public static partial void ClassesRead(this ILogger logger, int count, long version, string parameter);

    [LoggerMessage(6301, LogLevel.Error, "{Failure} The classes that were read last stay in force.")]
    public static partial void ClassesNotRead(this ILogger logger, string failure);

    [LoggerMessage(6302, LogLevel.Error, "{Failure} No classes were read before: launches wait until it can be read.")]
    public static partial void ClassesNeverRead(this ILogger logger, string failure);
}
