using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Images;
using RunnerFleet.Local.Docker;
using RunnerFleet.Tests;

namespace RunnerFleet.Local.Tests.Docker.Images;

/// <summary>A build context, a log folder, base images and builders for one test, with names that no other test has. At the end every image of theirs is removed.</summary>
internal sealed class ImageWorld : IAsyncDisposable
{
    /// <summary>On every image of a world, so that it can be removed again.</summary>
    public const string TestLabel = "runnerfleet.test";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _engine = DockerEngine.CreateClient();
    private readonly List<IDisposable> _builders = [];
    private int _bases;

    private ImageWorld()
    {
        Directory.CreateDirectory(Context);
        Write("Dockerfile", "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY hello.sh /hello.sh\nRUN /hello.sh\n");
        Write("hello.sh", "#!/bin/sh\necho hello from the build\n");
    }

    /// <summary>The engine runs on this very machine.</summary>
    public static string Architecture { get; } = RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "x64";

    public static string OtherArchitecture { get; } = Architecture == "x64" ? "arm64" : "x64";

    public string Repository { get; } = "runnerfleet-test-" + RandomNumberGenerator.GetHexString(10, lowercase: true);

    public string Scratch { get; } = Directory.CreateTempSubdirectory("runnerfleet-images-").FullName;

    public string Context => Path.Combine(Scratch, "context");

    public string Logs => Path.Combine(Scratch, "logs");

    public RecordedLog Log { get; } = new();

    public static async Task<ImageWorld> CreateAsync()
    {
        await DockerEngine.NeedAsync(DockerEngine.Busybox);
        return new ImageWorld();
    }

    public DockerImageBuilder CreateBuilder(Action<DockerImageOptions>? configure = null, TimeProvider? clock = null)
    {
        var options = new DockerImageOptions { Endpoint = DockerEngine.Endpoint, ContextFolder = Context, LogFolder = Logs, Repository = Repository };
        configure?.Invoke(options);
        return Kept(new DockerImageBuilder(Options.Create(options), clock ?? TimeProvider.System, Log.For<DockerImageBuilder>()));
    }

    public DockerFinishedImages CreateFinished(Action<FinishedDockerImageOptions>? configure = null, TimeProvider? clock = null)
    {
        var options = new FinishedDockerImageOptions { Endpoint = DockerEngine.Endpoint };
        configure?.Invoke(options);
        return Kept(new DockerFinishedImages(Options.Create(options), clock ?? TimeProvider.System, Log.For<DockerFinishedImages>()));
    }

    /// <summary>Asks for an image of a base that no other test has: busybox with one label more.</summary>
    public async Task<ImageRequest> NewRequestAsync()
    {
        var name = $"{Repository}/base-{Interlocked.Increment(ref _bases)}";
        var container = await MakeContainerAsync(DockerEngine.Busybox);
        using var commit = await _engine.PostAsync(new Uri($"commit?container={container}&repo={name}&tag=1&changes={Uri.EscapeDataString($"LABEL {TestLabel}={name}")}", UriKind.Relative), null);
        commit.EnsureSuccessStatusCode();
        await RemoveContainerAsync(container);
        return new ImageRequest { BaseImage = $"docker.io/{name}:1", Architecture = Architecture };
    }

    public async Task TagAsync(string image, string name, string tag)
    {
        using var answer = await _engine.PostAsync(new Uri($"images/{image}/tag?repo={name}&tag={tag}", UriKind.Relative), null);
        answer.EnsureSuccessStatusCode();
    }

