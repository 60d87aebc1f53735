using Amazon.DynamoDBv2;
using Amazon.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Aws.Ecs;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.GitHub.Rest;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Aws;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Aws.Tests;

/// <summary>
/// A whole fleet on AWS: the real engine and ECS launcher over stand-ins for GitHub and AWS, under one fake clock. Nothing happens by itself: tests deliver, drain, sweep and pass time.
/// </summary>
internal sealed class AwsFleetWorld : IAsyncDisposable
{
    public const string Repository = "acme/app";
    public const string Cluster = "runners";
    public const string Image = "registry.example/runner@sha256:0123";

    private const string Secret = "a webhook secret of the tests";

    private readonly List<ServiceProvider> _hosts = [];
    private readonly Action<RunnerFleetOptions>? _configure;
    private readonly Action<EcsLauncherOptions>? _ecs;
    private readonly Action<IRunnerFleetBuilder>? _build;
    private readonly bool _inDynamoDb;

    /// <param name="configure">Changes the fleet's settings.</param>
    /// <param name="ecs">Changes the launcher's.</param>
    /// <param name="build">Adds to the fleet, after the launcher was chosen.</param>
    /// <param name="inDynamoDb">Whether the fleet is kept in DynamoDB rather than in memory; make its tables first.</param>
    public AwsFleetWorld(Action<RunnerFleetOptions>? configure = null, Action<EcsLauncherOptions>? ecs = null, Action<IRunnerFleetBuilder>? build = null, bool inDynamoDb = false)
    {
        _inDynamoDb = inDynamoDb;
        Clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
        Aws = new AwsStandIn(Clock);
        Ecs.CreateCluster(Cluster, "FARGATE", "FARGATE_SPOT", "instances");
        GitHub = new GitHubStandIn(Clock, new GitHubStandInOptions { WebhookSecret = Secret, Token = "a-token", DeliverAutomatically = false, Receiver = ReceiveAsync });
        GitHub.AddRepository(Repository);
        (_configure, _ecs, _build) = (configure, ecs, build);
        Fleet = AddHost();
    }

    public FakeTimeProvider Clock { get; }

    public AwsStandIn Aws { get; }

    public EcsStandIn Ecs => Aws.Ecs;

    public GitHubStandIn GitHub { get; }

    public InMemoryRunnerStore Store { get; } = new();

    /// <summary>The host that is used; set another where one has died.</summary>
    public IRunnerFleet Fleet { get; set; }

    public CancellationToken Cancel { get; } = TestContext.Current.CancellationToken;

