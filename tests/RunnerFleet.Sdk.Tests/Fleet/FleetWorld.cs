using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.GitHub.Rest;
using RunnerFleet.Images;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Sdk.Tests.Fleet;

/// <summary>The real engine under a fake clock, with the GitHub stand-in in process and a launcher in memory. Nothing happens by itself: tests deliver, drain, sweep and pass time.</summary>
internal sealed class FleetWorld : IAsyncDisposable
{
    public const string Secret = "a webhook secret of the tests";
    public const string Repository = "acme/app";
    public static readonly string[] Labels = ["self-hosted", "class:small"];

    private readonly List<ServiceProvider> _hosts = [];
    private readonly Action<RunnerFleetOptions> _configure;
    private readonly Action<IRunnerFleetBuilder>? _build;
    private List<StandInDelivery>? _intercepted;

    public FleetWorld(Action<RunnerFleetOptions>? configure = null, Action<IRunnerFleetBuilder>? build = null, string? token = "a-token")
    {
        Clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
        Launcher = new FakeComputeLauncher(Clock);
        GitHub = new GitHubStandIn(Clock, new GitHubStandInOptions
        {
            WebhookSecret = Secret,
            Token = "a-token",
            DeliverAutomatically = false,
            Receiver = ReceiveAsync,
        });
        GitHub.AddRepository(Repository);
        _configure = o =>
        {
            o.Name = "test";
            o.PublicUrl = new Uri("https://fleet.example");
            o.GitHub.WebhookSecret = Secret;
            o.GitHub.Token = token;
            o.GitHub.RegistrationsPerSecond = 1000;
            o.Classes["small"] = new RunnerClassOptions { Cpu = 512, Memory = 1024 };
            o.Classes["large"] = new RunnerClassOptions { Cpu = 4096, Memory = 8192 };
            configure?.Invoke(o);
        };
        _build = build;
        Fleet = AddHost();
    }

    public FakeTimeProvider Clock { get; }

    public GitHubStandIn GitHub { get; }

    public FakeComputeLauncher Launcher { get; }

    public FlakyStore Store { get; } = new(new InMemoryRunnerStore());

    /// <summary>The first host.</summary>
    public IRunnerFleet Fleet { get; }

    public List<FleetMove> Moves { get; } = [];

    public List<string> Log { get; } = [];

    public CancellationToken Cancel { get; } = TestContext.Current.CancellationToken;

    /// <summary>Another host over the same store, launcher and GitHub.</summary>
    public IRunnerFleet AddHost(IComputeLauncher? launcher = null, Action<RunnerFleetOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(l => l.SetMinimumLevel(LogLevel.Debug).AddProvider(new ListLoggerProvider(Log)));
        services.AddSingleton<TimeProvider>(Clock);
        services.AddSingleton<IRunnerStore>(Store);
        services.AddSingleton(launcher ?? Launcher);
        services.AddSingleton<IFleetObserver>(new ListObserver(Moves));
        var builder = services.AddRunnerFleet(o =>
        {
            _configure(o);
            configure?.Invoke(o);
        });
        services.AddHttpClient(RunnerFleetHttpClients.GitHub).ConfigurePrimaryHttpMessageHandler(GitHub.CreateHandler);
        _build?.Invoke(builder);
        var host = services.BuildServiceProvider();
        _hosts.Add(host);
        return host.GetRequiredService<IRunnerFleet>();
    }

    /// <summary>Takes the webhooks that wait at GitHub away from the fleet, so that a test can post them as it likes.</summary>
    public async Task<IReadOnlyList<StandInDelivery>> InterceptAsync()
    {
        var taken = _intercepted = [];
        await DeliverAsync();
        _intercepted = null;
        return taken;
    }

    public Task<WebhookOutcome> PostAsync(StandInDelivery delivery) => Fleet.ReceiveAsync(Webhook(delivery), Cancel);

    private async Task<int> ReceiveAsync(StandInDelivery delivery, CancellationToken cancellationToken)
    {
        if (_intercepted is { } taken)
        {
            taken.Add(delivery);
            return 202;
        }

        return await Fleet.ReceiveAsync(Webhook(delivery), cancellationToken) switch
        {
            WebhookOutcome.Recorded => 202,
            WebhookOutcome.Ignored => 200,
            WebhookOutcome.Unauthorized => 401,
            WebhookOutcome.Malformed => 400,
            _ => 503,
        };
    }

    public static WebhookDelivery Webhook(StandInDelivery delivery) => new()
    {
        Body = delivery.Body,
        Event = delivery.Event,
        DeliveryId = delivery.DeliveryId,
        Signature = delivery.Headers.GetValueOrDefault("X-Hub-Signature-256"),
        ContentType = "application/json",
    };

