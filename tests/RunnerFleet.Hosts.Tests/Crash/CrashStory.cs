using System.Globalization;
using System.Net.Http;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Hosts.Tests.Crash;

/// <summary>
/// One story: four jobs under a limit of two, told to hosts of which all but the last kill themselves at a point. One job runs, one is cancelled while its runner waits for
/// it, one waits for a place and then runs, one is refused. GitHub outlives the hosts; a delivery that was not answered with 2xx is sent again, as its operator would.
/// </summary>
internal sealed class CrashStory : IAsyncDisposable
{
    public const int Limit = 2;
    public const long Cancelled = 9_000_000_001;
    private const int Killed = 128 + 9; // how a shell and .NET tell of SIGKILL

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private static readonly string Program = Path.GetFullPath(
        typeof(CrashStory).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "TestProcesses").Value!);

    private readonly HostWorld _world;
    private readonly ServiceProvider _services;
    private readonly HashSet<long> _redelivered = [];
    private readonly List<string> _violations = [];
    private readonly List<string> _outputs = [];
    private int _hosts;
    private bool _answers;
    private bool _posted;
    private bool _cancelled;
    private bool _looked;
    private StandInJob? _runs;
    private StandInJob? _waits;
    private StandInJob? _refused;

    private CrashStory(HostWorld world)
    {
        _world = world;
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["RunnerFleet:Process:Command:1"] = Program,
            ["RunnerFleet:Process:Command:2"] = "github-runner",
            ["RunnerFleet:Timing:LaunchTimeoutSeconds"] = "30", // the default: what a crash interrupts must not wait for it
            ["RunnerFleet:Limits:Fleet"] = Limit.ToString(CultureInfo.InvariantCulture),
            ["RunnerFleet:Classes:run:Cpu"] = "256",
            ["RunnerFleet:Classes:cancel:Cpu"] = "256",
            ["RunnerFleet:Classes:wait:Cpu"] = "256",
        })
        {
            world.Settings[name] = value;
        }

        var services = new ServiceCollection();
        services.AddRunnerFleet(_ => { }).UseSqlite(o => o.Path = Path.Combine(world.Folder, "data", "fleet.db"));
        _services = services.BuildServiceProvider();
        Store = _services.GetRequiredService<IRunnerStore>();
    }

    public HostWorld World => _world;

    public IRunnerStore Store { get; }

    /// <summary>What each host passed, in order.</summary>
    public List<IReadOnlyList<string>> Passed { get; } = [];

    /// <summary>Where hosts died.</summary>
    public List<string> Deaths { get; } = [];

    /// <summary>From the last death, or the start where there was none, to the end of the story.</summary>
    public TimeSpan Recovery { get; private set; }

    public IReadOnlyList<string> Violations => _violations;

    /// <summary>The job that each class in the labels stands for.</summary>
    public IReadOnlyDictionary<string, long> Jobs => new Dictionary<string, long> { ["run"] = _runs?.Id ?? 0, ["cancel"] = Cancelled, ["wait"] = _waits?.Id ?? 0, ["none"] = _refused?.Id ?? 0 };

    /// <summary>Everything that the hosts wrote.</summary>
    public string Output => string.Join('\n', _outputs);

    /// <param name="deaths">Where the hosts die, one after the other: <c>name #n</c>, or <c>#n</c> for the n-th side effect. The host after them lives.</param>
    public static async Task<CrashStory> TellAsync(params IReadOnlyList<string> deaths)
    {
        var story = new CrashStory(await HostWorld.WithGitHubAsync(Program, "crash-host"));
        try
        {
            await story.TellAllAsync(deaths);
            return story;
        }
        catch
        {
            await story.DisposeAsync();
            throw;
        }
    }

    public async Task<IReadOnlyList<Runner>> RunnersAsync() => (await Store.ListRunnersAsync(new RunnerQuery { Take = 1000 }, CancellationToken.None)).Items;

    public async Task<IReadOnlyList<Job>> JobRecordsAsync() => (await Store.ListJobsAsync(new JobQuery { Take = 1000 }, CancellationToken.None)).Items;

    public async Task<IReadOnlyDictionary<string, int>> PlacesAsync() => await Store.GetPlacesAsync(["fleet", "class/run", "class/cancel", "class/wait"], CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _world.DisposeAsync();
    }

    private async Task TellAllAsync(IReadOnlyList<string> deaths)
    {
        StartHost(deaths);
        var since = TimeProvider.System.GetTimestamp();
        while (await MissingAsync() is { } missing)
        {
            if (_world.Host.HasExited)
            {
                await BuryAsync();
                StartHost(deaths);
                since = TimeProvider.System.GetTimestamp();
            }

            await TellOnAsync();
            await SampleAsync();
            Recovery = TimeProvider.System.GetElapsedTime(since);
            if (Recovery > Patience)
            {
                _violations.Add($"(7) not over within {Patience.TotalSeconds} s: it waits for {missing}");
                break;
            }

            await Task.Delay(Look, TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await _world.Host.KillAsync();
        Bury();
    }

    private void StartHost(IReadOnlyList<string> deaths)
    {
        _world.Settings["CRASH_POINTS"] = PointsFile;
        _world.Settings["CRASH_AT"] = _hosts < deaths.Count ? deaths[_hosts] : "";
        _world.StartUnawaited();
        _answers = false;
    }

    private string PointsFile => Path.Combine(_world.Folder, string.Create(CultureInfo.InvariantCulture, $"points.{_hosts}"));

    private async Task BuryAsync()
    {
        await _world.Host.WaitForExitAsync();
        var died = _world.Settings["CRASH_AT"];
        var code = _world.Host.ExitCode;
        Bury();
        if (died.Length == 0 || code != Killed)
        {
            Assert.Fail($"A host ended by itself with exit code {code}:\n{_outputs[^1]}");
        }

        Deaths.Add(Passed[^1][^1]);
    }

    private void Bury()
    {
        Passed.Add(File.Exists(PointsFile) ? File.ReadAllLines(PointsFile) : []);
        _outputs.Add(_world.Host.Output);
        _hosts++;
    }

    /// <summary>The next part of the story, as soon as the part before has come about.</summary>
    private async Task TellOnAsync()
    {
        try
        {
            if (!_answers)
            {
                using var answer = await _world.Http.GetAsync(new Uri("healthz", UriKind.Relative));
                _answers = answer.IsSuccessStatusCode;
            }

            if (!_answers)
            {
                return;
            }

            _refused ??= _world.GitHub.QueueJob(HostWorld.Repository, ["self-hosted", "class:none"]);
            _runs ??= _world.GitHub.QueueJob(HostWorld.Repository, ["self-hosted", "class:run"], new() { Duration = TimeSpan.FromSeconds(2) });
            if (!_posted)
            {
                if (_world.GitHub.Jobs.All(j => j.Id != Cancelled))
                {
                    // The fleet is told that it is queued, but GitHub gives it to nobody.
                    _world.GitHub.QueueJob(HostWorld.Repository, ["self-hosted", "class:cancel"], new() { Id = Cancelled, IsWaiting = true, Announce = false });
                }

                var (status, _) = await _world.PostAsync("queued", Cancelled, labels: ["self-hosted", "class:cancel"]);
                _posted = (int)status is >= 200 and <= 299;
            }
            else
            {
                _waits ??= _world.GitHub.QueueJob(HostWorld.Repository, ["self-hosted", "class:wait"]);
            }
        }
        catch (HttpRequestException)
        {
            _answers = false; // it died; the next host is asked again
        }

        if (!_cancelled && _world.GitHub.Runners.Any(r => r.IsOnline && r.Labels.Contains("class:cancel")))
        {
            LookForSecretsInProcesses();
            _cancelled = _world.GitHub.CancelJob(Cancelled);
        }

        foreach (var failed in _answers ? Unanswered() : [])
        {
            _redelivered.Add(failed);
            Assert.True(_world.GitHub.Redeliver(failed));
        }
    }

    private IEnumerable<long> Unanswered() =>
        _world.GitHub.Deliveries.Where(d => d.StatusCode is not (>= 200 and <= 299) && !_redelivered.Contains(d.Id)).Select(d => d.Id);

    /// <summary>What must hold at every moment.</summary>
    private async Task SampleAsync()
    {
        var online = _world.GitHub.Runners.Count(r => r.IsOnline);
        if (online > Limit)
        {
            _violations.Add($"(3) {online} runners are online at once, {Limit} may be");
        }

        foreach (var (key, taken) in await PlacesAsync())
        {
            if (taken is < 0 or > Limit)
            {
                _violations.Add($"(3, 6) {taken} places are taken under {key}");
            }
        }
    }

    /// <summary>What the story still waits for; <see langword="null"/> when it is over.</summary>
    private async Task<string?> MissingAsync()
    {
        if (!_cancelled || _waits is null)
        {
            return "the story to be told to its end";
        }

        if (Unanswered().Any())
        {
            return "deliveries to be answered";
        }

        var jobs = await JobRecordsAsync();
        if (jobs.Count < Jobs.Count || jobs.Any(j => j.State is not (JobState.Completed or JobState.Refused)))
        {
            return $"the ends of all jobs, which are {string.Join(", ", jobs.Select(j => j.State))}";
        }

        var runners = await RunnersAsync();
        return runners.FirstOrDefault(r => !r.IsTerminal || r.Deadline is not null) is { } runner ? $"runner {runner.Id}, which is {runner.State} and due at {runner.Deadline}"
            : _world.GitHub.Runners.Count > 0 ? "registrations to go"
            : Leftovers.Of(_world.Name).Count > 0 ? "processes to go"
            : null;
    }

    /// <summary>The registration is in the one process that needs it; the token of the fleet, and what it verifies webhooks with, in none.</summary>
    private void LookForSecretsInProcesses()
    {
        foreach (var pid in Leftovers.Of(_world.Name))
        {
            var (environment, commandLine) = (TryRead(pid, "environ"), TryRead(pid, "cmdline")); // in this order: a child about to become a runner has its parent's
            if (commandLine.Length == 0)
            {
                continue; // it ended in between
            }

            _violations.AddRange(Secrets.In(environment).Where(s => s != Secrets.JitConfig || !commandLine.Contains("github-runner", StringComparison.Ordinal)).Select(s => $"(10) {s} is in the environment of {commandLine}"));
            _violations.AddRange(Secrets.In(commandLine).Select(s => $"(10) {s} is in the command line {commandLine}"));
            _looked |= environment.Contains(Secrets.JitConfig, StringComparison.Ordinal); // so the look is not blind
        }

        if (!_looked)
        {
            _violations.Add("(10) no process with a registration was seen, although one is online");
        }
    }

    private static string TryRead(int pid, string file)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{file}")).Replace('\0', ' ');
        }
        catch (IOException)
        {
            return ""; // it ended
        }
    }
}
