using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RunnerFleet.Aws.Ecs;
using RunnerFleet.Tests.Aws;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.Tests.Ecs;

/// <summary>
/// The launcher over an ECS that others wrote: what it sends is understood, what it is answered is read. moto 5.2.1 ignores client tokens, never lacks capacity and starts tasks at once, so that
/// everything else is tested over the stand-in.
/// </summary>
public sealed class EcsEmulatorTests(AwsEndpoint endpoint) : IAsyncLifetime
{
    private const string Region = "eu-west-3"; // moto keeps each region's state apart
    private const string RunnerId = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    private readonly string _cluster = $"rf-{Ulid.NewUlid()}";
    private readonly HttpClient _http = new();
    private EcsClient? _client;
    private string _subnet = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _http.BaseAddress = await endpoint.NeedAsync();
        await PostAsync("ecs", new StringContent(JsonSerializer.Serialize(new { clusterName = _cluster })), ("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.CreateCluster"));
        var subnets = XDocument.Parse(await PostAsync("ec2", new FormUrlEncodedContent([new("Action", "DescribeSubnets"), new("Version", "2016-11-15")])));
        _subnet = subnets.Descendants().First(element => element.Name.LocalName == "subnetId").Value;

        // Else each description moves a task on towards its end. Other emulators do not know this address, and need not.
        using var transition = new StringContent("""{"model_name":"ecs::task","transition":{"progression":"manual","times":1000000}}""");
        using var answer = await _http.PostAsync(new Uri("moto-api/state-manager/set-transition", UriKind.Relative), transition, Cancel);
        _client = new EcsClient(AwsEndpoint.Credentials, await endpoint.ConnectAsync(EcsClient.CreateConfig(), Region));
    }

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _http.Dispose();
        return default;
    }

    [Fact]
    public async Task A_task_is_launched_described_listed_and_stopped()
    {
        var launcher = NewLauncher();
        var request = Request(new() { Fleet = "test", RunnerId = RunnerId, Attempt = 2 });

        var compute = Assert.IsType<LaunchOutcome.Existing>(await launcher.LaunchAsync(request, Cancel)).Compute; // it runs at once, as if it were older

        Assert.Equal(("ecs", _cluster), (compute.Launcher, compute.Location));
        var described = Assert.IsType<FindOutcome.Found>((await launcher.DescribeAsync([compute], Cancel))[compute]).Description;
        Assert.Equal((ComputeStatus.Running, RunnerId, 2), (described.Status, described.RunnerId, described.Attempt));
        Assert.Equal(compute, Assert.Single((await launcher.ListAsync("test", null, Cancel)).Items).Compute);
        Assert.Empty((await launcher.ListAsync("other", null, Cancel)).Items);
        Assert.Equal(compute, Assert.IsType<FindOutcome.Found>(await launcher.FindAsync(request.Identity, Cancel)).Description.Compute);

        Assert.IsType<StopOutcome.Stopped>(await launcher.StopAsync(compute, "SURPLUS: not needed", Cancel));
        var stopped = Assert.IsType<FindOutcome.Found>(await launcher.FindAsync(request.Identity, Cancel)).Description;
        Assert.Equal((compute, ComputeStatus.Stopped), (stopped.Compute, stopped.Status));
        Assert.Contains("SURPLUS: not needed", stopped.End?.Reason, StringComparison.Ordinal);
        Assert.Empty((await launcher.ListAsync("test", null, Cancel)).Items);
    }

    [Fact]
    public async Task What_was_asked_for_arrives()
    {
        var request = Request(new() { Fleet = "test", RunnerId = RunnerId, Attempt = 1 });
        var compute = (await NewLauncher().LaunchAsync(request, Cancel)) switch
        {
            LaunchOutcome.Launched launched => launched.Compute,
            LaunchOutcome.Existing existing => existing.Compute, // it runs at once, as if it were older
            var outcome => throw new InvalidOperationException(outcome.ToString()),
        };

        var described = JsonNode.Parse(await PostAsync(
            "ecs",
            new StringContent(JsonSerializer.Serialize(new { cluster = _cluster, tasks = new[] { compute.Id }, include = new[] { "TAGS" } })),
            ("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.DescribeTasks")))!["tasks"]![0]!;

        Assert.Equal(request.Identity.Token, (string?)described["startedBy"]);
        Assert.Equal("a-claim-secret", (string?)described["overrides"]!["containerOverrides"]![0]!["environment"]!.AsArray().Single(one => (string?)one!["name"] == RunnerEnvironment.ClaimSecret)!["value"]);
        Assert.Equal("1024", (string?)described["overrides"]!["memory"]);
        Assert.Contains(described["tags"]!.AsArray(), tag => (string?)tag!["key"] == "runnerfleet:runner" && (string?)tag["value"] == RunnerId);
    }

    [Fact]
    public async Task A_task_definition_is_registered_once_and_found_by_the_next_host()
    {
        var before = await _client!.DescribeTaskDefinitionAsync($"nobody-{_cluster}", Cancel);
        var first = await TaskDefinitionOfAsync(await LaunchAsync(1));
        var second = await TaskDefinitionOfAsync(await LaunchAsync(2));

        Assert.Null(before);
        Assert.Equal(first, second);
        Assert.Matches(":task-definition/test-[0-9a-f]{32}:[0-9]+$", first);
    }

    private async Task<string> LaunchAsync(int attempt) => await NewLauncher().LaunchAsync(Request(new() { Fleet = "test", RunnerId = RunnerId, Attempt = attempt }), Cancel) switch
    {
        LaunchOutcome.Launched launched => launched.Compute.Id,
        LaunchOutcome.Existing existing => existing.Compute.Id,
        var outcome => throw new InvalidOperationException(outcome.ToString()),
    };

    private async Task<string> TaskDefinitionOfAsync(string task) => (string)JsonNode.Parse(await PostAsync(
        "ecs",
        new StringContent(JsonSerializer.Serialize(new { cluster = _cluster, tasks = new[] { task } })),
        ("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.DescribeTasks")))!["tasks"]![0]!["taskDefinitionArn"]!;

    private EcsLauncher NewLauncher() => new(
        _client!,
        Options.Create(new EcsLauncherOptions { Cluster = _cluster, Subnets = { _subnet }, SecurityGroups = { "sg-0123" } }),
        TimeProvider.System,
        NullLogger<EcsLauncher>.Instance);

    private static LaunchRequest Request(ComputeIdentity identity) => new()
    {
        Identity = identity,
        Plan = new()
        {
            Attempt = identity.Attempt,
            ClassName = "small",
            Cpu = 512,
            MemoryMiB = 1024,
            DiskGiB = 30,
            Architecture = "x64",
            Image = "registry.example/runner@sha256:0123",
            ControlPlaneUrl = new Uri("https://fleet.example"),
            ClaimKeyId = "key",
        },
        Environment = new SortedDictionary<string, string> { [RunnerEnvironment.ControlPlaneUrl] = "https://fleet.example", [RunnerEnvironment.ClaimSecret] = "a-claim-secret" },
        Tags = new Dictionary<string, string> { ["repository"] = "acme/app" },
    };

    /// <summary>Asks without any client: the emulator looks at no signature, only at the region in it.</summary>
    private async Task<string> PostAsync(string service, HttpContent content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/", UriKind.Relative)) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("AWS4-HMAC-SHA256", $"Credential=test/20261101/{Region}/{service}/aws4_request, SignedHeaders=host, Signature=0");
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using var answer = await _http.SendAsync(request, Cancel);
        var body = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, body);
        return body;
    }
}