    public StandInJob Queue(params string[] labels) => GitHub.QueueJob(Repository, labels.Length == 0 ? Labels : labels);

    public Task DeliverAsync() => GitHub.DeliverPendingAsync(Cancel);

    public async Task<DrainSummary> DeliverAndDrainAsync()
    {
        await DeliverAsync();
        return await Fleet.DrainAsync(Cancel);
    }

    /// <summary>Queues a job and starts its runner.</summary>
    public async Task<(StandInJob Job, Runner Runner)> StartAsync(params string[] labels)
    {
        var job = Queue(labels);
        await DeliverAndDrainAsync();
        return (job, await RunnerOfAsync(job));
    }

    /// <summary>The same, and the runner claims and connects.</summary>
    public async Task<(StandInJob Job, Runner Runner, long RegistrationId)> StartAndConnectAsync(params string[] labels)
    {
        var (job, runner) = await StartAsync(labels);
        var id = await ConnectAsync(runner);
        return (job, await RunnerAsync(runner.Id), id);
    }

    public ClaimRequest ClaimOf(Runner runner)
    {
        var launch = Launcher.Launches.Last(l => l.Identity.RunnerId == runner.Id);
        return new ClaimRequest { RunnerId = runner.Id, Attempt = launch.Identity.Attempt, Secret = launch.Environment[RunnerEnvironment.ClaimSecret] };
    }

    public Task<ClaimOutcome> ClaimAsync(Runner runner) => Fleet.ClaimAsync(ClaimOf(runner), Cancel);

    /// <returns>GitHub's id of the runner.</returns>
    public async Task<long> ConnectAsync(Runner runner)
    {
        var registered = Assert.IsType<ClaimOutcome.Registered>(await ClaimAsync(runner));
        return GitHub.Connect(registered.EncodedJitConfig) ?? throw new InvalidOperationException("The registration is gone.");
    }

    /// <summary>A part of the first host's engine.</summary>
    public T Service<T>() where T : notnull => _hosts[0].GetRequiredService<T>();

    public async Task<Runner> RunnerAsync(string id) => await Fleet.GetRunnerAsync(id, Cancel) ?? throw new InvalidOperationException($"No runner {id}.");

    public async Task<Job> JobAsync(StandInJob job) => await Fleet.GetJobAsync(KeyOf(job), Cancel) ?? throw new InvalidOperationException($"No job {job.Id}.");

    public async Task<Job?> FindJobAsync(StandInJob job) => await Fleet.GetJobAsync(KeyOf(job), Cancel);

    public async Task<Runner> RunnerOfAsync(StandInJob job) => await RunnerAsync((await JobAsync(job)).RunnerId ?? throw new InvalidOperationException($"Job {job.Id} has no runner."));

    public async Task<IReadOnlyList<Runner>> RunnersAsync(params RunnerState[] states) => (await Fleet.ListRunnersAsync(new RunnerQuery { States = states, Take = 1000 }, Cancel)).Items;

    public async Task<IReadOnlyList<Runner>> LiveAsync() => [.. (await RunnersAsync()).Where(r => !r.IsTerminal)];

    public async Task<int> PlacesAsync(string key) => (await Store.GetPlacesAsync([key], Cancel))[key];

    public static JobKey KeyOf(StandInJob job) => new("github.com", job.Id);

    /// <summary>Passes time in steps; after each, deliveries and a drain, as the workers would do.</summary>
    public async Task PassAsync(TimeSpan time, TimeSpan? step = null)
    {
        var left = time;
        while (left > TimeSpan.Zero)
        {
            var now = step ?? TimeSpan.FromSeconds(15);
            now = now < left ? now : left;
            Clock.Advance(now);
            left -= now;
            await DeliverAndDrainAsync();
        }
    }

    /// <summary>What must hold when all is quiet: nothing lives, nothing is held, nothing is registered.</summary>
    public async Task AssertNothingIsLeftAsync()
    {
        Assert.Empty(await LiveAsync());
        Assert.DoesNotContain(Launcher.Computes, c => c.Status != ComputeStatus.Stopped);
        Assert.Empty(GitHub.Runners);
        Assert.Equal(0, await PlacesAsync("fleet"));
        Assert.Equal(0, await PlacesAsync("class/small"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        GitHub.Dispose();
    }

    private sealed class ListObserver(List<FleetMove> moves) : IFleetObserver
    {
        public void OnMove(FleetMove move)
        {
            lock (moves)
            {
                moves.Add(move);
            }
        }
    }

    private sealed class ListLoggerProvider(List<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose() { }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (lines)
            {
                lines.Add($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}");
            }
        }
    }
}
