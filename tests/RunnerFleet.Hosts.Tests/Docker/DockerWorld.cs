using System.Net.Http.Json;
using System.Text.Json.Nodes;
using RunnerFleet.Testing.GitHub;
using RunnerFleet.Tests;

namespace RunnerFleet.Hosts.Tests.Docker;

/// <summary>A world whose runners are containers, and what the engine has of them. At the end nothing of it is left there.</summary>
internal sealed class DockerWorld : IAsyncDisposable
{
    private const string FleetLabel = "runnerfleet.fleet";

    private readonly HttpClient _engine;

    private DockerWorld(HostWorld world, Uri engine, HttpClient client)
    {
        (World, _engine) = (world, client);
        world.Patience = TimeSpan.FromMinutes(8); // the first world of all builds the image
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["Launcher"] = "docker",
            ["Docker:Endpoint"] = engine.OriginalString,
            ["Labels:DefaultImage"] = DockerEngine.Debian,
            ["Timing:SweepIntervalSeconds"] = "5",
        })
        {
            world.Settings["RunnerFleet:" + name] = value;
        }
    }

    public HostWorld World { get; }

    /// <summary>Without any GitHub setting: the demo.</summary>
    public static DockerWorld ForDemo() => new(HostWorld.ForDemo(), DockerEngine.Endpoint, DockerEngine.CreateClient());

    /// <summary>With a GitHub stand-in in this process, and the same runner image as the demo has.</summary>
    /// <param name="engine">The engine as the host knows it; the one of the tests unless said otherwise.</param>
    /// <param name="client">The same engine as the test speaks to it.</param>
    public static async Task<DockerWorld> WithGitHubAsync(Uri? engine = null, HttpClient? client = null)
    {
        var docker = new DockerWorld(await HostWorld.WithGitHubAsync(), engine ?? DockerEngine.Endpoint, client ?? DockerEngine.CreateClient());
        const string Key = "the-API-key-of-these-tests";
        docker.World.Http.DefaultRequestHeaders.Add("X-RunnerFleet-Key", Key);
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["Api:Key"] = Key,
            ["Docker:Network"] = "host", // the stand-in is at a loopback address
            ["Docker:StopGraceSeconds"] = "10",
            ["Docker:ContextFolder"] = MakeContext(Path.Combine(docker.World.Folder, "runner")),
            ["Docker:BuildArguments:RUNNER_VERSION"] = StandInRunnerArchive.Version,
            ["Docker:BuildArguments:RUNNER_SHA256_X64"] = StandInRunnerArchive.Sha256,
            ["Docker:BuildArguments:RUNNER_SHA256_ARM64"] = StandInRunnerArchive.Sha256,
        })
        {
            docker.World.Settings["RunnerFleet:" + name] = value;
        }

        return docker;
    }

    /// <summary>The names of this fleet's containers, whatever their state.</summary>
    public async Task<IReadOnlyList<string>> ContainersAsync() =>
        [.. (await _engine.GetFromJsonAsync<JsonArray>($"containers/json?all=true&filters={Filter}"))!.Select(container => (string)container!["Names"]![0]!)];

    /// <summary>What the engine says of one container.</summary>
    public async Task<JsonNode> InspectAsync(string name) => (await _engine.GetFromJsonAsync<JsonNode>($"containers{name}/json"))!;

    /// <summary>What <c>docker rm -f</c> does.</summary>
    public async Task RemoveAsync(string name)
    {
        using var answer = await _engine.DeleteAsync(new Uri($"containers{name}?force=true&v=true", UriKind.Relative));
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Nothing that costs anything: neither on the engine, nor at GitHub, nor in the store.</summary>
    public async Task NothingIsLeftAsync()
    {
        await World.NothingIsLeftAsync();
        await World.EventuallyAsync(async () => (await ContainersAsync()).Count == 0, () => "no container");
    }

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync(); // first: a host would launch again
        try
        {
            await RemoveAllAsync();
        }
        catch (HttpRequestException)
        {
            // the engine of this test has ended, and with it what it ran
        }

        _engine.Dispose();
    }

    private string Filter => Uri.EscapeDataString(new JsonObject { ["label"] = new JsonArray($"{FleetLabel}={World.Name}") }.ToJsonString());

    private static string MakeContext(string folder)
    {
        var source = Path.Combine(Path.GetDirectoryName(HostProcess.Program)!, "runner");
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        foreach (var architecture in new[] { "x64", "arm64" })
        {
            using var archive = File.Create(Path.Combine(folder, "archive", StandInRunnerArchive.FileName(architecture)));
            StandInRunnerArchive.WriteTo(archive);
        }

        return folder;
    }

    private async Task RemoveAllAsync()
    {
        foreach (var container in await ContainersAsync())
        {
            await RemoveAsync(container);
        }

        var volumes = (await _engine.GetFromJsonAsync<JsonNode>($"volumes?filters={Filter}"))!["Volumes"]?.AsArray() ?? [];
        foreach (var volume in volumes)
        {
            using var answer = await _engine.DeleteAsync(new Uri($"volumes/{(string)volume!["Name"]!}?force=true", UriKind.Relative));
        }
    }
}
