using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Provisioning;
using RunnerFleet.SeveralHosts.Tests.Checks;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.SeveralHosts.Tests.Engines;

/// <summary>
/// Several hosts' engines, each with services of its own, over one store, one launcher in memory and one GitHub stand-in, under one fake clock. What they share besides
/// is only what watches them.
/// </summary>
internal sealed class EngineWorld : IAsyncDisposable
{
    public const string Fleet = "several";
    public static readonly FleetLimits Limits = new(Fleet: 24, Small: 18, Large: 9, Repository: 16);
    public static readonly string[] Repositories = ["acme/app", "acme/site"];

    private const string Secret = "a webhook secret of these tests";

    private readonly List<ServiceProvider> _hosts = [];
    private readonly List<StandInDelivery> _arrived = [];
    private IRunnerStore? _store;

    public EngineWorld()
    {
        Compute = new FakeComputeLauncher(Clock);
        Launcher = new WatchedLauncher(Compute, Ledger, Limits, Findings);
        GitHub = new GitHubStandIn(Clock, new GitHubStandInOptions
        {
            WebhookSecret = Secret,
            Token = "a-token",
            RateLimit = int.MaxValue,
            DeliverAutomatically = false,
            Receiver = (delivery, _) =>
            {
                _arrived.Add(delivery);
                return Task.FromResult(202);
            },
        });
        foreach (var repository in Repositories)
        {
            GitHub.AddRepository(repository);
        }

        WatchedGitHub = new WatchedGitHub(GitHub, Fleet, Ledger, Findings);
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));

    public Ledger Ledger { get; } = new();

    public Findings Findings { get; } = new();

    public FakeComputeLauncher Compute { get; }

    public WatchedLauncher Launcher { get; }

    public GitHubStandIn GitHub { get; }

    public WatchedGitHub WatchedGitHub { get; }

    public List<IRunnerFleet> Engines { get; } = [];

    /// <summary>Puts the store under watch; what breaks it, or carries it over a network, goes above.</summary>
    public IRunnerStore Watch(IRunnerStore store) => new WatchedStore(store, Ledger, Limits, Findings);

    public IRunnerFleet AddEngine(IRunnerStore store)
    {
        _store = store;
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(Clock);
        services.AddSingleton(store);
        services.AddSingleton<IComputeLauncher>(Launcher);
        services.AddRunnerFleet(o =>
        {
            o.Name = Fleet;
            o.PublicUrl = new Uri("https://fleet.example");
            o.GitHub.WebhookSecret = Secret;
            o.GitHub.Token = "a-token";
            o.GitHub.RegistrationsPerSecond = 1000;
            o.Limits.LaunchesPerJob = 100; // a fault may cost a runner, never the job
            o.Timing.JobCheckSeconds = 300;
            Limits.Apply(o);
        });
        services.AddHttpClient(RunnerFleetHttpClients.GitHub).ConfigurePrimaryHttpMessageHandler(WatchedGitHub.CreateHandler);
        var host = services.BuildServiceProvider();
        _hosts.Add(host);
        var engine = host.GetRequiredService<IRunnerFleet>();
        Engines.Add(engine);
        return engine;
    }

    /// <summary>Takes the webhooks that wait at GitHub, for the test to deliver them where and as often as it likes.</summary>
    public async Task<IReadOnlyList<StandInDelivery>> TakeDeliveriesAsync()
    {
        await GitHub.DeliverPendingAsync(TestContext.Current.CancellationToken);
        StandInDelivery[] taken = [.. _arrived];
        _arrived.Clear();
        return taken;
    }

    /// <summary>The count of every place that was ever taken.</summary>
    public async Task<IReadOnlyDictionary<string, int>> PlacesAsync() => await _store!.GetPlacesAsync(Ledger.PlaceKeys, TestContext.Current.CancellationToken);

    public static WebhookDelivery Webhook(StandInDelivery delivery) => new()
    {
        Body = delivery.Body,
        Event = delivery.Event,
        DeliveryId = delivery.DeliveryId,
        Signature = delivery.Headers.GetValueOrDefault("X-Hub-Signature-256"),
        ContentType = "application/json",
    };

    public ClaimRequest ClaimOf(string runnerId)
    {
        var launch = Launcher.RequestOf(runnerId);
        return new ClaimRequest { RunnerId = runnerId, Attempt = launch.Identity.Attempt, Secret = launch.Environment[RunnerEnvironment.ClaimSecret] };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        GitHub.Dispose();
    }
}