    public void Write(string path, string text)
    {
        var file = Path.Combine(Context, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    public async Task<JsonNode?> InspectAsync(string image)
    {
        using var answer = await _engine.GetAsync(new Uri($"images/{image}/json", UriKind.Relative));
        return answer.StatusCode == HttpStatusCode.NotFound ? null : await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonNode>();
    }

    /// <summary>Removes an image; one that the step of a cancelled build still runs on, as soon as the engine has ended that step.</summary>
    public async Task RemoveAsync(string image) => await EventuallyAsync(async () =>
    {
        using var answer = await _engine.DeleteAsync(new Uri($"images/{image}?force=true", UriKind.Relative));
        Assert.True(answer.IsSuccessStatusCode || answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict, await answer.Content.ReadAsStringAsync());
        return answer.StatusCode != HttpStatusCode.Conflict;
    });

    /// <summary>Containers made of an image: steps of a build under way.</summary>
    public async Task<int> CountContainersAsync(string image)
    {
        var filter = Uri.EscapeDataString($$"""{"ancestor":["{{image}}"]}""");
        return (await _engine.GetFromJsonAsync<JsonArray>(new Uri($"containers/json?all=true&filters={filter}", UriKind.Relative)))!.Count;
    }

    /// <summary>Makes a container, which is what a launcher does with the answer of a builder, and removes it.</summary>
    public async Task<string> CreateContainerAsync(string image)
    {
        var id = await MakeContainerAsync(image);
        var container = await _engine.GetFromJsonAsync<JsonNode>(new Uri($"containers/{id}/json", UriKind.Relative));
        await RemoveContainerAsync(id);
        return container!["Image"]!.GetValue<string>();
    }

    public static async Task<ImageOutcome> UntilEndedAsync(IImageBuilder builder, ImageOutcome outcome)
    {
        if (outcome is ImageOutcome.Building building)
        {
            await EventuallyAsync(async () => (outcome = await builder.ReadBuildAsync(building.BuildId, CancellationToken.None)) is not ImageOutcome.Building);
        }

        return outcome;
    }

    public static async Task<ImageOutcome> EnsureAsync(IImageBuilder builder, ImageRequest request) => await UntilEndedAsync(builder, await builder.EnsureAsync(request, CancellationToken.None));

    public static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, $"It did not come true within {Patience}.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _builders.ForEach(builder => builder.Dispose());
        foreach (var tag in (await ListAsync()).SelectMany(image => image["RepoTags"]?.AsArray().Select(tag => tag!.GetValue<string>()) ?? []).Where(tag => tag.Contains(Repository, StringComparison.Ordinal)).ToList())
        {
            await RemoveAsync(tag);
        }

        // Steps of builds that failed: they carry their base's label. What one was made of goes with it.
        foreach (var image in (await ListAsync()).Where(image => image["Labels"]?[TestLabel]?.GetValue<string>().StartsWith(Repository, StringComparison.Ordinal) is true).ToList())
        {
            await RemoveAsync(image["Id"]!.GetValue<string>());
        }

        _engine.Dispose();
        Directory.Delete(Scratch, recursive: true);
    }

    private async Task<IEnumerable<JsonNode>> ListAsync() => (await _engine.GetFromJsonAsync<JsonArray>(new Uri("images/json", UriKind.Relative)))!.Select(image => image!);

    private async Task<string> MakeContainerAsync(string image)
    {
        using var answer = await _engine.PostAsJsonAsync(new Uri("containers/create", UriKind.Relative), new { Image = image, Cmd = new[] { "/hello" } });
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonNode>())!["Id"]!.GetValue<string>();
    }

    private async Task RemoveContainerAsync(string id)
    {
        using var removed = await _engine.DeleteAsync(new Uri($"containers/{id}?force=true", UriKind.Relative));
        removed.EnsureSuccessStatusCode();
    }

    private T Kept<T>(T builder)
        where T : IDisposable
    {
        _builders.Add(builder);
        return builder;
    }
}

/// <summary>What builders logged, to count their builds by.</summary>
internal sealed class RecordedLog
{
    private const int BuildStarted = 5301;
    private const int PullStarted = 5306;

    private readonly ConcurrentQueue<(int Id, string Message)> _messages = new();

    public int CountBuilds(string baseImage) => _messages.Count(message => message.Id == BuildStarted && message.Message.Contains($" {baseImage};", StringComparison.Ordinal));

    public int CountPulls(string image) => _messages.Count(message => message.Id == PullStarted && message.Message.Contains($" {image} ", StringComparison.Ordinal));

    public ILogger<T> For<T>() => new Logger<T>(_messages);

    private sealed class Logger<T>(ConcurrentQueue<(int Id, string Message)> messages) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            messages.Enqueue((eventId.Id, formatter(state, exception)));
    }
}
