using System.Text;
using System.Text.Json.Nodes;
using Amazon.DynamoDBv2;
using Amazon.Extensions.NETCore.Setup;
using Amazon.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RunnerFleet.GitHub;
using RunnerFleet.LambdaHost.Tests.Http;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.LambdaHost.Tests.Aws;

/// <summary>A fleet on an AWS that listens on this machine: its tables, the settings of its functions, and a look at what is stored.</summary>
internal sealed class FleetOnAws : IAsyncDisposable
{
    public const string Cluster = "runners";
    public const string Secret = "the webhook secret of these tests";
    public const string Token = "token-of-these-tests";
    public const string Repository = "octo-org/octo-repo";
    public static readonly string[] Labels = ["self-hosted", "class:small"];

    private readonly AmazonDynamoDBClient _dynamo;
    private readonly ServiceProvider _services;

    private FleetOnAws(Dictionary<string, string> settings, AmazonDynamoDBClient dynamo, ServiceProvider services) => (Settings, _dynamo, _services) = (settings, dynamo, services);

    public Dictionary<string, string> Settings { get; }

    /// <summary>A front door of its own, for looking.</summary>
    public IRunnerFleet Fleet => _services.GetRequiredService<IRunnerFleet>();

    /// <param name="aws">Where AWS listens.</param>
    /// <param name="credentials">What it knows us by.</param>
    /// <param name="region">Which region.</param>
    /// <param name="name">The name of the fleet and of its table.</param>
    /// <param name="subnet">A subnet that is there.</param>
    /// <param name="queue">The queue of hints.</param>
    /// <param name="others">Further settings.</param>
    public static async Task<FleetOnAws> CreateAsync(Uri aws, ImmutableCredentials credentials, string region, string name, string subnet, string queue, params (string Name, string Value)[] others)
    {
        var settings = new Dictionary<string, string>
        {
            ["AWS_ENDPOINT_URL"] = aws.AbsoluteUri,
            ["AWS_REGION"] = region,
            ["AWS_ACCESS_KEY_ID"] = credentials.AccessKey,
            ["AWS_SECRET_ACCESS_KEY"] = credentials.SecretKey,
            ["RunnerFleet:Name"] = name,
            ["RunnerFleet:PublicUrl"] = "https://fleet.example",
            ["RunnerFleet:GitHub:WebhookSecret"] = Secret,
            ["RunnerFleet:GitHub:Token"] = Token,
            ["RunnerFleet:GitHub:Repository"] = Repository,
            ["RunnerFleet:GitHub:ReconcileCallsPerHour"] = "0",
            ["RunnerFleet:GitHub:ApiUrl"] = "http://127.0.0.1:9/", // nobody: what a test does not tell of is not known
            ["RunnerFleet:Classes:small:Cpu"] = "512",
            ["RunnerFleet:Classes:small:Memory"] = "1024",
            ["RunnerFleet:Aws:DynamoDb:RunnerTable"] = name,
            ["RunnerFleet:Aws:Ecs:Cluster"] = Cluster,
            ["RunnerFleet:Aws:Ecs:Subnets:0"] = subnet,
            ["RunnerFleet:Aws:Ecs:SecurityGroups:0"] = "sg-0123456789abcdef0",
            ["RunnerFleet:Aws:Ecs:DefaultImage"] = "registry.example/runner@sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
            ["RunnerFleet:Aws:Sqs:QueueUrl"] = queue,
        };
        foreach (var (setting, value) in others)
        {
            settings[setting] = value;
        }

        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value)).Append(new("RunnerFleet:Aws:DynamoDb:CreateTables", "true"))).Build();
        var dynamo = new AmazonDynamoDBClient(new BasicAWSCredentials(credentials.AccessKey, credentials.SecretKey), new AmazonDynamoDBConfig { ServiceURL = aws.AbsoluteUri, AuthenticationRegion = region });
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IAmazonDynamoDB>(dynamo);
        services.AddSingleton(new AWSOptions { Region = Amazon.RegionEndpoint.GetBySystemName(region), Credentials = new BasicAWSCredentials(credentials.AccessKey, credentials.SecretKey) });
        services.AddRunnerFleet(configuration.GetSection("RunnerFleet")).UseAws(configuration.GetSection("RunnerFleet:Aws"));
        var fleet = new FleetOnAws(settings, dynamo, services.BuildServiceProvider());
        foreach (var starting in fleet._services.GetServices<IHostedService>().OfType<IHostedLifecycleService>())
        {
            await starting.StartingAsync(TestContext.Current.CancellationToken);
        }

        return fleet;
    }

    public static JsonObject Queued(long job)
    {
        var body = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["action"] = "queued",
            ["workflow_job"] = new JsonObject
            {
                ["id"] = job,
                ["run_id"] = job + 1,
                ["run_attempt"] = 1,
                ["name"] = "build",
                ["status"] = "queued",
                ["labels"] = new JsonArray([.. Labels.Select(label => (JsonNode?)label)]),
                ["created_at"] = "2026-11-27T12:00:00Z",
            },
            ["repository"] = new JsonObject { ["id"] = 1296269, ["name"] = Repository.Split('/')[1], ["full_name"] = Repository, ["private"] = true, ["owner"] = new JsonObject { ["login"] = Repository.Split('/')[0], ["id"] = 583231 } },
        }.ToJsonString());
        return Requests.Of("HTTP API", "POST", "/webhook", body, asBase64: true,
            ("Content-Type", "application/json"), ("X-GitHub-Event", "workflow_job"), ("X-GitHub-Delivery", $"d-{job}"), ("X-Hub-Signature-256", WebhookSignature.Sign(body, Secret)));
    }

    public static JsonObject Batch(params (string Id, string Body)[] messages) => new()
    {
        ["Records"] = new JsonArray([.. messages.Select(message => (JsonNode?)new JsonObject { ["messageId"] = message.Id, ["body"] = message.Body, ["eventSource"] = "aws:sqs" })]),
    };

    public async Task<IReadOnlyList<Runner>> RunnersAsync()
    {
        var all = new List<Runner>();
        string? continuation = null;
        do
        {
            var page = await Fleet.ListRunnersAsync(new RunnerQuery { Continuation = continuation }, TestContext.Current.CancellationToken);
            all.AddRange(page.Items);
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return all;
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _dynamo.Dispose();
    }
}
