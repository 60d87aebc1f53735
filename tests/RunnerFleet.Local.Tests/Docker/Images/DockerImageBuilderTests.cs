using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Images;
using RunnerFleet.Tests;

namespace RunnerFleet.Local.Tests.Docker.Images;

public sealed class DockerImageBuilderTests : IAsyncLifetime
{
    private const string BuildUntilStopped = "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN test -e /go || { echo the step has begun; sleep 600; }\n";

    private ImageWorld _world = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _world = await ImageWorld.CreateAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task An_image_is_named_after_its_base_and_labelled_with_what_it_was_made_of()
    {
        _world.Write("Dockerfile", "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG GREETING\nRUN echo \"$GREETING\" > /greeting && grep -q howdy /greeting\n");
        var request = await _world.NewRequestAsync();
        var builder = _world.CreateBuilder(options => options.BuildArguments["GREETING"] = "howdy");

        var image = Assert.IsType<ImageOutcome.Ready>(await ImageWorld.EnsureAsync(builder, request)).Image;

        Assert.Matches($"^{_world.Repository}/{_world.Repository}-base-1-1:{ImageWorld.Architecture}-[0-9a-f]{{12}}$", image);
        var labels = (await _world.InspectAsync(image))!["Config"]!["Labels"]!;
        Assert.Equal(request.BaseImage, labels["runnerfleet.image.base"]!.GetValue<string>());
        Assert.StartsWith(image[^12..], labels["runnerfleet.image.content"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_hosts_that_ask_at_once_share_one_build()
    {
        var request = await _world.NewRequestAsync();
        var hosts = new[] { _world.CreateBuilder(), _world.CreateBuilder() };

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => hosts[i % 2].EnsureAsync(request, Cancel))));

        Assert.Single(outcomes.Select(outcome => outcome is ImageOutcome.Building building ? building.BuildId : Assert.IsType<ImageOutcome.Ready>(outcome).Image).Distinct());
        foreach (var host in hosts)
        {
            Assert.IsType<ImageOutcome.Ready>(await ImageWorld.EnsureAsync(host, request));
        }

        Assert.Equal(1, _world.Log.CountBuilds(request.BaseImage));
    }

