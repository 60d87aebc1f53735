using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Amazon.Runtime;
using RunnerFleet.Testing.GitHub;
using RunnerFleet.Tests.Aws;

namespace RunnerFleet.Hosts.Tests.Aws;

/// <summary>A sample host whose fleet is on an AWS that listens on this machine, and the runners that its tasks would be.</summary>
internal sealed class AwsHost(HostWorld world, Uri aws, ImmutableCredentials credentials, string region) : IDisposable
{
    public const string Cluster = "runners";

    /// <summary>A task could not reach a loopback address, so the launcher refuses one; in these tests nobody follows it.</summary>
    public const string PublicUrl = "https://fleet.example";
    public const string Image = "registry.example/runner@sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
    private const string ApiKey = "the-API-key-of-these-tests";

    private readonly HttpClient _http = new() { BaseAddress = aws };

    public void Configure(string subnet)
    {
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["AWS_ENDPOINT_URL"] = aws.AbsoluteUri,
            ["AWS_REGION"] = region,
            ["AWS_ACCESS_KEY_ID"] = credentials.AccessKey,
            ["AWS_SECRET_ACCESS_KEY"] = credentials.SecretKey,
            ["RunnerFleet:Store"] = "dynamodb",
            ["RunnerFleet:Launcher"] = "ecs",
            ["RunnerFleet:PublicUrl"] = PublicUrl,
            ["RunnerFleet:Api:Key"] = ApiKey,
            ["RunnerFleet:Aws:DynamoDb:RunnerTable"] = world.Name,
            ["RunnerFleet:Aws:DynamoDb:CreateTables"] = "true",
            ["RunnerFleet:Aws:Ecs:Cluster"] = Cluster,
            ["RunnerFleet:Aws:Ecs:Subnets:0"] = subnet,
            ["RunnerFleet:Aws:Ecs:SecurityGroups:0"] = "sg-0123456789abcdef0",
            ["RunnerFleet:Aws:Ecs:DefaultImage"] = Image,
            ["RunnerFleet:Aws:Ecs:Tags:team"] = "platform",
            ["RunnerFleet:Classes:small:Cpu"] = "512",
            ["RunnerFleet:Classes:small:Memory"] = "1024",
            ["RunnerFleet:Timing:LaunchTimeoutSeconds"] = "20",
        })
        {
            world.Settings[name] = value;
        }

        world.Http.DefaultRequestHeaders.Add("X-RunnerFleet-Key", ApiKey);
    }

    /// <summary>What ECS says of a task.</summary>
    public async Task<JsonNode> DescribeAsync(string task) =>
        (await CallAsync("ecs", "AmazonEC2ContainerServiceV20141113.DescribeTasks", new JsonObject { ["cluster"] = Cluster, ["tasks"] = new JsonArray(task), ["include"] = new JsonArray("TAGS") }))["tasks"]![0]!;

    public static string EnvironmentOf(JsonNode task, string variable) =>
        (string)task["overrides"]!["containerOverrides"]![0]!["environment"]!.AsArray().Single(one => (string?)one!["name"] == variable)!["value"]!;

    /// <summary>Does what the container of a task does: claims its registration, runs a job, and ends.</summary>
    public async Task RunAsync(JsonNode task)
    {
        using var claim = new HttpRequestMessage(HttpMethod.Post, "runner/claim")
        {
            Content = JsonContent.Create(new { runnerId = EnvironmentOf(task, "RUNNERFLEET_RUNNER_ID"), attempt = int.Parse(EnvironmentOf(task, "RUNNERFLEET_ATTEMPT"), System.Globalization.CultureInfo.InvariantCulture) }),
        };
        claim.Headers.Authorization = new AuthenticationHeaderValue("Bearer", EnvironmentOf(task, "RUNNERFLEET_CLAIM_SECRET"));
        using var answer = await world.Http.SendAsync(claim);
        var registration = (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonNode>())!;
        Assert.Equal(StandInRunner.Done, await StandInRunner.RunAsync((string)registration["jitConfig"]!, TextWriter.Null, TimeProvider.System, TestContext.Current.CancellationToken));
    }

    /// <summary>Calls an emulator that looks at no signature.</summary>
    public Task<JsonNode> CallAsync(string service, string target, JsonObject body) => _http.CallAsync(region, service, target, body);

    /// <summary>The same for EC2, which speaks otherwise.</summary>
    public async Task<string> SubnetAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new FormUrlEncodedContent([new("Action", "DescribeSubnets"), new("Version", "2016-11-15")]) };
        request.Headers.Authorization = new AuthenticationHeaderValue("AWS4-HMAC-SHA256", $"Credential=test/20261101/{region}/ec2/aws4_request, SignedHeaders=host, Signature=0");
        using var answer = await _http.SendAsync(request);
        var subnets = System.Xml.Linq.XDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        return subnets.Descendants().First(element => element.Name.LocalName == "subnetId").Value;
    }

    public void Dispose() => _http.Dispose();
}
