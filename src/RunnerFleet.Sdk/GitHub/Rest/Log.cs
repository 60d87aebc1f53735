using Microsoft.Extensions.Logging;

namespace RunnerFleet.GitHub.Rest;

/// <summary>GitHub: 3000-3099.</summary>
internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Debug, "GitHub answered {Method} {Path} with {StatusCode}.")]
    public static partial void GitHubAnswered(this ILogger logger, string method, string path, int statusCode);

    [LoggerMessage(3001, LogLevel.Warning, "GitHub refuses {Method} {Path}: {Reason}")]
    public static partial void GitHubRefused(this ILogger logger, string method, string path, string reason);

    [LoggerMessage(3002, LogLevel.Warning, "GitHub limits {Method} {Path}; asked again after {RetryAfter}. {Reason}")]
    public static partial void GitHubThrottled(this ILogger logger, string method, string path, TimeSpan retryAfter, string reason);

    [LoggerMessage(3003, LogLevel.Warning, "Whether GitHub did {Method} {Path} is unknown: {Reason}")]
    public static partial void GitHubUnknown(this ILogger logger, string method, string path, string reason);

    [LoggerMessage(3004, LogLevel.Error, "GitHub answered {Method} {Path} with an address on {Foreign}, which is not the API's own; it was not followed. RunnerFleet:GitHub:ApiUrl may be wrong, or somebody stands between.")]
    public static partial void ForeignAddress(this ILogger logger, string method, string path, string foreign);
}
