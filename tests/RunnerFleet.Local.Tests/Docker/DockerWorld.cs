using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Local.Docker;
using RunnerFleet.Runners;
using RunnerFleet.Tests;

namespace RunnerFleet.Local.Tests.Docker;

/// <summary>Launchers over the real engine for one test. At the end nothing of it is left there.</summary>
internal sealed class DockerWorld : IAsyncDisposable
{
    public const string ClaimSecret = "claim-secret-of-the-runner";
    public const string Forever = "exec sleep 3600";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HashSet<string> _fleets = [];
    private readonly List<DockerLauncher> _launchers = [];

    private DockerWorld(HttpClient engine, Uri endpoint, string image, string engineId) => (Engine, Endpoint, Image, EngineId) = (engine, endpoint, image, engineId);

    /// <summary>The engine itself, without the code under test.</summary>
    public HttpClient Engine { get; }

    public Uri Endpoint { get; }

    public string Image { get; }

    public string EngineId { get; }

    public string Fleet { get; } = "d-" + RandomNumberGenerator.GetHexString(8, lowercase: true);

    public static async Task<DockerWorld> CreateAsync(TestImage image)
    {
        await DockerEngine.NeedAsync(DockerEngine.Busybox);
        return await CreateAsync(DockerEngine.CreateClient(), DockerEngine.Endpoint, await image.NameAsync());
    }

    public static async Task<DockerWorld> CreateAsync(HttpClient engine, Uri endpoint, string image)
    {
        var info = await engine.GetFromJsonAsync<JsonElement>(new Uri("info", UriKind.Relative));
        return new DockerWorld(engine, endpoint, image, info.GetProperty("ID").GetString()!);
    }

    public DockerLauncher CreateLauncher(Action<DockerLauncherOptions>? configure = null, TimeProvider? clock = null)
    {
        var options = new DockerLauncherOptions { Endpoint = Endpoint, StopGraceSeconds = 10 };
        configure?.Invoke(options);
        var launcher = new DockerLauncher(Options.Create(options), clock ?? TimeProvider.System, NullLogger<DockerLauncher>.Instance);
        _launchers.Add(launcher);
        return launcher;
    }

    /// <summary>What is left of this fleet is removed at the end.</summary>
    public void CleanUpAfter(string fleet)
    {
        lock (_fleets)
        {
            _fleets.Add(fleet);
        }
    }

