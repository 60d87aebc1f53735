using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Aws.Ecs;
using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.Aws.Tests.Ecs;

/// <summary>A launcher over the stand-in for ECS, with nothing else of a fleet.</summary>
internal sealed class EcsWorld : IDisposable
{
    public const string Image = "registry.example/runner@sha256:0123";
    public const string Cluster = "runners";

    private readonly List<EcsClient> _clients = [];
    private int _runners;

    public EcsWorld(Action<EcsLauncherOptions>? configure = null, FakeTimeProvider? clock = null)
    {
        Clock = clock ?? new FakeTimeProvider(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
        Aws = new AwsStandIn(Clock);
        Ecs.CreateCluster(Cluster, "FARGATE", "FARGATE_SPOT", "instances");
        Launcher = NewLauncher(configure);
    }

    public FakeTimeProvider Clock { get; }

    public AwsStandIn Aws { get; }

    public EcsStandIn Ecs => Aws.Ecs;

    public EcsLauncher Launcher { get; }

    public CancellationToken Cancel { get; } = TestContext.Current.CancellationToken;

    public IReadOnlyList<string> Operations => [.. Aws.Calls.Select(call => call.Operation)];

    public static EcsLauncherOptions Options(Action<EcsLauncherOptions>? configure = null)
    {
        var options = new EcsLauncherOptions { Cluster = Cluster, Subnets = { "subnet-1", "subnet-2" }, SecurityGroups = { "sg-1" } };
        configure?.Invoke(options);
        return options;
    }

    /// <summary>The launcher of another host.</summary>
    public EcsLauncher NewLauncher(Action<EcsLauncherOptions>? configure = null, IEcsApi? ecs = null) =>
        new(ecs ?? NewClient(), Microsoft.Extensions.Options.Options.Create(Options(configure)), Clock, NullLogger<EcsLauncher>.Instance);

    /// <summary>A client that sends once, unless told otherwise: tests do not wait for the SDK's back-off. What breaks off it sends again all the same.</summary>
    public EcsClient NewClient(int maxErrorRetry = 0)
    {
        var config = EcsClient.CreateConfig();
        Aws.Connect(config);
        config.MaxErrorRetry = maxErrorRetry;
        if (maxErrorRetry == 0)
        {
            config.MaxStaleConnectionRetries = 0;
        }

        var client = new EcsClient(AwsStandIn.Credentials, config);
        _clients.Add(client);
        return client;
    }

    public ComputeIdentity NewIdentity(string fleet = "test") => new() { Fleet = fleet, RunnerId = FormattableString.Invariant($"01{++_runners:D24}"), Attempt = 1 };

    public LaunchRequest Request(ComputeIdentity? identity = null, Func<LaunchPlan, LaunchPlan>? change = null)
    {
        identity ??= NewIdentity();
        var plan = new LaunchPlan
        {
            Attempt = identity.Attempt,
            ClassName = "small",
            Cpu = 512,
            MemoryMiB = 1024,
            Architecture = "x64",
            Image = Image,
            ControlPlaneUrl = new Uri("https://fleet.example"),
            ClaimKeyId = "key",
        };
        return new()
        {
            Identity = identity,
            Plan = change?.Invoke(plan) ?? plan,
            Environment = new SortedDictionary<string, string>
            {
                [RunnerEnvironment.ControlPlaneUrl] = "https://fleet.example",
                [RunnerEnvironment.RunnerId] = identity.RunnerId,
                [RunnerEnvironment.Attempt] = "1",
                [RunnerEnvironment.ClaimSecret] = "a-claim-secret",
            },
            Tags = new SortedDictionary<string, string> { ["repository"] = "acme/app", ["class"] = "small" },
        };
    }

    public async Task<ComputeRef> LaunchAsync(LaunchRequest? request = null) =>
        Assert.IsType<LaunchOutcome.Launched>(await Launcher.LaunchAsync(request ?? Request(), Cancel)).Compute;

    public async Task<FindOutcome> DescribeAsync(ComputeRef compute) => (await Launcher.DescribeAsync([compute], Cancel))[compute];

    public async Task<ComputeDescription> DescriptionAsync(ComputeRef compute) => Assert.IsType<FindOutcome.Found>(await DescribeAsync(compute)).Description;

    public void Pass(double seconds) => Clock.Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>The body of the last request of an operation.</summary>
    public JsonObject LastBody(string operation) => (JsonObject)JsonNode.Parse(Aws.Calls.Last(call => call.Operation == operation).Body.Span)!;

    public void Dispose() => _clients.ForEach(client => client.Dispose());
}
