using Microsoft.Extensions.Logging;

namespace RunnerFleet.Local.Docker;

internal static partial class DockerImageLog // Docker images: 5300-5399
{
    [LoggerMessage(5301, LogLevel.Information, "Image {Image} is being built from {BaseImage}; its log is {LogFile}.")]
    public static partial void ImageBuildStarted(this ILogger logger, string image, string baseImage, string logFile);

    [LoggerMessage(5302, LogLevel.Information, "Image {Image} was built in {Seconds:F0} s.")]
    public static partial void ImageBuilt(this ILogger logger, string image, double seconds);

    [LoggerMessage(5303, LogLevel.Warning, "Image {Image} could not be built: {Reason} Its log is {LogFile}.")]
    public static partial void ImageNotBuilt(this ILogger logger, string image, string reason, string logFile);

    [LoggerMessage(5304, LogLevel.Information, "The build of image {Image} was cancelled, for this host stops.")]
    public static partial void ImageBuildCancelled(this ILogger logger, string image);

    [LoggerMessage(5305, LogLevel.Error, "The build of image {Image} broke off. It is built again when it is needed.")]
    public static partial void ImageBuildBroken(this ILogger logger, Exception exception, string image);

    [LoggerMessage(5306, LogLevel.Information, "Image {Image} is being pulled.")]
    public static partial void ImagePullStarted(this ILogger logger, string image);

    [LoggerMessage(5307, LogLevel.Information, "Image {Image} was pulled in {Seconds:F0} s.")]
    public static partial void ImagePulled(this ILogger logger, string image, double seconds);

    [LoggerMessage(5308, LogLevel.Warning, "Image {Image} could not be pulled: {Reason}")]
    public static partial void ImageNotPulled(this ILogger logger, string image, string reason);

    [LoggerMessage(5309, LogLevel.Warning, "The pull of image {Image} broke off.")]
    public static partial void ImagePullBroken(this ILogger logger, Exception exception, string image);
}