    public ComputeIdentity NewIdentity() => new() { Fleet = Fleet, RunnerId = "01" + RandomNumberGenerator.GetString("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24), Attempt = 1 };

    public static string NameOf(ComputeIdentity identity) => $"rf-{identity.Fleet}-{identity.RunnerId}-{identity.Attempt}";

    public ComputeRef RefOf(ComputeIdentity identity) => new() { Launcher = "docker", Location = EngineId, Id = NameOf(identity) };

    /// <param name="behave">A line of shell that the container runs.</param>
    /// <param name="identity">Whose it is; a new one without.</param>
    /// <param name="url">Where the control plane is said to be.</param>
    public LaunchRequest Request(string behave, ComputeIdentity? identity = null, string url = "http://198.51.100.1:8080/")
    {
        identity ??= NewIdentity();
        CleanUpAfter(identity.Fleet);
        return new LaunchRequest
        {
            Identity = identity,
            Plan = new LaunchPlan
            {
                Attempt = identity.Attempt,
                ClassName = "default",
                Cpu = 256,
                MemoryMiB = 64,
                Architecture = "x64",
                Image = Image,
                ControlPlaneUrl = new Uri(url),
                ClaimKeyId = "key",
            },
            Environment = new Dictionary<string, string>
            {
                [RunnerEnvironment.ControlPlaneUrl] = url,
                [RunnerEnvironment.RunnerId] = identity.RunnerId,
                [RunnerEnvironment.Attempt] = "1",
                [RunnerEnvironment.ClaimSecret] = ClaimSecret,
                ["BEHAVE"] = behave,
            },
            Tags = new Dictionary<string, string> { ["repository"] = "octo/hello" },
        };
    }

    public static async Task<ComputeRef> LaunchAsync(DockerLauncher launcher, LaunchRequest request) =>
        Assert.IsType<LaunchOutcome.Launched>(await launcher.LaunchAsync(request, CancellationToken.None)).Compute;

    public static async Task<FindOutcome> DescribeAsync(DockerLauncher launcher, ComputeRef compute) => (await launcher.DescribeAsync([compute], CancellationToken.None))[compute];

    public static async Task<ComputeDescription> UntilAsync(DockerLauncher launcher, ComputeRef compute, ComputeStatus status)
    {
        ComputeDescription? last = null;
        await EventuallyAsync(async () => (last = (await DescribeAsync(launcher, compute) as FindOutcome.Found)?.Description)?.Status == status);
        return last!;
    }

    public static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, $"What was waited for did not happen within {Patience}.");
            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The container as the engine describes it; <see langword="null"/> when there is none.</summary>
    public async Task<JsonElement?> InspectAsync(ComputeIdentity identity)
    {
        using var answer = await Engine.GetAsync(new Uri($"containers/{NameOf(identity)}/json", UriKind.Relative));
        return answer.StatusCode == HttpStatusCode.NotFound ? null : await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async Task<string[]> VolumesAsync()
    {
        var filters = Uri.EscapeDataString($$"""{"label":["runnerfleet.fleet={{Fleet}}"]}""");
        var volumes = await Engine.GetFromJsonAsync<JsonElement>(new Uri($"volumes?filters={filters}", UriKind.Relative));
        return [.. volumes.GetProperty("Volumes") is { ValueKind: JsonValueKind.Array } all ? all.EnumerateArray().Select(volume => volume.GetProperty("Name").GetString()!) : []];
    }

    /// <summary>What a launch leaves behind whose host died before it started its container.</summary>
    public async Task HalfLaunchAsync(LaunchRequest request)
    {
        var container = new
        {
            request.Plan.Image,
            Env = request.Environment.Select(variable => $"{variable.Key}={variable.Value}").ToArray(),
            Labels = Attempt.Of(request.Identity)!.Labels,
            HostConfig = new { NetworkMode = "host" },
        };
        using var answer = await Engine.PostAsJsonAsync(new Uri($"containers/create?name={NameOf(request.Identity)}", UriKind.Relative), container);
        answer.EnsureSuccessStatusCode();
    }

    public async Task RemoveByForceAsync(ComputeIdentity identity)
    {
        using var answer = await Engine.DeleteAsync(new Uri($"containers/{NameOf(identity)}?force=1&v=1", UriKind.Relative));
        answer.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var fleet in _fleets.Append(Fleet).Distinct())
        {
            var filters = Uri.EscapeDataString($$"""{"label":["runnerfleet.fleet={{fleet}}"]}""");
            var containers = await Engine.GetFromJsonAsync<JsonElement>(new Uri($"containers/json?all=1&filters={filters}", UriKind.Relative));
            foreach (var container in containers.EnumerateArray())
            {
                using var removed = await Engine.DeleteAsync(new Uri($"containers/{container.GetProperty("Id").GetString()}?force=1&v=1", UriKind.Relative));
            }

            var volumes = await Engine.GetFromJsonAsync<JsonElement>(new Uri($"volumes?filters={filters}", UriKind.Relative));
            foreach (var volume in volumes.GetProperty("Volumes") is { ValueKind: JsonValueKind.Array } all ? all.EnumerateArray().ToList() : [])
            {
                using var removed = await Engine.DeleteAsync(new Uri($"volumes/{volume.GetProperty("Name").GetString()}", UriKind.Relative));
            }
        }

        _launchers.ForEach(launcher => launcher.Dispose());
        Engine.Dispose();
    }
}
