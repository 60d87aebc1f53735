using System.Globalization;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>What a build says of itself.</summary>
internal static class BuildEnd
{
    public const string Succeeded = "SUCCEEDED";

    /// <summary>With this exit code the build says that its base can never become a runner image (EX_DATAERR of sysexits.h), as <c>runner/install.sh</c> does.</summary>
    private const string UnusableBase = "exit status 65";

    /// <summary>What helps where the account's limit keeps builds from running.</summary>
    public const string LimitCure = "It waits for other builds of the account. If that happens often, or the limit is 0 as in some new accounts, ask AWS for a higher quota of \"Concurrently running builds\" (Service Quotas, AWS CodeBuild).";

    private const int WordsLength = 300;

    private static readonly string[] s_ends = [Succeeded, "FAILED", "FAULT", "TIMED_OUT", "STOPPED"];

    public static bool IsRunning(this CodeBuildBuild build) => !build.BuildComplete && !s_ends.Contains(build.BuildStatus);

    public static DateTimeOffset? EndedAt(this CodeBuildBuild build) => build.EndTime ?? build.StartTime;

    public static string? Variable(this CodeBuildBuild build, string name) => build.EnvironmentVariables.GetValueOrDefault(name);

    /// <summary>The log's address, if it is one that a browser may be sent to.</summary>
    public static Uri? Link(this CodeBuildBuild build) => Uri.TryCreate(build.LogsDeepLink, UriKind.Absolute, out var link) && link.Scheme == Uri.UriSchemeHttps ? link : null;

    /// <summary>Whether a build ended without its turn having come: a matter of the account's limit, not of the image.</summary>
    public static bool HadNoTurn(this CodeBuildBuild build) => build.FailedPhase()?.PhaseType == "QUEUED";

    /// <summary>Why a build that has ended left no image, in one sentence, and whether another could.</summary>
    public static (string Reason, bool CanRetry) Explain(this CodeBuildBuild build)
    {
        var phase = build.FailedPhase();
        var said = phase?.Message ?? "";
        var own = build.ExportedEnvironmentVariables.GetValueOrDefault(BuildVariables.Failure, "");
        var words = (string.IsNullOrWhiteSpace(own) ? said : own).ToOneLine(WordsLength).Trim().TrimEnd('.');
        var end = build.BuildStatus switch
        {
            "TIMED_OUT" => "took too long",
            "STOPPED" => "was stopped",
            "FAULT" => "broke off for a fault of CodeBuild",
            "FAILED" => "failed",
            Succeeded => "succeeded",
            _ => string.Create(CultureInfo.InvariantCulture, $"ended as {(build.BuildStatus ?? "").Quoted()}"),
        };
        var where = phase?.PhaseType is { Length: > 0 } type ? $" in its phase {type.ToOneLine(40)}" : "";
        return ($"The CodeBuild build {build.Id} {end}{where}{(words.Length > 0 ? ": " : "")}{words}.", !said.Contains(UnusableBase, StringComparison.Ordinal));
    }

    private static CodeBuildPhase? FailedPhase(this CodeBuildBuild build) => build.Phases.LastOrDefault(phase => phase.PhaseStatus is not (null or Succeeded));
}
