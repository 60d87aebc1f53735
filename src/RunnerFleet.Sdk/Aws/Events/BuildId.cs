using System.Text.RegularExpressions;

namespace RunnerFleet.Aws.Events;

/// <summary>The id of a build as CodeBuild's API answers it, <c>project:number</c>: events carry it in an ARN.</summary>
internal static partial class BuildId
{
    public static string? Read(string? text) => text is { Length: <= 300 } && Grammar().Match(text) is { Success: true } match ? match.Groups["id"].Value : null;

    [GeneratedRegex(@"\A(?:arn:[a-z0-9-]+:codebuild:[a-z0-9-]+:[0-9]{12}:build/)?(?<id>[A-Za-z0-9][A-Za-z0-9_-]{1,149}:[A-Za-z0-9-]{1,64})\z")]
    private static partial Regex Grammar();
}
