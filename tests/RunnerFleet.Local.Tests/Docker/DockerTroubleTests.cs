using System.Net;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Compute;
using RunnerFleet.Local.Docker;
using RunnerFleet.Runners;
using RunnerFleet.Tests;

namespace RunnerFleet.Local.Tests.Docker;

/// <summary>What comes of an engine that is away, restarts, or says no.</summary>
public sealed class DockerTroubleTests(TestImage image) : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly Uri Nobody = new("unix:///nobody-listens-here/docker.sock");

    private DockerWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await DockerWorld.CreateAsync(image);

    public ValueTask DisposeAsync() => _world is null ? default : _world.DisposeAsync();

    [Fact]
    public async Task Without_an_engine_a_launch_waits_and_nothing_is_concluded()
    {
        var launcher = _world.CreateLauncher(options => options.Endpoint = Nobody);
        var identity = _world.NewIdentity();
        var compute = _world.RefOf(identity);

        var none = Assert.IsType<LaunchOutcome.NoCapacity>(await launcher.LaunchAsync(_world.Request(DockerWorld.Forever, identity), None));
        Assert.Contains("cannot be reached", none.Reason, StringComparison.Ordinal);
        Assert.Contains(Nobody.ToString(), none.Reason, StringComparison.Ordinal);
        Assert.Equal(none.Reason, Assert.IsType<FindOutcome.Unknown>(await launcher.FindAsync(identity, None)).Reason);
        Assert.IsType<FindOutcome.Unknown>(await DockerWorld.DescribeAsync(launcher, compute));
        Assert.IsType<StopOutcome.Unknown>(await launcher.StopAsync(compute, "why", None));
        Assert.Contains("cannot be reached", (await Assert.ThrowsAsync<ComputeUnavailableException>(() => launcher.ListAsync(_world.Fleet, null, None))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<Exception>(() => DockerLauncherTests.WatchAsync(launcher, [], None));
    }

    [Fact]
    public async Task The_launcher_goes_on_when_the_engine_comes_back()
    {
        await using var engine = await OwnEngine.StartAsync(_world.Image);
        await using var world = await DockerWorld.CreateAsync(engine.CreateClient(), engine.Endpoint, _world.Image);
        var launcher = world.CreateLauncher(options => options.Network = "host");
        var told = new List<ComputeDescription>();
        var watch = DockerLauncherTests.WatchAsync(launcher, told, None);
        var before = world.Request(DockerWorld.Forever);
        var compute = await DockerWorld.LaunchAsync(launcher, before);
        var half = world.Request(DockerWorld.Forever);
        await world.HalfLaunchAsync(half);
        await launcher.FindAsync(world.NewIdentity(), None);

        await engine.EndAsync();
        await Task.WhenAny(watch).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.IsType<LaunchOutcome.NoCapacity>(await launcher.LaunchAsync(world.Request(DockerWorld.Forever), None));
        Assert.IsType<FindOutcome.Unknown>(await DockerWorld.DescribeAsync(launcher, compute));
        await engine.BeginAsync();

        using var watching = new CancellationTokenSource();
        var again = DockerLauncherTests.WatchAsync(launcher, told, watching.Token);
        await DockerWorld.EventuallyAsync(() => DockerLauncherTests.Told(told, compute, ComputeStatus.Stopped));
        Assert.IsType<LaunchOutcome.Existing>(await launcher.LaunchAsync(before, None));
        Assert.Equal(compute.Location, (await DockerWorld.LaunchAsync(launcher, half)).Location);
        var after = await DockerWorld.LaunchAsync(launcher, world.Request(DockerWorld.Forever));
        await DockerWorld.EventuallyAsync(() => DockerLauncherTests.Told(told, after, ComputeStatus.Running));
        await watching.CancelAsync();
        await again;
    }

    [Fact]
    public async Task A_full_disk_is_no_capacity_with_the_engines_words()
    {
        await using var proxy = new EngineProxy(DockerEngine.SocketPath);
        proxy.Fails = line => line.Contains("/containers/create?", StringComparison.Ordinal);
        var request = _world.Request(DockerWorld.Forever);

        var none = Assert.IsType<LaunchOutcome.NoCapacity>(await _world.CreateLauncher(options => options.Endpoint = proxy.Endpoint).LaunchAsync(request, None));

        Assert.EndsWith("no space left on device", none.Reason, StringComparison.Ordinal);
        Assert.Null(await _world.InspectAsync(request.Identity));
    }

    [Fact]
    public async Task A_full_disk_keeps_no_container_from_being_stopped_nor_for_long_from_being_removed()
    {
        await using var proxy = new EngineProxy(DockerEngine.SocketPath);
        proxy.Fails = line => line.Contains("/volumes/create", StringComparison.Ordinal);
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var launcher = _world.CreateLauncher(options => options.Endpoint = proxy.Endpoint);
        var later = _world.CreateLauncher(options => options.Endpoint = proxy.Endpoint, clock);
        var request = _world.Request(DockerWorld.Forever);
        var compute = await DockerWorld.LaunchAsync(launcher, request);

        Assert.IsNotType<StopOutcome.Unknown>(await launcher.StopAsync(compute, "why", None));

        var ended = await DockerWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);
        Assert.Equal(143, ended.End?.ExitCode);
        Assert.NotNull(await _world.InspectAsync(request.Identity));
        Assert.IsType<LaunchOutcome.Existing>(await launcher.LaunchAsync(request, None));
        clock.Advance(TimeSpan.FromMinutes(16));
        Assert.Equal(ComputeStatus.Stopped, Assert.Single((await later.ListAsync(_world.Fleet, null, None)).Items).Status);
        Assert.Null(await _world.InspectAsync(request.Identity));
    }

    [Fact]
    public async Task An_image_that_is_not_there_is_no_capacity_for_it_may_come()
    {
        var request = _world.Request(DockerWorld.Forever);
        request = request with { Plan = request.Plan with { Image = "rf-launcher-test:nobody-made-it" } };
        var launcher = _world.CreateLauncher();

        var none = Assert.IsType<LaunchOutcome.NoCapacity>(await launcher.LaunchAsync(request, None));

        Assert.Contains("rf-launcher-test:nobody-made-it is not on the engine", none.Reason, StringComparison.Ordinal);
        Assert.IsType<FindOutcome.ConfirmedAbsent>(await launcher.FindAsync(request.Identity, None));
    }

    [Fact]
    public async Task A_launch_without_an_image_is_refused_with_the_cure()
    {
        var request = _world.Request(DockerWorld.Forever);

        var rejected = Assert.IsType<LaunchOutcome.Rejected>(await _world.CreateLauncher().LaunchAsync(request with { Plan = request.Plan with { Image = null } }, None));

        Assert.Contains("RunnerFleet:Labels:DefaultImage", rejected.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_engine_refuses_is_refused_in_its_words()
    {
        var request = _world.Request(DockerWorld.Forever);

        var rejected = Assert.IsType<LaunchOutcome.Rejected>(await _world.CreateLauncher().LaunchAsync(request with { Plan = request.Plan with { MemoryMiB = 1 } }, None));

        Assert.Contains("memory limit", rejected.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("{", rejected.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_that_the_engine_cannot_start_is_refused_leaves_nothing_and_starts_never()
    {
        var request = _world.Request(DockerWorld.Forever);
        var launcher = _world.CreateLauncher(options => options.Network = "no-such-network");

        var rejected = Assert.IsType<LaunchOutcome.Rejected>(await launcher.LaunchAsync(request, None));

        Assert.Contains("no-such-network", rejected.Reason, StringComparison.Ordinal);
        Assert.Null(await _world.InspectAsync(request.Identity));
        Assert.IsType<FindOutcome.ConfirmedAbsent>(await launcher.FindAsync(request.Identity, None));
    }

    [Fact]
    public async Task An_engine_is_spoken_to_in_its_own_version_unless_the_environment_names_one()
    {
        await using var proxy = new EngineProxy(DockerEngine.SocketPath);
        var lines = new List<string>();
        proxy.Before = line =>
        {
            lock (lines)
            {
                lines.Add(line);
            }

            return Task.CompletedTask;
        };

        await DockerWorld.LaunchAsync(_world.CreateLauncher(options => options.Endpoint = proxy.Endpoint), _world.Request(DockerWorld.Forever));

        Assert.NotEmpty(lines);
        if (Environment.GetEnvironmentVariable("DOCKER_API_VERSION") is { Length: > 0 } version)
        {
            Assert.All(lines, line => Assert.Contains($" /v{version}/", line, StringComparison.Ordinal));
        }
        else
        {
            Assert.DoesNotContain(lines, line => line.Contains(" /v1.", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("""{"message":"No space left on device"}""", "No space left on device")]
    [InlineData("""{"message":"two\nlines\u001b[0m"}""", "two lines [0m")]
    [InlineData("""{"other":1}""", "status 500")]
    [InlineData("<html>bad gateway</html>", "status 500")]
    [InlineData("", "status 500")]
    public void The_engines_words_are_read_and_cleaned(string body, string words) =>
        Assert.Equal(words, EngineConnection.WordsOf(new global::Docker.DotNet.DockerApiException(HttpStatusCode.InternalServerError, body)));
}
