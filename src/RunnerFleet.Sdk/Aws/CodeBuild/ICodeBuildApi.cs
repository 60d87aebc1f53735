using Amazon.Runtime;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>
/// What a fleet asks of AWS CodeBuild. The fleet brings a client of its own; implement this to put another in its place, such as that of the package <c>AWSSDK.CodeBuild</c>.
/// </summary>
/// <remarks>An error that CodeBuild answers is an <see cref="AmazonServiceException"/> whose <see cref="AmazonServiceException.ErrorCode"/> is CodeBuild's own, such as <c>AccountLimitExceededException</c>.</remarks>
public interface ICodeBuildApi
{
    /// <summary>Starts a build. Repeated within 5 minutes with the same token and content it starts nothing, and answers with the build that it started before.</summary>
    Task<CodeBuildBuild> StartBuildAsync(CodeBuildStart request, CancellationToken cancellationToken);

    /// <summary>Reads builds. One that CodeBuild does not know is left out.</summary>
    /// <param name="ids">1 to 100 ids, each a build's <see cref="CodeBuildBuild.Id"/> or its ARN.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyList<CodeBuildBuild>> BatchGetBuildsAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken);

    /// <summary>Lists the ids of a project's newest builds, the newest first: the first page, of at most 100.</summary>
    Task<IReadOnlyList<string>> ListBuildsForProjectAsync(string projectName, CancellationToken cancellationToken);
}

/// <summary>A build to start: the part of CodeBuild's StartBuild that a fleet uses. What is <see langword="null"/> is the project's.</summary>
public sealed record CodeBuildStart
{
    /// <summary>The project.</summary>
    public required string ProjectName { get; init; }

    /// <summary>Makes it safe to repeat the request, for 5 minutes. Always given.</summary>
    public required string IdempotencyToken { get; init; }

    /// <summary>Which version of the project's source is built: a commit, or the version of an S3 object.</summary>
    public string? SourceVersion { get; init; }

    /// <summary>Environment variables of this build, in plain text, before those of the project. Whoever may read builds can read them.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentVariablesOverride { get; init; } = new Dictionary<string, string>();

    /// <summary>The kind of machine, such as <c>ARM_CONTAINER</c>.</summary>
    public string? EnvironmentTypeOverride { get; init; }

    /// <summary>The image that the build runs in.</summary>
    public string? ImageOverride { get; init; }

    /// <summary>Whose permissions fetch <see cref="ImageOverride"/>: <c>CODEBUILD</c> for CodeBuild's own images, else <c>SERVICE_ROLE</c>.</summary>
    public string? ImagePullCredentialsTypeOverride { get; init; }

    /// <summary>Whether the build may run a Docker daemon.</summary>
    public bool? PrivilegedModeOverride { get; init; }

    /// <summary>How long the build may run, in minutes: 5 to 2160.</summary>
    public int? TimeoutInMinutesOverride { get; init; }

    /// <summary>How long it may wait for its turn, in minutes: 5 to 480.</summary>
    public int? QueuedTimeoutInMinutesOverride { get; init; }
}
