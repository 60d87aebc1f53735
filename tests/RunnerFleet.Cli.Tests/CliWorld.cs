using System.Globalization;
using System.Text.Json.Nodes;
using Amazon;
using Amazon.DynamoDBv2;
using Amazon.Extensions.NETCore.Setup;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
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
using RunnerFleet.Testing.Fakes;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Cli.Tests;

/// <summary>
/// An AWS account and a GitHub that stand in, a host of a fleet with its tables there, which does nothing by itself, and the tool, run in this process under the same clock.
/// </summary>
internal sealed class CliWorld : IAsyncDisposable
{
    public const string Table = "ci-runners";
    public const string Cluster = "ci";
    public const string Region = "eu-central-1";
    public const string Repository = "acme/app";

    private const string Secret = "a webhook secret of the tests";

    private readonly AwsStandInServer _server;
    private readonly IHost _host;

    private CliWorld(FakeTimeProvider clock, AwsStandIn account, AwsStandInServer server, string fleet)
    {
        (Clock, Account, _server) = (clock, account, server);
        GitHub = new GitHubStandIn(clock, new GitHubStandInOptions { WebhookSecret = Secret, Token = "a-token", DeliverAutomatically = false, Receiver = ReceiveAsync });
        GitHub.AddRepository(Repository);
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton<TimeProvider>(clock).AddSingleton(AwsOptions()).AddLogging();
        builder.Services.AddRunnerFleet(o =>
        {
            (o.Name, o.PublicUrl) = (fleet, new Uri("https://fleet.example"));
            (o.GitHub.WebhookSecret, o.GitHub.Token, o.GitHub.RegistrationsPerSecond) = (Secret, "a-token", 1000);
            o.Classes["small"] = new RunnerClassOptions { Cpu = 512, Memory = 1024, Limit = 1 };
        })
        .UseDynamoDb(o => (o.RunnerTable, o.CreateTables) = (Table, true))
        .UseEcs(o =>
        {
            (o.Cluster, o.DefaultImage) = (Cluster, "registry.example/runner@sha256:0123");
            o.Subnets.Add("subnet-1");
        });
        builder.Services.AddHttpClient(RunnerFleetHttpClients.GitHub).ConfigurePrimaryHttpMessageHandler(GitHub.CreateHandler);
        _host = builder.Build();
    }

    public FakeTimeProvider Clock { get; }

    public AwsStandIn Account { get; }

    public GitHubStandIn GitHub { get; }

    /// <summary>The fleet, as its host has it.</summary>
    public IRunnerFleet Fleet => _host.Services.GetRequiredService<IRunnerFleet>();

    public IRunnerStore Store => _host.Services.GetRequiredService<IRunnerStore>();

    public IEcsApi Ecs => _host.Services.GetRequiredService<IEcsApi>();

    public IAmazonDynamoDB DynamoDb => _host.Services.GetRequiredService<IAmazonDynamoDB>();

    public IComputeLauncher Launcher => _host.Services.GetRequiredService<IComputeLauncher>();

    public Uri Url => _server.Url;

    public Dictionary<string, string> Variables { get; } = new() { ["RUNNER_TABLE"] = Table, ["AWS_REGION"] = Region };

    /// <summary>Somebody at the terminal; <see langword="null"/>: there is nobody.</summary>
    public TextReader? Person { get; set; }

    /// <summary>Services that go before the tool's own.</summary>
    public Action<IServiceCollection>? Services { get; set; }

    /// <summary>Changes the tool's AWS settings.</summary>
    public Action<AWSOptions>? Aws { get; set; }

    public CancellationToken Cancel { get; } = TestContext.Current.CancellationToken;

    public static async Task<CliWorld> CreateAsync(string fleet = "default")
    {
        var clock = new FakeTimeProvider(SampleRecords.Epoch.AddMinutes(10));
        var account = new AwsStandIn(clock);
        account.Ecs.CreateCluster(Cluster);
        var world = new CliWorld(clock, account, await AwsStandInServer.StartAsync(account, cancellationToken: TestContext.Current.CancellationToken), fleet);
        await world._host.StartAsync(world.Cancel);
        account.ForgetCalls();
        return world;
    }

    /// <summary>Settings of AWS clients that speak to the account, and send once.</summary>
    public AWSOptions AwsOptions() => new()
    {
        Credentials = AwsStandIn.Credentials,
        Region = RegionEndpoint.GetBySystemName(Region),
        DefaultClientConfig = { ServiceURL = Url.AbsoluteUri, AuthenticationRegion = Region, MaxErrorRetry = 0 },
    };

