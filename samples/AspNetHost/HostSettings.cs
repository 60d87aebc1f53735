using System.Diagnostics.CodeAnalysis;

namespace AspNetHost;

/// <summary>What this host adds to the fleet's own settings: section <c>RunnerFleet</c>.</summary>
internal sealed class HostSettings
{
    /// <summary>Where records are kept: <c>sqlite</c>, a file in the data folder, or <c>memory</c>, which forgets everything at exit.</summary>
    public string Store { get; set; } = "sqlite";

    /// <summary>What runners run on: <c>process</c>, a process of this machine each.</summary>
    public string Launcher { get; set; } = "process";

    /// <summary>The folder for the SQLite file and the runners' folders. Relative to the folder the host is started in.</summary>
    public string DataFolder { get; set; } = ".runnerfleet";

    /// <summary>The process launcher.</summary>
    public ProcessOptions Process { get; set; } = new();

    /// <summary>Whether no GitHub is configured, so that the demo runs.</summary>
    internal bool IsDemo { get; private set; }

    internal string DatabasePath => Path.GetFullPath(Path.Combine(DataFolder, "fleet.db"));

    internal string RunnersFolder => Path.GetFullPath(Path.Combine(DataFolder, "runners"));

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

        if (host.Store is not ("sqlite" or "memory"))
        {
            refusal = new Refusal($"RunnerFleet:Store is '{host.Store}'. Set it to sqlite or memory.");
        }
        else if (host.Launcher is not "process")
        {
            refusal = new Refusal($"RunnerFleet:Launcher is '{host.Launcher}'. Set it to process.");
        }
        else if (!string.IsNullOrEmpty(section["PublicUrl"]) && string.IsNullOrEmpty(section["Api:Key"]))
        {
            refusal = new Refusal("RunnerFleet:PublicUrl is set, so this host can be reached from elsewhere, but RunnerFleet:Api:Key is not. Set it to a secret of at least 16 characters.");
        }

        var gitHub = section.GetSection("GitHub");
        bool Has(string name) => !string.IsNullOrWhiteSpace(gitHub[name]);
        var others = new[] { "Token", "Repository", "Organization", "Enterprise", "ApiUrl" }.Where(Has).ToList();
        host.IsDemo = others.Count == 0;
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
        }

        return refusal is null;
    }
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
