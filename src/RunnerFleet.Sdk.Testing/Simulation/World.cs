using RunnerFleet.Storage;

namespace RunnerFleet.Testing.Simulation;

/// <summary>Everything around the engine: GitHub, compute, images, settings, the network between them, the hosts, and the story that is played.</summary>
internal sealed class World
{
    public const string Fleet = "sim";
    public const string FleetPlaces = "fleet";

    /// <summary>In every credential of this world: nothing that is stored, logged or launched may hold it.</summary>
    public const string CredentialMark = "credential-of-a-simulation";

    private static readonly DateTimeOffset s_start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_rest = TimeSpan.FromHours(24);
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromMinutes(1);

    // A common run takes about 1,600 steps, one whose jobs may never be served 70,000.
    private const long MostSteps = 300_000;

    private readonly SimulatedHost[] _hosts;
    private readonly SortedDictionary<string, int> _troubles = new(StringComparer.Ordinal);
    private int _turn;

    public World(SimulationPlan plan)
    {
        Plan = plan;
        Time = new SimulatedTime(s_start);
        Chance = new Chance(plan.Seed, plan.Choices) { IsCalm = !plan.HasFaults };
        Log = new EventLog(Time, plan.KeepsLog);
        Wire = new Wire(this);
        Store = plan.CreateStore?.Invoke() ?? new InMemoryRunnerStore();
        Settings = new SimulatedSettings(this);
        Settings.NoteLimits();
        Promises = new Promises(this);
        Compute = new SimulatedCompute(this);
        Images = new SimulatedImages(this);
        GitHub = new SimulatedGitHub(this);
        _hosts = new SimulatedHost[plan.Hosts];
    }

    public SimulationPlan Plan { get; }

    public SimulatedTime Time { get; }

    public Chance Chance { get; }

    public EventLog Log { get; }

    public Wire Wire { get; }

    public IRunnerStore Store { get; }

    public SimulatedSettings Settings { get; }

    public SimulatedCompute Compute { get; }

    public SimulatedImages Images { get; }

    public SimulatedGitHub GitHub { get; }

    public Promises Promises { get; }

    public int Crashes { get; private set; }

    /// <summary>How often each kind of trouble took place.</summary>
    public IReadOnlyDictionary<string, int> Troubles => _troubles;

    /// <summary>Something went wrong, as the seed chose.</summary>
    public void Trouble(string kind) => _troubles[kind] = _troubles.GetValueOrDefault(kind) + 1;

    /// <summary>Plays the story until all is quiet.</summary>
    /// <exception cref="PromiseBrokenException">A promise was broken.</exception>
    public void Play()
    {
        for (var i = 0; i < _hosts.Length; i++)
        {
            Start(i);
        }

        var story = new Story(this);
        story.Plan();
        var calmFrom = Plan.HasFaults ? s_start + Story.TroubleFor : s_start;
        Pass(calmFrom);
        Chance.IsCalm = true;
        story.End();
        var end = calmFrom + s_rest;
        (int Promise, string What, object? Of)? left = null;
        for (var look = calmFrom + s_lookEvery; look < end; look += s_lookEvery)
        {
            Pass(look);
            Promises.Look(s_lookEvery);
            left = Promises.NotQuiet();
            if (left is null && look >= s_start + Story.TroubleFor)
            {
                Promises.AtTheEnd();
                return;
            }
        }

        Promises.Broken(left!.Value.Promise, $"{s_rest.TotalHours} hours after the last fault {left.Value.What}", left.Value.Of);
    }

    private void Pass(DateTimeOffset until)
    {
        while (Time.Step(until))
        {
            if (Promises.First is { } broken)
            {
                throw broken;
            }

            if (Time.Escaped is { } what)
            {
                throw new InvalidOperationException($"Seed {Plan.Seed}: {what} was asked for from another thread, so the run cannot be replayed. Code under simulation must not start threads, nor wait for anything but its interfaces and its TimeProvider.");
            }

            if (Time.Steps > MostSteps)
            {
                Promises.Broken(8, FormattableString.Invariant($"the fleet does not come to rest: {MostSteps} steps were taken by {Time.Now - s_start}."), Promises.LiveRunners.FirstOrDefault());
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
            Promises.MayBeThrown(what, e);
            failed?.Invoke();
        }
    }

    /// <summary>A host loses power between two calls, whichever they are, and comes back.</summary>
    public void Crash(int turn, TimeSpan back) => Crash(_hosts[turn % _hosts.Length], back);

    /// <inheritdoc cref="Crash(int, TimeSpan)"/>
    public void Crash(SimulatedHost host, TimeSpan back)
    {
        if (host.IsDead)
        {
            return;
        }

        var number = Array.IndexOf(_hosts, host);
        Log.Add($"{host.Name} crashes");
        Trouble("host dies");
        host.Crash();
        Crashes++;
        Time.After(back, () => Start(number));
    }

    private SimulatedHost? NextHost()
    {
        var first = _turn++ + Chance.Pick(_hosts.Length);
        for (var i = 0; i < _hosts.Length; i++)
        {
            if (_hosts[(first + i) % _hosts.Length] is { IsDead: false } host)
            {
                return host;
            }
        }

        return null;
    }

    private void Start(int number)
    {
        if (Settings.IsMistaken)
        {
            Time.After(s_lookEvery, () => Start(number)); // with such settings no host starts
            return;
        }

        var name = FormattableString.Invariant($"host{number}.{Crashes}");
        Log.Add($"{name} starts");
        _hosts[number] = new SimulatedHost(this, name);
    }
}
