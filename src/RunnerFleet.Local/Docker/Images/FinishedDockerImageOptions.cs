using Microsoft.Extensions.Options;

namespace RunnerFleet.Local.Docker;

/// <summary>
/// Settings of the builder that builds nothing: the image that a job names already is a runner image. They are checked when the host starts. Registry credentials are not among them: an image
/// that needs a login is brought to the engine with <c>docker pull</c>, where the builder finds it.
/// </summary>
public sealed class FinishedDockerImageOptions
{
    /// <summary>The engine on which the runners run. <see langword="null"/>: <c>DOCKER_HOST</c>, else the engine of this machine.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>Whether an image that the engine does not have is pulled. Otherwise jobs that name it wait, with that reason, until somebody brings it there. An image that is there is never pulled again.</summary>
    public bool Pull { get; set; } = true;

    /// <summary>How long a pull may take before it is cancelled and counts as failed: 1 to 86400.</summary>
    public int PullTimeoutSeconds { get; set; } = 1800;
}

internal sealed class FinishedDockerImageRules : IValidateOptions<FinishedDockerImageOptions>
{
    public ValidateOptionsResult Validate(string? name, FinishedDockerImageOptions options) => options.PullTimeoutSeconds is < 1 or > 86400
        ? ValidateOptionsResult.Fail($"FinishedDockerImageOptions.PullTimeoutSeconds ({options.PullTimeoutSeconds}) must be 1 to 86400.")
        : ValidateOptionsResult.Success;
}
