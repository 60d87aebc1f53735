using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using RunnerFleet.GitHub;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Hosts.Tests;

/// <summary>A folder, a port, a fleet name of its own, and hosts one after the other over the same data. At the end nothing of it runs any more.</summary>
internal sealed class HostWorld : IAsyncDisposable
{
    public const string Repository = "octo-org/octo-repo";
    public const string Secret = "the webhook secret of these tests";
    public static readonly string[] Labels = ["self-hosted"];

    public const string Token = "token-of-these-tests";

    private readonly List<HostProcess> _hosts = [];
    private GitHubStandIn? _gitHub;
    private GitHubStandInServer? _server;

    private HostWorld()
    {
        Directory.CreateDirectory(Folder);
        Url = new Uri($"http://127.0.0.1:{HostProcess.FreePort()}/");
        Http = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(30) };
        Settings = new()
        {
            ["ASPNETCORE_URLS"] = Url.AbsoluteUri.TrimEnd('/'),
            ["RunnerFleet:Name"] = Name,
            ["RunnerFleet:DataFolder"] = Path.Combine(Folder, "data"),
        };
    }

    public string Name { get; } = "h" + RandomNumberGenerator.GetHexString(10, lowercase: true);

    public string Folder => Path.Combine(Path.GetTempPath(), "runnerfleet-" + Name);

    public Uri Url { get; }

    public HttpClient Http { get; }

    /// <summary>How long anything that is waited for may take.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(90);

    public Dictionary<string, string> Settings { get; }

    /// <summary>The host's program and its arguments: samples/AspNetHost, unless told otherwise.</summary>
    public IReadOnlyList<string> Command { get; init; } = [HostProcess.Program];

    public HostProcess Host => _hosts[^1];

    public GitHubStandIn GitHub => _gitHub ?? throw new InvalidOperationException("This world has the demo's GitHub only.");

    /// <summary>Without any GitHub setting.</summary>
    public static HostWorld ForDemo() => new();

    /// <summary>With a GitHub stand-in in this process, which hosts may come and go around.</summary>
    public static async Task<HostWorld> WithGitHubAsync(params string[] command)
    {
        var world = command.Length == 0 ? new HostWorld() : new HostWorld { Command = command };
        world._gitHub = new GitHubStandIn(TimeProvider.System, new() { WebhookSecret = Secret, Token = Token, WebhookUrls = [new Uri(world.Url, "webhook")] });
        world._gitHub.AddRepository(Repository);
        world._server = await GitHubStandInServer.StartAsync(world._gitHub);
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["GitHub:ApiUrl"] = world._server.Url.AbsoluteUri,
            ["GitHub:WebhookSecret"] = Secret,
            ["GitHub:Token"] = Token,
            ["GitHub:Repository"] = Repository,
            ["Process:Command:0"] = HostProcess.Dotnet,
            ["Process:Command:1"] = HostProcess.Program,
            ["Process:Command:2"] = "demo-runner",
            ["Process:StopGraceSeconds"] = "5",
            ["Timing:LaunchTimeoutSeconds"] = "5",
            ["Timing:IdleProofSeconds"] = "1",
            ["Timing:IdleCheckSeconds"] = "5",
            ["Timing:RetrySeconds"] = "1",
            ["Timing:ExitGraceSeconds"] = "5",
            ["Timing:DrainIntervalSeconds"] = "1",
            ["Timing:SweepIntervalSeconds"] = "5",
        })
        {
            world.Settings["RunnerFleet:" + name] = value;
        }

        return world;
    }

    /// <summary>Starts a host over the data of the one before, and waits until it answers.</summary>
    public async Task StartHostAsync()
    {
        var host = StartUnawaited();
        await EventuallyAsync(async () =>
        {
            Assert.False(host.HasExited, host.Output);
            try
            {
                using var answer = await Http.GetAsync(new Uri("healthz", UriKind.Relative));
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    public HostProcess StartUnawaited()
    {
        var host = HostProcess.Start(Folder, Settings, Command);
        _hosts.Add(host);
        return host;
    }

    public async Task<JsonNode> GetAsync(string path) => (await Http.GetFromJsonAsync<JsonNode>(path))!;

    /// <summary>All runners that ever were recorded for a job.</summary>
    public async Task<IReadOnlyList<JsonNode>> RunnersAsync(long? job = null)
    {
        var items = (await GetAsync("api/runners"))["items"]!.AsArray();
        return [.. items.Where(r => job is null || (long?)r!["jobId"] == job).Select(r => r!)];
    }

    public async Task<string?> JobStateAsync(long job)
    {
        using var answer = await Http.GetAsync(new Uri($"api/jobs/{job}", UriKind.Relative));
        return answer.StatusCode == HttpStatusCode.NotFound ? null : (string?)(await answer.Content.ReadFromJsonAsync<JsonNode>())!["state"];
    }

    public Task UntilRunnerIsAsync(long job, string state) => EventuallyAsync(async () => (await RunnersAsync(job)).Any(r => (string?)r["state"] == state), () => $"runner {state}");

    public Task UntilPrintedAsync(string text) => EventuallyAsync(() => Task.FromResult(Host.Output.Contains(text, StringComparison.Ordinal)), () => $"the line {text}");

    /// <summary>Posts a webhook of our own making, as GitHub would.</summary>
    public async Task<(HttpStatusCode Status, JsonNode? Body)> PostAsync(string action, long job, string? status = null, string? conclusion = null, string? runnerName = null, string delivery = "72d3162e-cc78-11e3-81ab-4c9367dc0958", IReadOnlyList<string>? labels = null)
    {
        var body = new JsonObject
        {
            ["action"] = action,
            ["workflow_job"] = new JsonObject
            {
                ["id"] = job,
                ["run_id"] = job + 1,
                ["run_attempt"] = 1,
                ["name"] = "build",
                ["status"] = status ?? action,
                ["conclusion"] = conclusion,
                ["labels"] = new JsonArray([.. (labels ?? Labels).Select(l => JsonValue.Create(l))]),
                ["runner_id"] = runnerName is null ? null : 7,
                ["runner_name"] = runnerName,
                ["created_at"] = TimeProvider.System.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
            },
            ["repository"] = new JsonObject { ["id"] = 1296269, ["name"] = Repository.Split('/')[1], ["full_name"] = Repository, ["private"] = true, ["owner"] = new JsonObject { ["login"] = Repository.Split('/')[0], ["id"] = 583231 } },
        };
        return await PostAsync(Encoding.UTF8.GetBytes(body.ToJsonString()), "workflow_job", delivery);
    }

    public async Task<(HttpStatusCode Status, JsonNode? Body)> PostAsync(byte[] body, string @event, string delivery = "72d3162e-cc78-11e3-81ab-4c9367dc0958", string secret = Secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "webhook") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("X-GitHub-Event", @event);
        request.Headers.Add("X-GitHub-Delivery", delivery);
        request.Headers.Add("X-Hub-Signature-256", WebhookSignature.Sign(body, secret));
        using var answer = await Http.SendAsync(request);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync()));
    }

    /// <summary>Everything has ended: no live row, no place taken, no registration, no process.</summary>
    public async Task NothingIsLeftAsync()
    {
        await EventuallyAsync(async () => (await RunnersAsync()).All(r => (string?)r["state"] is "OFFLINE" or "FAILED"), () => "every runner ended");
        await EventuallyAsync(async () => (await GetAsync("api/fleet"))["places"]!.AsArray().All(p => (int)p!["taken"]! == 0), () => "all places free");
        await EventuallyAsync(() => Task.FromResult(_gitHub is null or { Runners.Count: 0 }), () => "no registration");
        await EventuallyAsync(() => Task.FromResult(Leftovers.Of(Name).Count == 0), () => "no process");
    }

    /// <summary>How many registrations were ever minted.</summary>
    public int Registrations => GitHub.Calls.Count(call => call.EndsWith("generate-jitconfig 201", StringComparison.Ordinal));

    public async Task EventuallyAsync(Func<Task<bool>> condition, Func<string>? what = null)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, $"Not within {Patience.TotalSeconds} s: {what?.Invoke() ?? "what was waited for"}. The host wrote:\n{(_hosts.Count == 0 ? "" : Host.Output)}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        Leftovers.Kill(Name);
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _gitHub?.Dispose();
        Http.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
