using System.Diagnostics.CodeAnalysis;

namespace AspNetHost;

/// <summary>What this host adds to the fleet's own settings: section <c>RunnerFleet</c>.</summary>
internal sealed class HostSettings
{
    /// <summary>Where records are kept: <c>sqlite</c>, a file in the data folder, <c>memory</c>, which forgets everything at exit, or <c>dynamodb</c>.</summary>
    public string Store { get; set; } = "sqlite";

    /// <summary>What runners run on: <c>process</c>, a process of this machine each, <c>docker</c>, a container each, or <c>ecs</c>, a task of an ECS cluster each.</summary>
    public string Launcher { get; set; } = "process";

    /// <summary>What carries hints between hosts: <c>process</c>, each its own, or <c>sqs</c>, which events of AWS may come by too.</summary>
    public string Queue { get; set; } = "process";

    /// <summary>What builds the images that jobs name, with the ECS launcher: <c>none</c>, or <c>codebuild</c>. The Docker launcher has a setting of its own.</summary>
    public string Images { get; set; } = "none";

    /// <summary>Where the classes are: <c>settings</c>, section <c>Classes</c>, or <c>ssm</c>, a parameter of AWS Systems Manager.</summary>
    public string ClassesFrom { get; set; } = "settings";

    /// <summary>The folder for the SQLite file, the runners' folders and the logs of image builds. Relative to the folder the host is started in.</summary>
    public string DataFolder { get; set; } = ".runnerfleet";

    /// <summary>The process launcher.</summary>
    public ProcessOptions Process { get; set; } = new();

    /// <summary>The Docker launcher and its images.</summary>
    public DockerOptions Docker { get; set; } = new();

    /// <summary>The settings of what runs on AWS: section <c>RunnerFleet:Aws</c>.</summary>
    internal IConfigurationSection Aws { get; private set; } = null!;

    /// <summary>Whether anything of it is in use.</summary>
    internal bool UsesAws => Store == "dynamodb" || Launcher == "ecs" || Queue == "sqs" || ClassesFrom == "ssm" || Aws.GetSection("Events").Exists();

    /// <summary>Whether no GitHub is configured, so that the demo runs.</summary>
    internal bool IsDemo { get; private set; }

    internal string DatabasePath => Path.GetFullPath(Path.Combine(DataFolder, "fleet.db"));

    internal string RunnersFolder => Path.GetFullPath(Path.Combine(DataFolder, "runners"));

    internal string ImageLogFolder => Path.GetFullPath(Path.Combine(DataFolder, "images"));

    /// <summary>Reads the settings, and tells the demo, a complete GitHub and an incomplete one apart.</summary>
    public static bool TryRead(IConfiguration configuration, [NotNullWhen(true)] out HostSettings? host, [NotNullWhen(false)] out Refusal? refusal)
    {
        var section = configuration.GetSection("RunnerFleet");
        refusal = null;
        try
        {
            host = section.Get<HostSettings>() ?? new HostSettings();
        }
        catch (InvalidOperationException e) when (Starting.Of(e) is { } unreadable)
        {
            host = null;
            refusal = unreadable;
            return false;
        }

        host.Aws = section.GetSection("Aws");
        refusal = NoChoice("Store", host.Store, "sqlite", "memory", "dynamodb")
            ?? NoChoice("Launcher", host.Launcher, "process", "docker", "ecs")
            ?? NoChoice("Queue", host.Queue, "process", "sqs")
            ?? NoChoice("Images", host.Images, "none", "codebuild")
            ?? NoChoice("ClassesFrom", host.ClassesFrom, "settings", "ssm")
            ?? NoChoice("Docker:Images", host.Docker.Images, "build", "finished");
        if (refusal is null && host is { Images: "codebuild", Launcher: not "ecs" })
        {
            refusal = new Refusal($"RunnerFleet:Images is codebuild, and RunnerFleet:Launcher is {host.Launcher}. Images from CodeBuild are for the launcher ecs: set that, or remove RunnerFleet:Images.");
        }
        else if (refusal is null && !string.IsNullOrEmpty(section["PublicUrl"]) && string.IsNullOrEmpty(section["Api:Key"]))
        {
            refusal = new Refusal("RunnerFleet:PublicUrl is set, so this host can be reached from elsewhere, but RunnerFleet:Api:Key is not. Set it to a secret of at least 16 characters.");
        }

        var gitHub = section.GetSection("GitHub");
        bool Has(string name) => !string.IsNullOrWhiteSpace(gitHub[name]);
        var others = new[] { "Token", "Repository", "Organization", "Enterprise", "ApiUrl" }.Where(Has).ToList();
        host.IsDemo = others.Count == 0;
        if (host is { IsDemo: true, UsesAws: true })
        {
            refusal ??= new Refusal("No GitHub is configured, and the demo uses nothing of AWS. Set RunnerFleet:GitHub:WebhookSecret, Token and Repository (or Organization), or remove what names AWS from RunnerFleet:Store, Launcher, Queue, ClassesFrom and Aws:Events.");
        }

        if (host is { IsDemo: true, Launcher: "docker" } && !OperatingSystem.IsLinux())
        {
            refusal ??= new Refusal("The demo with RunnerFleet:Launcher set to docker needs Linux: elsewhere containers live in a virtual machine of their own and do not reach this host's loopback address. Remove the setting to see the demo with processes.");
        }

        if (!host.IsDemo)
        {
            var missing = new List<string>();
            if (!Has("WebhookSecret")) missing.Add("RunnerFleet:GitHub:WebhookSecret");
            if (!Has("Token")) missing.Add("RunnerFleet:GitHub:Token");
            if (!Has("Repository") && !Has("Organization") && !Has("Enterprise")) missing.Add("RunnerFleet:GitHub:Repository, or Organization");
            if (missing.Count > 0)
            {
                refusal ??= new Refusal($"GitHub is half configured ({string.Join(", ", others.Select(o => "RunnerFleet:GitHub:" + o))} set). Missing: {string.Join("; ", missing)}. Set these, or none at all to see the demo.");
            }

            refusal ??= host.Launcher switch { "docker" => DockerRefusal(host.Docker, section), "ecs" => EcsRefusal(section), _ => null };
        }

        return refusal is null;
    }

