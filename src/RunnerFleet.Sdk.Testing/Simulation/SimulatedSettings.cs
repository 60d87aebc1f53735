using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using RunnerFleet.Provisioning;

namespace RunnerFleet.Testing.Simulation;

/// <summary>The fleet's settings as an operator changes them while it runs: secrets are rotated, limits lowered, a class removed, a mistake made.</summary>
internal sealed class SimulatedSettings(World world) : IOptionsChangeTokenSource<RunnerFleetOptions>
{
    /// <summary>How long a job may run on <c>class:small</c>.</summary>
    public const int SmallJobTimeLimitSeconds = 1800;

    // What was asked for under the old limit may still be on its way.
    private static readonly TimeSpan s_onTheWay = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, List<(DateTimeOffset Since, int Limit)>> _limits = new(StringComparer.Ordinal);
    private ConfigurationReloadToken _changed = new();
    private string _secret = $"the first webhook {World.CredentialMark}";
    private string? _previousSecret;
    private int _fleet = 4;
    private int _large = 2;
    private int? _perRepository;
    private bool _hasLarge = true;

    public string? Name => Options.DefaultName;

    /// <summary>Whether the settings are not valid: a host that runs keeps its last good ones, and none starts.</summary>
    public bool IsMistaken { get; private set; }

    /// <summary>With which GitHub signs.</summary>
    public string WebhookSecret { get; private set; } = $"the first webhook {World.CredentialMark}";

    /// <summary>Whether <c>class:large</c> was ever missing, so that a job that asks for it may be refused or given up.</summary>
    public bool MissedLarge { get; private set; }

    public RunnerFleetOptions Current
    {
        get
        {
            var options = new RunnerFleetOptions();
            Configure(options);
            return options;
        }
    }

    public IChangeToken GetChangeToken() => _changed;

    public void Configure(RunnerFleetOptions options)
    {
        options.Name = IsMistaken ? "Not a Name!" : World.Fleet;
        options.PublicUrl = new Uri("https://fleet.example");
        options.GitHub.WebhookSecret = _secret;
        if (_previousSecret is { } previous)
        {
            options.GitHub.PreviousWebhookSecrets.Add(previous);
        }

        options.GitHub.Token = World.CredentialMark;
        options.GitHub.Organization = SimulatedGitHub.Organization;
        options.GitHub.RunnerGroupId = 7;
        options.GitHub.WebhookId = 77;
        options.GitHub.RegistrationsPerSecond = 100;
        options.Classes["small"] = new RunnerClassOptions { Cpu = 512, Memory = 1024, JobTimeLimitSeconds = SmallJobTimeLimitSeconds };
        if (_hasLarge)
        {
            options.Classes["large"] = new RunnerClassOptions { Cpu = 4096, Memory = 8192, Limit = _large };
        }

        options.Labels.DefaultClass = "small";
        options.Limits.Fleet = _fleet;
        options.Limits.PerRepository = _perRepository;
        options.Limits.LaunchesPerJob = 16;
        options.Limits.ReplacementsPerJob = 20;
        options.Timing.RunnerTtlSeconds = 3600;
        options.Timing.ImageBuildTimeoutSeconds = 1800;
        options.Timing.DrainIntervalSeconds = 60;
        world.Plan.Configure?.Invoke(options);
    }

    /// <summary>Called once the world can read its plan, and after every change of a limit.</summary>
    public void NoteLimits()
    {
        var now = Current;
        Note(World.FleetPlaces, now.Limits.Fleet);
        foreach (var (name, runnerClass) in now.Classes)
        {
            Note($"class/{name}", runnerClass.Limit ?? int.MaxValue);
        }

        foreach (var repository in Story.Repositories)
        {
            Note(FormattableString.Invariant($"repository/github.com/{repository.Id}"), now.Limits.PerRepository ?? int.MaxValue);
        }
    }

    /// <summary>The highest limit that a taking of places may go by at present; <see langword="null"/> where there is none.</summary>
    public int? LimitOf(string key)
    {
        if (!_limits.TryGetValue(key, out var limits))
        {
            return null;
        }

        var since = world.Time.Now - s_onTheWay;
        return limits.Where((_, i) => i == limits.Count - 1 || limits[i + 1].Since >= since).Max(l => l.Limit);
    }

    public void LimitRepositories()
    {
        _perRepository = 2;
        Change("limits for repositories");
    }

    public void LowerLimits()
    {
        (_fleet, _large) = (2, 1);
        Change("limits lowered");
    }

    public void RaiseLimits()
    {
        (_fleet, _large) = (4, 2);
        Change("limits raised");
    }

    public void RemoveLarge()
    {
        (_hasLarge, MissedLarge) = (false, true);
        Change("class large removed");
    }

    public void AddLarge()
    {
        _hasLarge = true;
        Change("class large added");
    }

    /// <summary>Hosts accept both first; then GitHub signs with the new one; the old one is dropped when nothing that it made can be under way.</summary>
    public void RotateSecret(TimeSpan later)
    {
        (_previousSecret, _secret) = (_secret, $"the second webhook {World.CredentialMark}");
        Change("webhook secret rotated");
        world.Time.After(later, () => WebhookSecret = _secret);
        world.Time.After(later + TimeSpan.FromHours(3), () =>
        {
            _previousSecret = null;
            Change("former webhook secret dropped");
        });
    }

    /// <summary>Settings that are not valid: the last good ones must stay in force.</summary>
    public void Mistake()
    {
        IsMistaken = true;
        Reload("settings that are not valid");
    }

    public void MendMistake()
    {
        if (IsMistaken)
        {
            Change("settings mended");
        }
    }

    private void Change(string what)
    {
        IsMistaken = false; // whoever changes the settings sees that nothing comes of it
        Reload(what);
    }

    private void Reload(string what)
    {
        world.Log.Add($"settings: {what}");
        world.Trouble($"settings: {what}");
        NoteLimits();
        var changed = _changed;
        _changed = new ConfigurationReloadToken();
        changed.OnReload();
    }

    private void Note(string key, int limit)
    {
        if (!_limits.TryGetValue(key, out var limits))
        {
            _limits.Add(key, limits = []);
        }

        if (limits.Count == 0 || limits[^1].Limit != limit)
        {
            limits.Add((world.Time.Now, limit));
        }
    }
}