    /// <summary>Another host over the same store, account and GitHub.</summary>
    /// <param name="name">The fleet's name.</param>
    /// <param name="store">The store; <see langword="null"/> for this world's.</param>
    public IRunnerFleet AddHost(string name = "test", IRunnerStore? store = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug));
        services.AddSingleton<TimeProvider>(Clock);
        services.AddSingleton(store ?? Store);
        services.AddSingleton<IEcsApi>(_ => new EcsClient(AwsStandIn.Credentials, Connected(EcsClient.CreateConfig())));
        var builder = services.AddRunnerFleet(o =>
        {
            o.Name = name;
            o.PublicUrl = new Uri("https://fleet.example");
            (o.GitHub.WebhookSecret, o.GitHub.Token, o.GitHub.RegistrationsPerSecond) = (Secret, "a-token", 1000);
            o.Classes["small"] = new RunnerClassOptions { Cpu = 512, Memory = 1024 };
            o.Classes["large"] = new RunnerClassOptions { Cpu = 4096, Memory = 8192, Disk = 100 };
            _configure?.Invoke(o);
        });
        builder.UseEcs(o =>
        {
            (o.Cluster, o.DefaultImage) = (Cluster, Image);
            o.Subnets.Add("subnet-1");
            o.SecurityGroups.Add("sg-1");
            _ecs?.Invoke(o);
        });
        if (_inDynamoDb)
        {
            services.AddSingleton<IAmazonDynamoDB>(_ => new AmazonDynamoDBClient(AwsStandIn.Credentials, Connected(new AmazonDynamoDBConfig())));
            builder.UseDynamoDb();
        }

        _build?.Invoke(builder);
        services.AddHttpClient(RunnerFleetHttpClients.GitHub).ConfigurePrimaryHttpMessageHandler(GitHub.CreateHandler);
        var host = services.BuildServiceProvider();
        _hosts.Add(host);
        return host.GetRequiredService<IRunnerFleet>();
    }

    /// <summary>Settings of a client that speaks to the account and sends once: the SDK's own retries wait by the real clock.</summary>
    public T Connected<T>(T config)
        where T : ClientConfig
    {
        Aws.Connect(config);
        (config.MaxErrorRetry, config.MaxStaleConnectionRetries) = (0, 0);
        return config;
    }

    public StandInJob Queue(params string[] labels) => GitHub.QueueJob(Repository, labels.Length == 0 ? ["self-hosted", "class:small"] : labels);

    public async Task<DrainSummary> DeliverAndDrainAsync()
    {
        await GitHub.DeliverPendingAsync(Cancel);
        return await Fleet.DrainAsync(Cancel);
    }

    /// <summary>Queues a job and drains: its runner is launched, or not.</summary>
    public async Task<(StandInJob Job, Runner Runner)> StartAsync(params string[] labels)
    {
        var job = Queue(labels);
        await DeliverAndDrainAsync();
        return (job, await RunnerOfAsync(job));
    }

    /// <summary>Passes time in steps; after each, deliveries and a drain, as the workers would do.</summary>
    public async Task PassAsync(TimeSpan time, TimeSpan? step = null)
    {
        for (var left = time; left > TimeSpan.Zero;)
        {
            var now = step ?? TimeSpan.FromSeconds(15);
            now = now < left ? now : left;
            Clock.Advance(now);
            left -= now;
            await DeliverAndDrainAsync();
        }
    }

    /// <summary>The task of a runner's present attempt; <see langword="null"/> when there is none.</summary>
    public EcsStandInTask? TaskOf(Runner runner, string fleet = "test") => Ecs.Tasks.SingleOrDefault(task => task.StartedBy == FormattableString.Invariant($"{fleet}/{runner.Id}/{runner.Attempt}"));

    /// <summary>What the entry point of the task's image does: it claims with what its environment holds, and connects.</summary>
    /// <returns>GitHub's id of the runner.</returns>
    public async Task<long> ConnectAsync(Runner runner)
    {
        var environment = TaskOf(runner)?.Environment ?? throw new InvalidOperationException($"Runner {runner.Id} has no task.");
        var claim = new ClaimRequest
        {
            RunnerId = environment[RunnerEnvironment.RunnerId],
            Attempt = int.Parse(environment[RunnerEnvironment.Attempt], System.Globalization.CultureInfo.InvariantCulture),
            Secret = environment[RunnerEnvironment.ClaimSecret],
        };
        var registered = Assert.IsType<ClaimOutcome.Registered>(await Fleet.ClaimAsync(claim, Cancel));
        return GitHub.Connect(registered.EncodedJitConfig) ?? throw new InvalidOperationException("The registration is gone.");
    }

    /// <summary>A part of the first host.</summary>
    public T Service<T>() where T : notnull => _hosts[0].GetRequiredService<T>();

    public async Task<Runner> RunnerAsync(string id) => await Fleet.GetRunnerAsync(id, Cancel) ?? throw new InvalidOperationException($"No runner {id}.");

    public async Task<Job> JobAsync(StandInJob job) => await Fleet.GetJobAsync(new JobKey("github.com", job.Id), Cancel) ?? throw new InvalidOperationException($"No job {job.Id}.");

    public async Task<Runner> RunnerOfAsync(StandInJob job) => await RunnerAsync((await JobAsync(job)).RunnerId ?? throw new InvalidOperationException($"Job {job.Id} has no runner."));

    public async Task<IReadOnlyList<Runner>> RunnersAsync() => (await Fleet.ListRunnersAsync(new RunnerQuery { Take = 1000 }, Cancel)).Items;

    /// <summary>What must hold when all is quiet: nothing lives, nothing is held, nothing is registered.</summary>
    public async Task AssertNothingIsLeftAsync()
    {
        Assert.DoesNotContain(await RunnersAsync(), runner => !runner.IsTerminal);
        Assert.DoesNotContain(Ecs.Tasks, task => task.LastStatus != "STOPPED");
        Assert.Empty(GitHub.Runners);
        Assert.Equal(0, (await Store.GetPlacesAsync(["fleet"], Cancel))["fleet"]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        GitHub.Dispose();
    }

    private async Task<int> ReceiveAsync(StandInDelivery delivery, CancellationToken cancellationToken)
    {
        var webhook = new WebhookDelivery
        {
            Body = delivery.Body,
            Event = delivery.Event,
            DeliveryId = delivery.DeliveryId,
            Signature = delivery.Headers.GetValueOrDefault("X-Hub-Signature-256"),
            ContentType = "application/json",
        };
        return await Fleet.ReceiveAsync(webhook, cancellationToken) is WebhookOutcome.Recorded or WebhookOutcome.Ignored ? 202 : 503;
    }
}
