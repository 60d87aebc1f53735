using Microsoft.Extensions.Logging;

namespace RunnerFleet.Local.Processes;

internal static partial class ProcessLog // Process launcher: 5100-5199
{
    [LoggerMessage(5101, LogLevel.Information, "Compute {Compute} started: its supervisor is process {Pid}.")]
    public static partial void ComputeStarted(this ILogger logger, string compute, int pid);

    [LoggerMessage(5102, LogLevel.Error, "The supervisor of compute {Compute} could not be started: {Reason}")]
    public static partial void SupervisorNotStarted(this ILogger logger, string compute, string reason);

    [LoggerMessage(5103, LogLevel.Information, "Compute {Compute} was told to stop: {Reason}")]
    public static partial void StopAsked(this ILogger logger, string compute, string reason);

    [LoggerMessage(5104, LogLevel.Warning, "Compute {Compute} lost its supervisor; {Processes} of its processes are asked to end, and killed after their grace time.")]
    public static partial void OrphansAsked(this ILogger logger, string compute, int processes);

    [LoggerMessage(5105, LogLevel.Warning, "The folder of compute {Compute}, which stopped long ago, could not be removed. It is tried again at the next listing.")]
    public static partial void FolderNotRemoved(this ILogger logger, Exception exception, string compute);

    [LoggerMessage(5106, LogLevel.Warning, "Compute {Compute} could not be looked at.")]
    public static partial void LookFailed(this ILogger logger, Exception exception, string compute);
}
