using System.Text.RegularExpressions;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>The id of a build, <c>project:number</c>: what CodeBuild's API answers, and the end of the ARN that its events carry.</summary>
internal static partial class CodeBuildId
{
    /// <summary>The id in that form, read from itself or from an ARN; <see langword="null"/> where it is neither.</summary>
    public static string? Read(string? text) => text is { Length: <= 300 } && Grammar().Match(text) is { Success: true } match ? match.Groups["id"].Value : null;

    public static string ProjectOf(string id) => id[..id.IndexOf(':', StringComparison.Ordinal)];

    [GeneratedRegex(@"\A(?:arn:[a-z0-9-]+:codebuild:[a-z0-9-]+:[0-9]{12}:build/)?(?<id>[A-Za-z0-9][A-Za-z0-9_-]{1,149}:[A-Za-z0-9-]{1,64})\z")]
    private static partial Regex Grammar();
}
