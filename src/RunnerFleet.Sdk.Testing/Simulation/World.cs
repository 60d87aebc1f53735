using RunnerFleet.Storage;

namespace RunnerFleet.Testing.Simulation;

/// <summary>Everything around the engine: GitHub, compute, runners, the network between them, and the story that is played.</summary>
internal sealed class World
{
    public const string Fleet = "sim";
    public const string Secret = "the webhook secret of a simulation";
    public const string CredentialMark = "jit-credential-of-a-simulation";

    private static readonly DateTimeOffset s_start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_jobsFor = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan s_troubleFor = TimeSpan.FromMinutes(45);
    private static readonly TimeSpan s_rest = TimeSpan.FromHours(16);
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMinutes(1);

    private readonly SimulatedHost[] _hosts;
    private int _turn;

    public World(SimulationPlan plan)
    {
        Plan = plan;
        Time = new SimulatedTime(s_start);
        Chance = new Chance(plan.Seed, plan.Choices) { IsCalm = !plan.HasFaults };
        Log = new EventLog(Time, plan.KeepsLog);
        Wire = new Wire(Time, Chance, Log);
        Store = plan.CreateStore?.Invoke() ?? new InMemoryRunnerStore();
        Configure(Options);
        Promises = new Promises(this);
        Promises.Limits["fleet"] = Options.Limits.Fleet;
        Promises.Limits["class/large"] = Options.Classes["large"].Limit!.Value;
        Compute = new SimulatedCompute(this);
        GitHub = new SimulatedGitHub(this);
        _hosts = new SimulatedHost[plan.Hosts];
    }

    public SimulationPlan Plan { get; }

    public SimulatedTime Time { get; }

    public Chance Chance { get; }

    public EventLog Log { get; }

    public Wire Wire { get; }

    public IRunnerStore Store { get; }

    public SimulatedCompute Compute { get; }

    public SimulatedGitHub GitHub { get; }

    public Promises Promises { get; }

    public RunnerFleetOptions Options { get; } = new();

    public int Crashes { get; private set; }

    public void Configure(RunnerFleetOptions options)
    {
        options.Name = Fleet;
        options.PublicUrl = new Uri("https://fleet.example");
        options.GitHub.WebhookSecret = Secret;
        options.GitHub.Token = "unused";
        options.GitHub.Organization = SimulatedGitHub.Organization;
        options.GitHub.RunnerGroupId = 7;
        options.GitHub.RegistrationsPerSecond = 100;
        options.Classes["small"] = new RunnerClassOptions { Cpu = 512, Memory = 1024 };
        options.Classes["large"] = new RunnerClassOptions { Cpu = 4096, Memory = 8192, Limit = 2 };
        options.Labels.DefaultClass = "small";
        options.Limits.Fleet = 4;
        options.Limits.LaunchesPerJob = 50;
        options.Limits.ReplacementsPerJob = 20;
        options.Timing.RunnerTtlSeconds = 3600;
        options.Timing.DrainIntervalSeconds = 60;
        Plan.Configure?.Invoke(options);
    }

    /// <summary>Plays the story until all is quiet.</summary>
    /// <exception cref="PromiseBrokenException">A promise was broken.</exception>
    public void Play()
    {
        for (var i = 0; i < _hosts.Length; i++)
        {
            Start(i);
        }

        PlanJobs();
        PlanTrouble();
        var calmFrom = s_start + s_troubleFor;
        Pass(calmFrom);
        Chance.IsCalm = true;
        (GitHub.DownUntil, GitHub.ForbiddenUntil) = (default, default);
        var end = calmFrom + s_rest;
        (int Promise, string What, object? Of)? left = null;
        for (var look = calmFrom + s_lookEvery; look < end; look += s_lookEvery)
        {
            Pass(look);
            Promises.Look(s_lookEvery);
            left = Promises.NotQuiet();
            if (left is null)
            {
                Promises.AtTheEnd();
                return;
            }
        }

        if (left is { } l)
        {
            Promises.Broken(l.Promise, $"{s_rest.TotalHours} hours after the last fault {l.What}", l.Of);
        }
    }

    private void Pass(DateTimeOffset until)
    {
        while (Time.Step(until))
        {
            if (Promises.First is { } broken)
            {
                throw broken;
            }
        }
    }

