using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace RunnerFleet.Local.Docker;

/// <summary>Settings of the Docker launcher. They are checked when the host starts.</summary>
public sealed class DockerLauncherOptions
{
    /// <summary>
    /// Where the engine listens, such as <c>unix:///var/run/docker.sock</c>. <see langword="null"/>: <c>DOCKER_HOST</c>, else the engine of this machine.
    /// All hosts of a fleet must use the same engine: what one of them launched, another would take for gone.
    /// </summary>
    public Uri? Endpoint { get; set; }

    /// <summary>
    /// The engine's network that containers join. With <c>host</c> they share this machine's own, so that jobs reach everything that listens on its loopback; with any other
    /// the control plane's public URL must be one that containers reach, so not a loopback address.
    /// </summary>
    public string Network { get; set; } = "bridge";

    /// <summary>How long, in seconds, a container that was told to stop may take before it is killed. The GitHub runner gives itself up to 30.</summary>
    public int StopGraceSeconds { get; set; } = 30;

    /// <summary>How many processes and threads a container may have at once, so that a job that forks without end stops itself and not this machine.</summary>
    public int PidsLimit { get; set; } = 4096;

    /// <summary>
    /// Names of environment variables that containers inherit from this host, such as <c>https_proxy</c> and <c>no_proxy</c>. Nothing else of the host's environment reaches them.
    /// Jobs can read them, and whoever may inspect containers.
    /// </summary>
    public IList<string> PassEnvironment { get; init; } = [];

    /// <summary>
    /// Ids (<c>docker info</c>) of engines that no longer exist, for instance because their data folder was removed. What ran there is then taken for gone. As long as an engine is not
    /// named here, its runners are neither ended nor forgotten while another engine answers at <see cref="Endpoint"/>: they might still run.
    /// </summary>
    public IList<string> FormerEngines { get; init; } = [];
}

internal sealed partial class DockerLauncherRules : IValidateOptions<DockerLauncherOptions>
{
    private static readonly string[] Schemes = ["unix", "npipe", "tcp", "http", "https"];

    public ValidateOptionsResult Validate(string? name, DockerLauncherOptions options)
    {
        var errors = new ValidateOptionsResultBuilder();
        if (options.Endpoint is { } endpoint ? !IsEndpoint(endpoint) : Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } given && !(Uri.TryCreate(given, UriKind.Absolute, out var uri) && IsEndpoint(uri)))
        {
            errors.AddError($"The Docker launcher's {(options.Endpoint is null ? "DOCKER_HOST" : "Endpoint")} must be an address of one of these forms: {string.Join(", ", Schemes.Select(scheme => scheme + "://…"))}.");
        }

        if (!NetworkName().IsMatch(options.Network) || options.Network == "none")
        {
            errors.AddError($"The Docker launcher's Network ({options.Network.Quoted()}) must name a network of the engine, such as bridge, host or one of your own. Without one a runner reaches neither the control plane nor GitHub.");
        }

        if (options.StopGraceSeconds is < 0 or > 3600)
        {
            errors.AddError($"The Docker launcher's StopGraceSeconds ({options.StopGraceSeconds}) must be 0 to 3600.");
        }

        if (options.PassEnvironment.FirstOrDefault(name => name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || name.StartsWith("RunnerFleet", StringComparison.OrdinalIgnoreCase)) is { } bad)
        {
            errors.AddError($"The Docker launcher's PassEnvironment names {bad.Quoted()}. It takes names of variables, none that begins with RunnerFleet: those hold the fleet's own secrets.");
        }

        if (options.PidsLimit < 64)
        {
            errors.AddError($"The Docker launcher's PidsLimit ({options.PidsLimit}) must be at least 64: the runner itself needs some dozens.");
        }

        return errors.Build();
    }

    private static bool IsEndpoint(Uri endpoint) => endpoint.IsAbsoluteUri && Schemes.Contains(endpoint.Scheme);

    [GeneratedRegex("^[a-zA-Z0-9][a-zA-Z0-9_.-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex NetworkName();
}