    [Fact]
    public async Task What_one_host_builds_another_sees_and_its_log_can_be_read_meanwhile()
    {
        _world.Write("Dockerfile", BuildUntilStopped);
        var request = await _world.NewRequestAsync();
        var building = Assert.IsType<ImageOutcome.Building>(await _world.CreateBuilder().EnsureAsync(request, Cancel));
        var other = _world.CreateBuilder();

        Assert.Equal(building.BuildId, Assert.IsType<ImageOutcome.Building>(await other.ResolveAsync(request, Cancel)).BuildId);
        Assert.Equal(building.Link, Assert.IsType<ImageOutcome.Building>(await other.ReadBuildAsync(building.BuildId, Cancel)).Link);
        await ImageWorld.EventuallyAsync(async () => (await ReadLogAsync(building.Link)).EndsWith("the step has begun\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_that_is_killed_in_a_build_leaves_nothing_and_the_next_one_builds()
    {
        _world.Write("Dockerfile", BuildUntilStopped);
        var request = await _world.NewRequestAsync();
        var builder = _world.CreateBuilder();
        using var host = StartHost(request);
        Assert.Equal("Building", await host.StandardOutput.ReadLineAsync(Cancel));
        var building = Assert.IsType<ImageOutcome.Building>(await builder.EnsureAsync(request, Cancel));
        await ImageWorld.EventuallyAsync(async () => await _world.CountContainersAsync(request.BaseImage) == 1);

        host.Kill();
        await host.WaitForExitAsync(Cancel);

        Assert.IsType<ImageOutcome.Missing>(await builder.ResolveAsync(request, Cancel));
        Assert.IsType<ImageOutcome.Missing>(await builder.ReadBuildAsync(building.BuildId, Cancel));
        Assert.Null(await _world.InspectAsync(building.BuildId));
        await ImageWorld.EventuallyAsync(async () => await _world.CountContainersAsync(request.BaseImage) == 0);
        await LetGoAsync(request);
        Assert.Equal(building.BuildId, Assert.IsType<ImageOutcome.Ready>(await ImageWorld.EnsureAsync(builder, request)).Image);
    }

    [Fact]
    public async Task A_host_that_stops_cancels_its_build_and_the_next_one_builds()
    {
        _world.Write("Dockerfile", BuildUntilStopped);
        var request = await _world.NewRequestAsync();
        var stopping = _world.CreateBuilder();
        var building = Assert.IsType<ImageOutcome.Building>(await stopping.EnsureAsync(request, Cancel));
        await ImageWorld.EventuallyAsync(async () => await _world.CountContainersAsync(request.BaseImage) == 1);

        stopping.Dispose();

        var next = _world.CreateBuilder();
        Assert.IsType<ImageOutcome.Missing>(await ImageWorld.UntilEndedAsync(next, building));
        await ImageWorld.EventuallyAsync(async () => await _world.CountContainersAsync(request.BaseImage) == 0);
        Assert.Contains("The host stopped", await ReadLogAsync(building.Link), StringComparison.Ordinal);
        await LetGoAsync(request);
        Assert.IsType<ImageOutcome.Ready>(await ImageWorld.EnsureAsync(next, request));
    }

    [Fact]
    public async Task A_build_that_outlasts_its_time_is_cancelled_and_fails()
    {
        _world.Write("Dockerfile", BuildUntilStopped);
        var request = await _world.NewRequestAsync();
        var clock = new FakeTimeProvider();
        var builder = _world.CreateBuilder(options => options.BuildTimeoutSeconds = 60, clock);
        var building = await builder.EnsureAsync(request, Cancel);
        await ImageWorld.EventuallyAsync(async () => await _world.CountContainersAsync(request.BaseImage) == 1);

        clock.Advance(TimeSpan.FromSeconds(60));

        var failed = Assert.IsType<ImageOutcome.Failed>(await ImageWorld.UntilEndedAsync(builder, building));
        Assert.Contains("not built within 60 s", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMinutes(2), failed.RetryAfter);
        await ImageWorld.EventuallyAsync(async () => await _world.CountContainersAsync(request.BaseImage) == 0);
    }

    [Fact]
    public async Task Builds_beyond_those_that_may_run_at_once_wait_their_turn()
    {
        _world.Write("Dockerfile", BuildUntilStopped);
        var clock = new FakeTimeProvider();
        var builder = _world.CreateBuilder(options => options.ParallelBuilds = 1, clock);
        var first = Assert.IsType<ImageOutcome.Building>(await builder.EnsureAsync(await _world.NewRequestAsync(), Cancel));
        await ImageWorld.EventuallyAsync(async () => (await ReadLogAsync(first.Link)).EndsWith("the step has begun\n", StringComparison.Ordinal));
        var second = Assert.IsType<ImageOutcome.Building>(await builder.EnsureAsync(await _world.NewRequestAsync(), Cancel));

        Assert.IsType<ImageOutcome.Building>(await builder.ReadBuildAsync(second.BuildId, Cancel));
        Assert.False(File.Exists(second.Link!.LocalPath));

        clock.Advance(TimeSpan.FromHours(1)); // the first takes too long, and ends
        await ImageWorld.EventuallyAsync(async () => (await ReadLogAsync(second.Link)).Contains("the step has begun", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_step_that_fails_says_its_last_line_and_links_its_log()
    {
        _world.Write("hello.sh", "#!/bin/sh\necho all that came before\nprintf '\\033[31mno such package: \\007hello\\033[0m\\n' >&2\nexit 7\n");
        var request = await _world.NewRequestAsync();

        var failed = Assert.IsType<ImageOutcome.Failed>(await ImageWorld.EnsureAsync(_world.CreateBuilder(), request));

        Assert.Equal("A step of the Dockerfile ended with exit code 7: no such package:  hello", failed.Reason);
        Assert.InRange(failed.RetryAfter!.Value, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2));
        Assert.Equal("file", failed.Link!.Scheme);
        var log = await ReadLogAsync(failed.Link);
        Assert.Contains("\nall that came before\n", log, StringComparison.Ordinal);
        Assert.Contains("\nno such package:  hello\n", log, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', log);
    }

    [Fact]
    public async Task A_failure_is_the_answer_for_a_while_and_then_the_image_is_built_again()
    {
        var clock = new FakeTimeProvider();
        var builder = _world.CreateBuilder(clock: clock);
        _world.Write("Dockerfile", "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN test -e /go\n");
        var request = await _world.NewRequestAsync();
        var building = Assert.IsType<ImageOutcome.Building>(await builder.EnsureAsync(request, Cancel));
        Assert.IsType<ImageOutcome.Failed>(await ImageWorld.UntilEndedAsync(builder, building));
        await LetGoAsync(request);

        clock.Advance(TimeSpan.FromSeconds(90));
        var restarted = _world.CreateBuilder(clock: clock);
        foreach (var outcome in new[] { await restarted.ResolveAsync(request, Cancel), await restarted.EnsureAsync(request, Cancel), await restarted.ReadBuildAsync(building.BuildId, Cancel) })
        {
            Assert.Equal(TimeSpan.FromSeconds(30), Assert.IsType<ImageOutcome.Failed>(outcome).RetryAfter);
        }

        clock.Advance(TimeSpan.FromSeconds(30));
        Assert.IsType<ImageOutcome.Missing>(await restarted.ResolveAsync(request, Cancel));
        Assert.Equal(TimeSpan.Zero, Assert.IsType<ImageOutcome.Failed>(await restarted.ReadBuildAsync(building.BuildId, Cancel)).RetryAfter);
        Assert.IsType<ImageOutcome.Ready>(await ImageWorld.EnsureAsync(restarted, request));
        Assert.Equal(2, _world.Log.CountBuilds(request.BaseImage));
        await _world.RemoveAsync(building.BuildId);
        Assert.IsType<ImageOutcome.Missing>(await restarted.ReadBuildAsync(building.BuildId, Cancel));
    }

    [Fact]
    public async Task A_base_that_the_Dockerfile_cannot_use_is_not_tried_again()
    {
        _world.Write("hello.sh", "#!/bin/sh\necho this base is neither Debian nor Ubuntu\nexit 65\n");

        var failed = Assert.IsType<ImageOutcome.Failed>(await ImageWorld.EnsureAsync(_world.CreateBuilder(), await _world.NewRequestAsync()));

        Assert.EndsWith("exit code 65: this base is neither Debian nor Ubuntu", failed.Reason, StringComparison.Ordinal);
        Assert.Null(failed.RetryAfter);
    }

    [Fact]
    public async Task A_Dockerfile_that_is_none_is_refused_in_the_words_of_the_engine()
    {
        _world.Write("Dockerfile", "FROM busybox:local\nBOGUS step\n");

        var failed = Assert.IsType<ImageOutcome.Failed>(await ImageWorld.EnsureAsync(_world.CreateBuilder(), await _world.NewRequestAsync()));

        Assert.Contains("unknown instruction: BOGUS", failed.Reason, StringComparison.Ordinal);
        Assert.Null(failed.RetryAfter);
    }

    [Fact]
    public async Task An_image_that_was_removed_is_missing_and_built_again_under_the_same_name()
    {
        var request = await _world.NewRequestAsync();
        var builder = _world.CreateBuilder();
        var image = Assert.IsType<ImageOutcome.Ready>(await ImageWorld.EnsureAsync(builder, request)).Image;

        await _world.RemoveAsync(image);

        Assert.IsType<ImageOutcome.Missing>(await builder.ResolveAsync(request, Cancel));
        Assert.Equal(image, Assert.IsType<ImageOutcome.Ready>(await ImageWorld.EnsureAsync(builder, request)).Image);
    }

    [Fact]
    public async Task A_changed_file_makes_another_image()
    {
        var request = await _world.NewRequestAsync();
        var builder = _world.CreateBuilder();
        var before = Assert.IsType<ImageOutcome.Ready>(await ImageWorld.EnsureAsync(builder, request)).Image;

        _world.Write("hello.sh", "#!/bin/sh\necho hello again\n");

        Assert.IsType<ImageOutcome.Missing>(await builder.ResolveAsync(request, Cancel));
        Assert.NotEqual(before, Assert.IsType<ImageOutcome.Ready>(await ImageWorld.EnsureAsync(builder, request)).Image);
    }

    [Fact]
    public async Task A_base_that_the_engine_does_not_have_is_pulled()
    {
        await using var registry = await RegistryStandIn.StartAsync(_world);
        var request = PutBase(registry, "one");

        var image = Assert.IsType<ImageOutcome.Ready>(await ImageWorld.EnsureAsync(_world.CreateBuilder(), request)).Image;

        Assert.Equal(await FirstLayerAsync(request.BaseImage), await FirstLayerAsync(image));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_base_that_is_there_is_pulled_again_only_when_told(bool alwaysPull)
    {
        await using var registry = await RegistryStandIn.StartAsync(_world);
        var builder = _world.CreateBuilder(options => options.AlwaysPull = alwaysPull);
        var image = Assert.IsType<ImageOutcome.Ready>(await ImageWorld.EnsureAsync(builder, PutBase(registry, "one"))).Image;
        var before = await FirstLayerAsync(image);
        await _world.RemoveAsync(image);

        Assert.IsType<ImageOutcome.Ready>(await ImageWorld.EnsureAsync(builder, PutBase(registry, "two")));

        Assert.Equal(alwaysPull, before != await FirstLayerAsync(image));
    }

    [Fact]
    public async Task A_base_that_is_nowhere_is_refused_with_the_cure()
    {
        await using var registry = await RegistryStandIn.StartAsync(_world);
        var request = new ImageRequest { BaseImage = $"{registry.Host}/nobody/nothing:1", Architecture = ImageWorld.Architecture };

        var failed = Assert.IsType<ImageOutcome.Failed>(await ImageWorld.EnsureAsync(_world.CreateBuilder(), request));

        Assert.Contains("manifest unknown", failed.Reason, StringComparison.Ordinal);
        Assert.Contains("Correct its name", failed.Reason, StringComparison.Ordinal);
        Assert.Null(failed.RetryAfter);
    }

    [Fact]
    public async Task A_base_of_another_architecture_is_refused()
    {
        await using var registry = await RegistryStandIn.StartAsync(_world);
        var request = new ImageRequest { BaseImage = registry.Put("team/base", "1", "other", ImageWorld.OtherArchitecture), Architecture = ImageWorld.Architecture };

        var failed = Assert.IsType<ImageOutcome.Failed>(await ImageWorld.EnsureAsync(_world.CreateBuilder(), request));

        Assert.Contains($"is for linux {ImageWorld.OtherArchitecture}", failed.Reason, StringComparison.Ordinal);
        Assert.Null(failed.RetryAfter);
    }

    [Fact]
    public async Task Another_architecture_than_the_engines_is_refused_with_the_cure()
    {
        var request = await _world.NewRequestAsync() with { Architecture = ImageWorld.OtherArchitecture };

        var failed = Assert.IsType<ImageOutcome.Failed>(await _world.CreateBuilder().EnsureAsync(request, Cancel));

        Assert.Contains($"Ask for a class with Architecture {ImageWorld.Architecture}", failed.Reason, StringComparison.Ordinal);
        Assert.Null(failed.RetryAfter);
        Assert.Equal(0, _world.Log.CountBuilds(request.BaseImage));
    }

    [Theory]
    [InlineData("", "x64")]
    [InlineData("ubuntu AS x", "x64")]
    [InlineData("../containers/json?all=1#", "x64")]
    [InlineData("docker.io/library/busybox:local", "x64/../..")]
    public async Task What_is_no_image_or_no_architecture_is_refused(string image, string architecture)
    {
        var failed = Assert.IsType<ImageOutcome.Failed>(await _world.CreateBuilder().EnsureAsync(new ImageRequest { BaseImage = image, Architecture = architecture }, Cancel));

        Assert.Null(failed.RetryAfter);
        Assert.False(Directory.Exists(_world.Logs));
    }

    [Theory]
    [InlineData("busybox:local")]
    [InlineData("{0}/base-1:1")]
    [InlineData("{0}/../../x:x64-0123456789ab")]
    public async Task A_name_that_is_no_build_of_this_builder_is_missing(string name)
    {
        await _world.NewRequestAsync();

        Assert.IsType<ImageOutcome.Missing>(await _world.CreateBuilder().ReadBuildAsync(string.Format(null, name, _world.Repository), Cancel));
    }

    [Fact]
    public async Task An_engine_that_is_down_leaves_everything_unknown()
    {
        var builder = _world.CreateBuilder(options => options.Endpoint = new Uri("unix:///nowhere/docker.sock"));
        var request = new ImageRequest { BaseImage = "docker.io/library/busybox:local", Architecture = ImageWorld.Architecture };

        foreach (var outcome in new[] { await builder.ResolveAsync(request, Cancel), await builder.EnsureAsync(request, Cancel), await builder.ReadBuildAsync($"{_world.Repository}/x:x64-0123456789ab", Cancel) })
        {
            Assert.Contains("cannot be reached at unix:///nowhere/docker.sock", Assert.IsType<ImageOutcome.Unknown>(outcome).Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Folders_that_cannot_be_used_leave_everything_unknown()
    {
        File.WriteAllText(Path.Combine(_world.Scratch, "file"), "");
        var builder = _world.CreateBuilder(options => options.LogFolder = Path.Combine(_world.Scratch, "file", "logs"));

        var unknown = Assert.IsType<ImageOutcome.Unknown>(await builder.EnsureAsync(await _world.NewRequestAsync(), Cancel));

        Assert.Contains("folders cannot be used", unknown.Reason, StringComparison.Ordinal);
    }

    private ImageRequest PutBase(RegistryStandIn registry, string hello)
    {
        _world.Write("Dockerfile", "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY hello.sh /hello.sh\n");
        return new ImageRequest { BaseImage = registry.Put("team/base", "1", $"{hello} of {_world.Repository}", ImageWorld.Architecture), Architecture = ImageWorld.Architecture };
    }

    private async Task<string> FirstLayerAsync(string image) => (await _world.InspectAsync(image))!["RootFS"]!["Layers"]![0]!.GetValue<string>();

    /// <summary>Puts a base with the file that the Dockerfile's step waits for in the place of the request's.</summary>
    private async Task LetGoAsync(ImageRequest request)
    {
        var (name, tag) = (request.BaseImage[..request.BaseImage.LastIndexOf(':')], request.BaseImage[(request.BaseImage.LastIndexOf(':') + 1)..]);
        var folder = Directory.CreateDirectory(Path.Combine(_world.Scratch, "go")).FullName;
        File.WriteAllText(Path.Combine(folder, "Dockerfile"), "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY Dockerfile /go\n");
        var made = await ImageWorld.EnsureAsync(_world.CreateBuilder(options => options.ContextFolder = folder), request with { BaseImage = "docker.io/library/" + DockerEngine.Busybox });
        await _world.TagAsync(Assert.IsType<ImageOutcome.Ready>(made).Image, name, tag);
    }

    /// <summary>What the log holds by now: nothing, until the build has its turn.</summary>
    private static async Task<string> ReadLogAsync(Uri? link)
    {
        if (!File.Exists(link!.LocalPath))
        {
            return "";
        }

        await using var file = new FileStream(link!.LocalPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync(Cancel);
    }

    private Process StartHost(ImageRequest request)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "RunnerFleet.TestProcesses.dll");
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string[] arguments = [program, "image-build-host", _world.Context, _world.Logs, _world.Repository, request.BaseImage, request.Architecture];
        return Process.Start(new ProcessStartInfo(dotnet, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{dotnet} did not start.");
    }
}