    public async Task DrainAsync()
    {
        await GitHub.DeliverPendingAsync(Cancel);
        await Fleet.DrainAsync(Cancel);
    }

    /// <summary>Queues a job, delivers its webhook and drains.</summary>
    public async Task<JobKey> QueueAsync(params string[] labels)
    {
        var job = GitHub.QueueJob(Repository, labels.Length == 0 ? ["self-hosted", "class:small"] : labels);
        await DrainAsync();
        return new JobKey("github.com", job.Id);
    }

    public async Task<Runner> RunnerOfAsync(JobKey job) => await RunnerAsync((await Fleet.GetJobAsync(job, Cancel))!.RunnerId!);

    public async Task<Runner> RunnerAsync(string id) => (await Fleet.GetRunnerAsync(id, Cancel))!;

    /// <summary>What the entry point of a runner's image does, and what GitHub does then: the runner takes a job.</summary>
    public async Task TakeJobAsync(Runner runner)
    {
        var environment = Account.Ecs.Tasks.Single(task => task.Arn == runner.Compute!.Id).Environment;
        var claim = new ClaimRequest
        {
            RunnerId = environment[RunnerEnvironment.RunnerId],
            Attempt = int.Parse(environment[RunnerEnvironment.Attempt], CultureInfo.InvariantCulture),
            Secret = environment[RunnerEnvironment.ClaimSecret],
        };
        var registered = Assert.IsType<ClaimOutcome.Registered>(await Fleet.ClaimAsync(claim, Cancel));
        GitHub.TakeJob(GitHub.Connect(registered.EncodedJitConfig)!.Value);
        await DrainAsync();
    }

    /// <summary>A task as a fleet starts one.</summary>
    public async Task<string> LaunchAsync(string fleet, string runner)
    {
        var outcome = await Launcher.LaunchAsync(new()
        {
            Identity = new() { Fleet = fleet, RunnerId = runner, Attempt = 1 },
            Plan = new() { Attempt = 1, ClassName = "small", Cpu = 512, MemoryMiB = 1024, Architecture = "x64", ControlPlaneUrl = new("https://fleet.example"), ClaimKeyId = "k" },
            Environment = new Dictionary<string, string> { [RunnerEnvironment.ControlPlaneUrl] = "https://fleet.example", [RunnerEnvironment.ClaimSecret] = "a-secret" },
        }, Cancel);
        Assert.True(outcome is LaunchOutcome.Launched, (outcome as LaunchOutcome.Rejected)?.Reason);
        return ((LaunchOutcome.Launched)outcome).Compute.Id;
    }

    public Task AddAsync(params Runner[] runners) => CommitAsync(new() { Runners = runners });

    public Task AddAsync(params Job[] jobs) => CommitAsync(new() { Jobs = jobs });

    public async Task<ToolRun> RunAsync(params string[] arguments) => await RunAsync(arguments, null);

    public async Task<ToolRun> RunAsync(string[] arguments, Spectre.Console.IAnsiConsole? terminal, CancellationToken cancellationToken = default)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var host = new ToolHost
        {
            Output = output,
            Error = error,
            Person = Person,
            Terminal = terminal,
            Variable = Variables.GetValueOrDefault,
            Clock = Clock,
            Services = services =>
            {
                Services?.Invoke(services);
                var aws = AwsOptions();
                Aws?.Invoke(aws);
                services.AddSingleton(aws);
            },
        };
        using var either = CancellationTokenSource.CreateLinkedTokenSource(Cancel, cancellationToken);
        return new(await Tool.RunAsync(arguments, host, either.Token), output.ToString(), error.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
        await _server.DisposeAsync();
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

    private async Task CommitAsync(StoreCommit commit) => Assert.IsType<CommitOutcome.Committed>(await Store.CommitAsync(commit, Cancel));
}

/// <summary>What one run of the tool left.</summary>
internal sealed record ToolRun(ExitCode Code, string Output, string Error)
{
    public JsonNode Json => JsonNode.Parse(Output)!;

    /// <summary>Compares what was written; lines as they stand, without trailing blanks.</summary>
    public void MustSay(ExitCode code, string output, string error = "")
    {
        Assert.Equal(Lines(error), Lines(Error));
        Assert.Equal(Lines(output), Lines(Output));
        Assert.Equal(code, Code);
    }

    private static string Lines(string text) => string.Join('\n', text.ReplaceLineEndings("\n").Trim('\n').Split('\n').Select(line => line.TrimEnd()));
}
