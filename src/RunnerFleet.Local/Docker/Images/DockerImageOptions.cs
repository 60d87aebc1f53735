using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace RunnerFleet.Local.Docker;

/// <summary>
/// Settings of the Docker image builder. They are checked when the host starts. Registry credentials are not among them: a base image that needs a login is
/// brought to the engine with <c>docker pull</c>, where the builder finds it.
/// </summary>
public sealed class DockerImageOptions
{
    /// <summary>The engine that builds, and on which the runners then run. <see langword="null"/>: <c>DOCKER_HOST</c>, else the engine of this machine.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>
    /// The folder that is sent to the engine, with a <c>Dockerfile</c> that takes the base image as <c>ARG BASE_IMAGE</c>. A change of any file in it makes new images; links in it
    /// are left out. <see langword="null"/>: the runner folder that comes with this package.
    /// </summary>
    public string? ContextFolder { get; set; }

    /// <summary>
    /// The folder for build logs and for the locks that keep hosts of this machine from building the same image twice. Required; on a local disk, one folder for each engine.
    /// It may be emptied while no build runs.
    /// </summary>
    public string LogFolder { get; set; } = "";

    /// <summary>What the names of built images begin with: <c>runnerfleet/ubuntu-22.04:x64-3f1c09a2b7de</c>. 1 to 100 of a-z, 0-9 and single <c>/</c>, <c>.</c>, <c>_</c> or <c>-</c> between them.</summary>
    public string Repository { get; set; } = "runnerfleet";

    /// <summary>Further arguments for the Dockerfile, such as <c>RUNNER_VERSION</c>. A change makes new images. They can be read in an image's history: put no secret here.</summary>
    public IDictionary<string, string> BuildArguments { get; init; } = new Dictionary<string, string>();

    /// <summary>How long a build, the pull of its base included, may take before it is cancelled and counts as failed: 1 to 86400.</summary>
    public int BuildTimeoutSeconds { get; set; } = 1800;

    /// <summary>
    /// How many builds of this host may run at once, 1 to 32; others wait their turn and count as being built. A build is not bounded by a class and takes what the machine has,
    /// beside the jobs that run on it.
    /// </summary>
    public int ParallelBuilds { get; set; } = 2;

    /// <summary>Whether each build asks the registry for a newer base image. Otherwise the base is pulled only when the engine does not have it. An image that is there is not built again for it.</summary>
    public bool AlwaysPull { get; set; }
}

internal sealed partial class DockerImageRules : IValidateOptions<DockerImageOptions>
{
    public ValidateOptionsResult Validate(string? name, DockerImageOptions options)
    {
        var errors = new ValidateOptionsResultBuilder();
        if (string.IsNullOrWhiteSpace(options.LogFolder))
        {
            errors.AddError("The Docker image builder needs LogFolder: a folder for its build logs and locks.");
        }

        if (options.ContextFolder is { } folder ? !File.Exists(Path.Combine(folder, "Dockerfile")) : !ContextSource.IsPackaged)
        {
            errors.AddError(options.ContextFolder is null
                ? "The Docker image builder was made without the runner folder. Set ContextFolder to a folder with a Dockerfile."
                : $"The Docker image builder's ContextFolder ({options.ContextFolder}) has no Dockerfile.");
        }

        if (options.ContextFolder is { } context && !string.IsNullOrWhiteSpace(options.LogFolder) && IsWithin(options.LogFolder, context))
        {
            errors.AddError($"The Docker image builder's LogFolder ({options.LogFolder}) lies in its ContextFolder ({context}), so each build would change what the next is built from. Move it elsewhere.");
        }

        if (options.Repository.Length > 100 || !RepositoryGrammar().IsMatch(options.Repository))
        {
            errors.AddError($"The Docker image builder's Repository ({options.Repository}) must be 1 to 100 of a-z and 0-9, with single '/', '.', '_' or '-' between them.");
        }

        foreach (var argument in options.BuildArguments.Keys.Where(argument => argument == DockerImageBuilder.BaseArgument || !ArgumentGrammar().IsMatch(argument)))
        {
            errors.AddError(argument == DockerImageBuilder.BaseArgument
                ? $"The Docker image builder's BuildArguments name {argument}, which the builder itself gives for each image."
                : $"The Docker image builder's BuildArguments name '{argument}'. A name has letters, digits and '_', and begins with no digit.");
        }

        if (options.BuildTimeoutSeconds is < 1 or > 86400)
        {
            errors.AddError($"The Docker image builder's BuildTimeoutSeconds ({options.BuildTimeoutSeconds}) must be 1 to 86400.");
        }

        if (options.ParallelBuilds is < 1 or > 32)
        {
            errors.AddError($"The Docker image builder's ParallelBuilds ({options.ParallelBuilds}) must be 1 to 32.");
        }

        return errors.Build();
    }

    private static bool IsWithin(string inner, string outer) =>
        Path.GetRelativePath(outer, inner) is var relative && !Path.IsPathRooted(relative) && relative != ".." && !relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    [GeneratedRegex(@"\A[a-z0-9]+(?:[/._-][a-z0-9]+)*\z")]
    private static partial Regex RepositoryGrammar();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex ArgumentGrammar();
}