    private static Refusal? NoChoice(string setting, string value, params string[] choices) => choices.Contains(value)
        ? null
        : new Refusal($"RunnerFleet:{setting} is '{value}'. Set it to {string.Join(", ", choices[..^1])} or {choices[^1]}.");

    /// <summary>What a task needs of this host that a process does not.</summary>
    private static Refusal? EcsRefusal(IConfigurationSection section) => !string.IsNullOrEmpty(section["PublicUrl"])
        ? null
        : new Refusal("RunnerFleet:Launcher is ecs, and RunnerFleet:PublicUrl is not set: a task reaches this host only at an address of the network. Set it to the https address of this host.");

    /// <summary>What a container needs of this host that a process does not.</summary>
    private static Refusal? DockerRefusal(DockerOptions docker, IConfigurationSection section)
    {
        if (docker.Images == "finished" && string.IsNullOrEmpty(section["Labels:DefaultImage"]))
        {
            return new Refusal("RunnerFleet:Docker:Images is finished, and RunnerFleet:Labels:DefaultImage does not name the runner image of jobs without image:. Set it.");
        }

        if (docker.Network == "host")
        {
            return !string.IsNullOrEmpty(section["Api:Key"]) ? null : new Refusal(
                "RunnerFleet:Docker:Network is host, so each job's container can call this host's API as this machine does, and RunnerFleet:Api:Key is not set. Set it to a secret of at least 16 characters.");
        }

        return !string.IsNullOrEmpty(section["PublicUrl"]) && !(Uri.TryCreate(section["PublicUrl"], UriKind.Absolute, out var url) && url.IsLoopback) ? null : new Refusal(
            $"RunnerFleet:Docker:Network is '{docker.Network}', and a container in it cannot reach this host at a loopback address. Let the host listen at an address of that network too and name it, such as ASPNETCORE_URLS=http://127.0.0.1:5080;http://172.17.0.1:5080 with RunnerFleet:PublicUrl=http://172.17.0.1:5080, or set RunnerFleet:Docker:Network to host.");
    }
}

/// <summary>The Docker launcher and its images: section <c>RunnerFleet:Docker</c>.</summary>
internal sealed class DockerOptions
{
    /// <summary>Where the engine listens. None: what <c>DOCKER_HOST</c> says, else the engine of this machine.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The network that containers join. With <c>host</c> they share this machine's own, loopback included.</summary>
    public string Network { get; set; } = "bridge";

    /// <summary>How long a runner that was told to stop may take before its container is killed.</summary>
    public int StopGraceSeconds { get; set; } = 30;

    /// <summary>How many processes and threads a container may have.</summary>
    public int PidsLimit { get; set; } = 4096;

    /// <summary>Environment variables that containers inherit from this host, such as <c>https_proxy</c>. Everything else is kept from them.</summary>
    public IList<string> PassEnvironment { get; init; } = [];

    /// <summary>Ids of engines that no longer exist; what ran there is taken for gone.</summary>
    public IList<string> FormerEngines { get; init; } = [];

    /// <summary><c>build</c>: the image that a job names is the base on which its runner image is built. <c>finished</c>: it is a runner image.</summary>
    public string Images { get; set; } = "build";

    /// <summary>A folder like <c>runner/</c> of this repository to build from. None: the one that comes with the package.</summary>
    public string? ContextFolder { get; set; }

    /// <summary>Arguments for the build, such as <c>RUNNER_VERSION</c>. Not for secrets: an image shows its arguments.</summary>
    public IDictionary<string, string> BuildArguments { get; init; } = new Dictionary<string, string>();
}

/// <summary>The process launcher: section <c>RunnerFleet:Process</c>.</summary>
internal sealed class ProcessOptions
{
    /// <summary>An unpacked GitHub Actions runner; each runner gets a copy of its own. Either this or <see cref="Command"/>; the demo brings its own.</summary>
    public string? RunnerFolder { get; set; }

    /// <summary>A program and its arguments to run instead; it finds its registration in <c>ACTIONS_RUNNER_INPUT_JITCONFIG</c>.</summary>
    public IList<string> Command { get; init; } = [];

    /// <summary>Environment variables that runners inherit from this host, besides the few that any program needs. Everything else is kept from them.</summary>
    public IList<string> PassEnvironment { get; init; } = [];

    /// <summary>How long a runner that was told to stop may take before it is killed.</summary>
    public int StopGraceSeconds { get; set; } = 30;
}
