using System.Formats.Tar;
using System.IO.Compression;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using RunnerFleet.Tests;

namespace RunnerFleet.RunnerImage.Tests;

/// <summary>Images of <c>runner/</c>, built by a real engine with a stub in place of GitHub's archive; one of them is shared by all tests.</summary>
public sealed class RunnerImage : IAsyncLifetime
{
    private const string Label = "runnerfleet.test";

    private readonly string _run = RandomNumberGenerator.GetHexString(10, lowercase: true);
    private readonly Lazy<Task<string>> _shared;
    private readonly HttpClient _engine = DockerEngine.CreateClient();

    public RunnerImage()
    {
        _engine.Timeout = TimeSpan.FromMinutes(8); // a first build installs packages
        _shared = new(async () =>
        {
            var (image, log) = await BuildAsync(DockerEngine.Debian);
            return image ?? throw new InvalidOperationException(log);
        });
    }

    /// <summary>What GitHub publishes is replaced by this: <see cref="FakeListener"/> with a look at the container first.</summary>
    public static byte[] Archive { get; } = PackArchive("""
        echo "user $(id -u):$(id -g) in $(pwd), home $HOME"
        grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status
        if grep -q RUNNERFLEET_CLAIM_SECRET /proc/1/environ; then echo 'process 1 shows the secret'; fi
        for file in /opt/runnerfleet /opt/runnerfleet/* /opt/runnerfleet/hooks/*; do if [ -w "$file" ]; then echo "$file can be written"; fi; done
        for program in sudo aws; do if command -v "$program"; then echo "$program is there"; fi; done
        if [ -n "${WAITS:-}" ]; then wait_for nothing; fi
        job_starts
        job_ends
        exit 0
        """);

    public static string Version { get; } = File.ReadLines(RunnerFolder.File("Dockerfile")).First(line => line.StartsWith("ARG RUNNER_VERSION=", StringComparison.Ordinal)).Split('=')[1];

    public static string ArchiveName => $"actions-runner-linux-x64-{Version}.tar.gz";

    public Task<string> SharedAsync() => _shared.Value;

    /// <summary>Builds an image and gives its id, or none where the build failed; and what the build said.</summary>
    public async Task<(string? Image, string Log)> BuildAsync(string baseImage, bool withArchive = true, params IEnumerable<(string Name, string Value)> arguments)
    {
        var buildArguments = new JsonObject { ["BASE_IMAGE"] = baseImage, ["RUNNER_SHA256_X64"] = Convert.ToHexStringLower(SHA256.HashData(Archive)) };
        foreach (var (name, value) in arguments)
        {
            buildArguments[name] = value;
        }

        var labels = new JsonObject { [Label] = _run };
        using var context = new ByteArrayContent(PackContext(withArchive ? Archive : null));
        context.Headers.ContentType = new("application/x-tar");
        using var answer = await _engine.PostAsync(
            new Uri($"build?forcerm=1&networkmode=host&labels={Uri.EscapeDataString(labels.ToJsonString())}&buildargs={Uri.EscapeDataString(buildArguments.ToJsonString())}", UriKind.Relative), context);
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        var log = string.Concat(lines.Select(line => (string?)line["stream"] ?? (string?)line["error"]));
        return (lines.Select(line => (string?)line["aux"]?["ID"]).LastOrDefault(id => id is not null && lines.All(line => line["error"] is null)), log);
    }

    public async Task<JsonNode> InspectAsync(string image) => (await _engine.GetFromJsonAsync<JsonNode>(new Uri($"images/{image}/json", UriKind.Relative)))!;

