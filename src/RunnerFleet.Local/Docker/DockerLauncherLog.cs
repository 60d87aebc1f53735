using Microsoft.Extensions.Logging;

namespace RunnerFleet.Local.Docker;

internal static partial class DockerLauncherLog // Docker launcher: 5200-5249
{
    [LoggerMessage(5201, LogLevel.Information, "Container {Container} started from image {Image}.")]
    public static partial void ContainerStarted(this ILogger logger, string container, string image);

    [LoggerMessage(5202, LogLevel.Error, "Container {Container} could not be started: {Reason}")]
    public static partial void ContainerNotStarted(this ILogger logger, string container, string reason);

    [LoggerMessage(5203, LogLevel.Information, "Container {Container} is told to stop: {Reason}")]
    public static partial void StopAsked(this ILogger logger, string container, string reason);

    [LoggerMessage(5204, LogLevel.Information, "Container {Container} ended with exit code {ExitCode} and was removed. {Reason}")]
    public static partial void ContainerEnded(this ILogger logger, string container, int? exitCode, string? reason);

    [LoggerMessage(5205, LogLevel.Warning, "Container {Container} ended, but that could not be written down or it could not be removed. It is tried again at the next look.")]
    public static partial void EndNotKept(this ILogger logger, Exception exception, string container);

    [LoggerMessage(5206, LogLevel.Warning, "Container {Container} could not be told to stop: {Reason}")]
    public static partial void StopFailed(this ILogger logger, string container, string reason);

    [LoggerMessage(5207, LogLevel.Warning, "The record {Volume} of a container that ended long ago could not be removed. It is tried again at the next listing.")]
    public static partial void MarkNotRemoved(this ILogger logger, Exception exception, string volume);

    [LoggerMessage(5208, LogLevel.Warning, "Container {Container} is told to stop, but why could not be written down.")]
    public static partial void StopNotKept(this ILogger logger, Exception exception, string container);
}
