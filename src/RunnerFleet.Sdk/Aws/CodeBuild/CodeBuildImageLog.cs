using Microsoft.Extensions.Logging;

namespace RunnerFleet.Aws.CodeBuild;

internal static partial class CodeBuildImageLog // CodeBuild images: 6200-6299
{
    [LoggerMessage(6201, LogLevel.Information, "Image {Tag} is being built from {BaseImage} by the CodeBuild build {BuildId}.")]
    public static partial void ImageBuildStarted(this ILogger logger, string tag, string baseImage, string buildId);

    [LoggerMessage(6202, LogLevel.Information, "Image {Tag} was built by the CodeBuild build {BuildId}: {Digest}.")]
    public static partial void ImageBuilt(this ILogger logger, string tag, string buildId, string digest);

    [LoggerMessage(6203, LogLevel.Warning, "Image {Tag} could not be built: {Reason} Its log: {Link}.")]
    public static partial void ImageNotBuilt(this ILogger logger, string tag, string reason, Uri? link);

    [LoggerMessage(6204, LogLevel.Warning, "CodeBuild takes no build of image {Tag}: {Reason}")]
    public static partial void ImageBuildRefused(this ILogger logger, string tag, string reason);

    [LoggerMessage(6205, LogLevel.Warning, "Image {Tag} ({Digest}) could not be pulled though ECR has it. It is built anew, once.")]
    public static partial void ImageCondemned(this ILogger logger, string tag, string digest);

    [LoggerMessage(6206, LogLevel.Information, "Image {Tag} is older than {Days} days. It is built anew while it goes on being used.")]
    public static partial void ImageRefreshed(this ILogger logger, string tag, int days);

    [LoggerMessage(6207, LogLevel.Information, "Whether the build of image {Tag} was started at {ClaimedAt:O} was not known. {Conclusion}")]
    public static partial void ImageBuildSought(this ILogger logger, string tag, DateTimeOffset claimedAt, string conclusion);

    [LoggerMessage(6208, LogLevel.Warning, "The CodeBuild build {BuildId} of image {Tag} runs, but that could not be stored. It is found again.")]
    public static partial void ImageBuildNotStored(this ILogger logger, Exception exception, string tag, string buildId);
}