    /// <summary>Makes a container as a launcher does: no capability, no new privilege. It reaches control planes on the loopback of this machine.</summary>
    public async Task<string> CreateAsync(string image, IEnumerable<KeyValuePair<string, string>> environment)
    {
        using var answer = await _engine.PostAsJsonAsync(new Uri("containers/create", UriKind.Relative), new JsonObject
        {
            ["Image"] = image,
            ["Env"] = new JsonArray([.. environment.Select(e => JsonValue.Create($"{e.Key}={e.Value}"))]),
            ["Labels"] = new JsonObject { [Label] = _run },
            ["HostConfig"] = new JsonObject { ["NetworkMode"] = "host", ["CapDrop"] = new JsonArray("ALL"), ["SecurityOpt"] = new JsonArray("no-new-privileges") },
        });
        var made = await answer.Content.ReadFromJsonAsync<JsonNode>();
        return (string?)made!["Id"] ?? throw new InvalidOperationException(made.ToJsonString());
    }

    public Task StartAsync(string container) => PostAsync($"containers/{container}/start");

    /// <summary>As <c>docker stop</c>: SIGTERM, and SIGKILL when the grace time is over.</summary>
    public Task StopAsync(string container, int graceSeconds) => PostAsync($"containers/{container}/stop?t={graceSeconds}");

    public async Task<int> EndAsync(string container) => (int)(await PostAsync($"containers/{container}/wait"))!["StatusCode"]!;

    public async Task<string> LogAsync(string container)
    {
        var bytes = await _engine.GetByteArrayAsync(new Uri($"containers/{container}/logs?stdout=1&stderr=1", UriKind.Relative));
        var text = new StringBuilder();
        for (var i = 0; i + 8 <= bytes.Length;)
        {
            // Frames with a header of 8 bytes, the last 4 being the length (Docker Engine API, container attach).
            var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(i + 4));
            text.Append(Encoding.UTF8.GetString(bytes, i + 8, length));
            i += 8 + length;
        }

        return text.ToString();
    }

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        if (_shared.IsValueCreated)
        {
            var filter = Uri.EscapeDataString(new JsonObject { ["label"] = new JsonArray($"{Label}={_run}") }.ToJsonString());
            foreach (var container in (await _engine.GetFromJsonAsync<JsonArray>(new Uri($"containers/json?all=1&filters={filter}", UriKind.Relative)))!)
            {
                using var removed = await _engine.DeleteAsync(new Uri($"containers/{container!["Id"]}?force=1", UriKind.Relative));
            }

            foreach (var image in (await _engine.GetFromJsonAsync<JsonArray>(new Uri($"images/json?filters={filter}", UriKind.Relative)))!)
            {
                // Its layers stay in the engine's cache: another build may have just counted on them.
                using var removed = await _engine.DeleteAsync(new Uri($"images/{image!["Id"]}?noprune=1", UriKind.Relative));
            }
        }

        _engine.Dispose();
    }

    private async Task<JsonNode?> PostAsync(string path)
    {
        using var answer = await _engine.PostAsync(new Uri(path, UriKind.Relative), null);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode < 400, $"{path}: {text}");
        return text.Length == 0 ? null : JsonNode.Parse(text);
    }

    /// <summary>As a system without Unix modes would send it: nothing is executable.</summary>
    private static byte[] PackContext(byte[]? archive)
    {
        using var packed = new MemoryStream();
        using (var tar = new TarWriter(packed, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var file in Directory.EnumerateFiles(RunnerFolder.Path, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".tar.gz", StringComparison.Ordinal)))
            {
                Add(tar, Path.GetRelativePath(RunnerFolder.Path, file).Replace('\\', '/'), File.ReadAllBytes(file), executable: false);
            }

            if (archive is not null)
            {
                Add(tar, "archive/" + ArchiveName, archive, executable: false);
            }
        }

        return packed.ToArray();
    }

    private static byte[] PackArchive(string listener)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            Add(tar, "./bin/Runner.Listener", Encoding.UTF8.GetBytes(FakeListener.Script(listener)), executable: true);
        }

        return packed.ToArray();
    }

    private static void Add(TarWriter tar, string name, byte[] content, bool executable)
    {
        const UnixFileMode ReadAndWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = new MemoryStream(content),
            ModificationTime = DateTimeOffset.UnixEpoch, // the same bytes each time, so that a repeated run finds them in the engine's cache
            Mode = executable ? ReadAndWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : ReadAndWrite,
        });
    }
}
