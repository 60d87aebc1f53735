using System.Text.Json;
using RunnerFleet.Compute;
using RunnerFleet.Local.Docker;
using RunnerFleet.Runners;
using RunnerFleet.Tests;

namespace RunnerFleet.Local.Tests.Docker;

/// <summary>What a job can and cannot do in its container.</summary>
public sealed class DockerContainerTests(TestImage image) : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private DockerWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await DockerWorld.CreateAsync(image);

    public ValueTask DisposeAsync() => _world is null ? default : _world.DisposeAsync();

    [Fact]
    public async Task The_size_of_its_class_is_its_limit()
    {
        var request = _world.Request(DockerWorld.Forever);
        request = request with { Plan = request.Plan with { Cpu = 512, MemoryMiB = 128 } };
        await DockerWorld.LaunchAsync(_world.CreateLauncher(options => options.PidsLimit = 200), request);

        var host = await HostConfigAsync(request);

        Assert.Equal(500_000_000, host.GetProperty("NanoCpus").GetInt64());
        Assert.Equal(128 * 1024 * 1024, host.GetProperty("Memory").GetInt64());
        Assert.Equal(128 * 1024 * 1024, host.GetProperty("MemorySwap").GetInt64());
        Assert.Equal(200, host.GetProperty("PidsLimit").GetInt64());
    }

    [Fact]
    public async Task It_is_confined()
    {
        var request = _world.Request(DockerWorld.Forever);
        await DockerWorld.LaunchAsync(_world.CreateLauncher(), request);

        var host = await HostConfigAsync(request);

        Assert.False(host.GetProperty("Privileged").GetBoolean());
        Assert.Equal(["ALL"], Texts(host.GetProperty("CapDrop")));
        Assert.Empty(Texts(host.GetProperty("CapAdd")));
        Assert.Equal(["no-new-privileges"], Texts(host.GetProperty("SecurityOpt")));
        Assert.Equal("private", host.GetProperty("IpcMode").GetString());
        Assert.Equal("", host.GetProperty("PidMode").GetString());
        Assert.Equal("bridge", host.GetProperty("NetworkMode").GetString());
        Assert.Equal("no", host.GetProperty("RestartPolicy").GetProperty("Name").GetString());
        Assert.True(host.GetProperty("Init").GetBoolean());
        Assert.Empty(Texts(host.GetProperty("Binds")));
        Assert.False(host.TryGetProperty("Mounts", out var mounts) && mounts.ValueKind == JsonValueKind.Array && mounts.GetArrayLength() > 0);
        Assert.Equal("1m", host.GetProperty("LogConfig").GetProperty("Config").GetProperty("max-size").GetString());
    }

    [Fact]
    public async Task Inside_there_is_no_capability_no_new_privilege_and_no_socket_of_the_engine()
    {
        var end = await RunAsync("busybox grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; ls /var/run/docker.sock; exit 9");

        Assert.Contains("CapEff:\t0000000000000000".Replace('\t', ' '), end.Reason, StringComparison.Ordinal);
        Assert.Contains("CapBnd: 0000000000000000", end.Reason, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivs: 1", end.Reason, StringComparison.Ordinal);
        Assert.Contains("/var/run/docker.sock: No such file", end.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_has_the_environment_of_its_launch_and_nothing_of_the_hosts()
    {
        var end = await RunAsync("env; exit 9");

        Assert.Contains("RUNNERFLEET_RUNNER_ID=01", end.Reason, StringComparison.Ordinal);
        var names = end.Reason!.Split(" | ").Select(line => line.Split('=')[0].Split(' ')[^1]).Where(name => name.Length > 0);
        Assert.Empty(names.Except(["RUNNERFLEET_URL", "RUNNERFLEET_RUNNER_ID", "RUNNERFLEET_ATTEMPT", "RUNNERFLEET_CLAIM_SECRET", "RUNNERFLEET_STOP_SECONDS", "BEHAVE", "PATH", "HOSTNAME", "HOME", "SHLVL", "PWD"]));
        Assert.DoesNotContain(DockerWorld.ClaimSecret, end.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_inherits_what_the_host_is_told_to_pass_on_and_knows_how_long_a_stop_may_take()
    {
        var request = _world.Request("env; exit 9");
        await DockerWorld.LaunchAsync(_world.CreateLauncher(options =>
        {
            options.PassEnvironment.Add("LANG_OF_NOBODY"); // not set here: not set there
            options.PassEnvironment.Add("DOCKER_API_VERSION");
            options.StopGraceSeconds = 20;
        }), request);

        using var answer = JsonDocument.Parse(await _world.Engine.GetStringAsync(new Uri($"containers/{DockerWorld.NameOf(request.Identity)}/json", UriKind.Relative)));

        var config = answer.RootElement.GetProperty("Config");
        var environment = Texts(config.GetProperty("Env"));
        Assert.Contains("RUNNERFLEET_STOP_SECONDS=15", environment);
        Assert.DoesNotContain(environment, variable => variable.StartsWith("LANG_OF_NOBODY", StringComparison.Ordinal));
        Assert.Equal(Environment.GetEnvironmentVariable("DOCKER_API_VERSION") is not null, environment.Any(variable => variable.StartsWith("DOCKER_API_VERSION=", StringComparison.Ordinal)));
        Assert.Equal("SIGTERM", config.GetProperty("StopSignal").GetString());
    }

    [Fact]
    public async Task What_a_job_leaves_behind_is_reaped_so_that_it_does_not_use_up_its_processes()
    {
        // An orphan goes to process 1, which sleeps here and would never ask for it.
        var request = _world.Request("( ( exec true ) & ) ; exec sleep 3600");
        await DockerWorld.LaunchAsync(_world.CreateLauncher(), request);

        await DockerWorld.EventuallyAsync(async () =>
        {
            var top = await _world.Engine.GetStringAsync(new Uri($"containers/{DockerWorld.NameOf(request.Identity)}/top?ps_args=-eo%20pid,stat,comm", UriKind.Relative));
            return top.Contains("sleep", StringComparison.Ordinal) && !top.Contains("\"true", StringComparison.Ordinal) && !top.Contains("defunct", StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task It_says_whose_it_is()
    {
        var request = _world.Request(DockerWorld.Forever);
        await DockerWorld.LaunchAsync(_world.CreateLauncher(), request);

        var labels = (await _world.InspectAsync(request.Identity))!.Value.GetProperty("Config").GetProperty("Labels");

        Assert.Equal(_world.Fleet, labels.GetProperty("runnerfleet.fleet").GetString());
        Assert.Equal(request.Identity.RunnerId, labels.GetProperty("runnerfleet.runner").GetString());
        Assert.Equal("1", labels.GetProperty("runnerfleet.attempt").GetString());
        Assert.Equal("octo/hello", labels.GetProperty("runnerfleet.tag.repository").GetString());
    }

    [Fact]
    public async Task Its_anonymous_volumes_go_with_it()
    {
        var launcher = _world.CreateLauncher();
        var request = _world.Request(DockerWorld.Forever);
        var compute = await DockerWorld.LaunchAsync(launcher, request);
        var volume = (await _world.InspectAsync(request.Identity))!.Value.GetProperty("Mounts").EnumerateArray().Single().GetProperty("Name").GetString();

        await launcher.StopAsync(compute, "why", None);
        await DockerWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);

        using var answer = await _world.Engine.GetAsync(new Uri($"volumes/{volume}", UriKind.Relative));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080/")]
    [InlineData("http://127.1.2.3/")]
    [InlineData("http://localhost:8080/")]
    [InlineData("http://fleet.localhost/")]
    [InlineData("http://[::1]:8080/")]
    public async Task A_control_plane_on_loopback_is_refused_with_the_cure_unless_containers_share_the_hosts_network(string url)
    {
        var request = _world.Request(DockerWorld.Forever, url: url);

        var rejected = Assert.IsType<LaunchOutcome.Rejected>(await _world.CreateLauncher().LaunchAsync(request, None));

        Assert.Contains("PublicUrl", rejected.Reason, StringComparison.Ordinal);
        Assert.Null(await _world.InspectAsync(request.Identity));
        await DockerWorld.LaunchAsync(_world.CreateLauncher(options => options.Network = "host"), request);
        Assert.Equal("host", (await HostConfigAsync(request)).GetProperty("NetworkMode").GetString());
    }

    [Fact]
    public async Task On_the_hosts_network_it_reaches_a_control_plane_on_loopback()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var url = $"http://127.0.0.1:{((System.Net.IPEndPoint)listener.LocalEndpoint).Port}/";

        await DockerWorld.LaunchAsync(_world.CreateLauncher(options => options.Network = "host"), _world.Request("wget -q -O - \"$RUNNERFLEET_URL\"", url: url));

        using var called = await listener.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.True(called.Connected);
    }

    private async Task<JsonElement> HostConfigAsync(LaunchRequest request) => (await _world.InspectAsync(request.Identity))!.Value.GetProperty("HostConfig");

    private async Task<ComputeEnd> RunAsync(string behave)
    {
        var launcher = _world.CreateLauncher();
        return (await DockerWorld.UntilAsync(launcher, await DockerWorld.LaunchAsync(launcher, _world.Request(behave)), ComputeStatus.Stopped)).End!;
    }

    private static string[] Texts(JsonElement list) => list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(text => text.GetString()!)] : [];
}