    /// <summary>Asks whichever host answers, as through a load balancer; <see langword="null"/> when none does in time, or it fails.</summary>
    public async Task<T?> AskSomeHostAsync<T>(string what, Func<SimulatedHost, Task<T>> ask, TimeSpan patience) where T : class
    {
        if (NextHost() is not { } host)
        {
            return null;
        }

        var answer = new TaskCompletionSource<T?>();
        Time.After(patience, () => answer.TrySetResult(null));
        _ = TryAsync(host, what, async () => answer.TrySetResult(await ask(host).ConfigureAwait(false)), () => answer.TrySetResult(null));
        return await answer.Task.ConfigureAwait(false);
    }

    /// <summary>Tells some host something; nobody waits for the answer.</summary>
    public void OnSomeHost(string what, Func<SimulatedHost, Task> tell)
    {
        if (NextHost() is { } host)
        {
            _ = TryAsync(host, what, () => tell(host));
        }
    }

    /// <summary>Runs one request on a host. What it throws is what a host would log.</summary>
    public async Task TryAsync(SimulatedHost host, string what, Func<Task> request, Action? failed = null)
    {
        try
        {
            await request().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not PromiseBrokenException)
        {
            Log.Add($"{host.Name} {what} failed: {e.GetType().Name}");
            failed?.Invoke();
        }
    }

    private SimulatedHost? NextHost()
    {
        var live = _hosts.Where(h => h is { IsDead: false }).ToList();
        return live.Count == 0 ? null : live[(_turn++ + Chance.Pick(live.Count)) % live.Count];
    }

    private void Start(int number)
    {
        var name = FormattableString.Invariant($"host{number}.{Crashes}");
        Log.Add($"{name} starts");
        _hosts[number] = new SimulatedHost(this, name);
    }

    private void PlanJobs()
    {
        SimulatedRepository[] ours = [new(1, "app", true), new(2, "lib", true)];
        var open = new SimulatedRepository(3, "open", false); // public, so refused
        var count = 1 + Math.Max(0, Plan.Jobs - 1 - Chance.Pick(Plan.Jobs));
        for (var i = 0; i < count; i++)
        {
            var stranger = Chance.Fault(100);
            var repository = stranger ? open : ours[Chance.Pick(2)];
            string[] labels = stranger ? ["self-hosted"] : Chance.Pick(3) switch
            {
                0 => ["self-hosted", "class:small"],
                1 => ["self-hosted", "class:large"],
                _ => ["self-hosted"],
            };
            var duration = TimeSpan.FromSeconds(30) + Chance.Time(TimeSpan.FromMinutes(15));
            var waits = Chance.Fault(80);
            var at = Chance.Time(s_jobsFor);
            var cancelled = Chance.Fault(150);
            var moment = Chance.Time(TimeSpan.FromMinutes(10));
            Time.After(at, () =>
            {
                var job = GitHub.Queue(repository, labels, duration, !stranger, waits);
                Time.After(TimeSpan.FromMinutes(5), () => GitHub.Approve(job));
                if (cancelled || stranger)
                {
                    Time.After(stranger ? TimeSpan.FromMinutes(40) : moment, () => GitHub.Cancel(job));
                }
            });
        }
    }

    private void PlanTrouble()
    {
        for (var i = 0; i < 6; i++)
        {
            if (!Chance.Fault(400))
            {
                continue;
            }

            var at = Chance.Time(s_troubleFor);
            var number = Chance.Pick(_hosts.Length);
            var back = Chance.Time(TimeSpan.FromMinutes(5));
            Time.After(at, () =>
            {
                if (_hosts[number].IsDead)
                {
                    return;
                }

                Log.Add($"{_hosts[number].Name} crashes");
                _hosts[number].Crash();
                Crashes++;
                Time.After(back, () => Start(number));
            });
        }

        if (Chance.Fault(200))
        {
            var length = Chance.Time(TimeSpan.FromMinutes(10));
            Time.After(Chance.Time(s_jobsFor), () => GitHub.DownUntil = Time.Now + length);
        }

        if (Chance.Fault(150))
        {
            var length = Chance.Time(TimeSpan.FromMinutes(10));
            Time.After(Chance.Time(s_jobsFor), () => GitHub.ForbiddenUntil = Time.Now + length);
        }
    }
}
