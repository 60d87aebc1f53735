using RunnerFleet.Compute;
using RunnerFleet.Local.Docker;
using RunnerFleet.Runners;

namespace RunnerFleet.Local.Tests.Docker;

/// <summary>How containers end, and what is known of it afterwards.</summary>
public sealed class DockerEndTests(TestImage image) : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private DockerWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await DockerWorld.CreateAsync(image);

    public ValueTask DisposeAsync() => _world is null ? default : _world.DisposeAsync();

    [Fact]
    public async Task A_failure_keeps_its_exit_code_and_the_last_lines_of_both_streams()
    {
        var ended = await RunAsync("echo first; echo 'cannot find libicu' >&2; echo \"secret $RUNNERFLEET_CLAIM_SECRET\"; exit 134");

        Assert.Equal(134, ended.End?.ExitCode);
        Assert.Contains("cannot find libicu", ended.End?.Reason, StringComparison.Ordinal);
        Assert.Contains("secret ***", ended.End?.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(DockerWorld.ClaimSecret, ended.End?.Reason, StringComparison.Ordinal);
        Assert.InRange(ended.End!.At!.Value, ended.StartedAt!.Value, TimeProvider.System.GetUtcNow().AddSeconds(1));
    }

    [Fact]
    public async Task A_success_keeps_its_last_lines_too()
    {
        // GitHub's runner exits with 0 as well when its registration was deleted while it waited.
        var ended = await RunAsync("echo all is well");

        Assert.Equal(0, ended.End?.ExitCode);
        Assert.Contains("all is well", ended.End?.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Much_output_keeps_its_end_only()
    {
        var ended = await RunAsync("busybox seq 1 300000; printf '\\033[31mthe end\\n'; exit 1");

        Assert.EndsWith("| 300000 | [31mthe end", ended.End?.Reason, StringComparison.Ordinal);
        Assert.InRange(ended.End!.Reason!.Length, 1, LastWords.MaxLength + 100);
    }

    [Fact]
    public async Task One_that_takes_too_much_memory_says_so_with_the_cure()
    {
        var ended = await RunAsync("busybox dd if=/dev/zero of=/dev/null bs=200M count=1 2>&1; exit 1");

        Assert.Contains("more than its 64 MiB of memory", ended.End?.Reason, StringComparison.Ordinal);
        Assert.Contains("larger class", ended.End?.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_gives_the_grace_time_and_its_reason_is_kept()
    {
        var launcher = _world.CreateLauncher(options => options.StopGraceSeconds = 60);
        var compute = await DockerWorld.LaunchAsync(launcher, _world.Request("trap 'echo cleaning up; exit 7' TERM; echo ready; while true; do sleep 0.1; done"));
        await ReadyAsync(compute);

        Assert.IsNotType<StopOutcome.Unknown>(await launcher.StopAsync(compute, "IDLE: no job came", None));

        var ended = await DockerWorld.UntilAsync(_world.CreateLauncher(), compute, ComputeStatus.Stopped);
        Assert.Equal(7, ended.End?.ExitCode);
        Assert.StartsWith("Stopped: IDLE: no job came", ended.End?.Reason, StringComparison.Ordinal);
        Assert.Contains("cleaning up", ended.End?.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_does_not_mind_the_stop_is_killed_after_the_grace_time_while_nobody_waits()
    {
        var launcher = _world.CreateLauncher(options => options.StopGraceSeconds = 3);
        var compute = await DockerWorld.LaunchAsync(launcher, _world.Request("trap '' TERM; echo ready; while true; do sleep 0.1; done"));
        await ReadyAsync(compute);

        Assert.IsType<StopOutcome.Stopping>(await launcher.StopAsync(compute, "why", None));
        Assert.IsType<StopOutcome.Stopping>(await launcher.StopAsync(compute, "again", None));
        Assert.Equal(ComputeStatus.Stopping, Assert.IsType<FindOutcome.Found>(await DockerWorld.DescribeAsync(_world.CreateLauncher(), compute)).Description.Status);

        var ended = await DockerWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);
        Assert.Equal(137, ended.End?.ExitCode);
        Assert.StartsWith("Stopped: why", ended.End?.Reason, StringComparison.Ordinal);
        Assert.True(ended.End!.At - ended.StartedAt >= TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_host_that_goes_leaves_its_containers_running_and_its_stops_to_the_engine()
    {
        var launcher = _world.CreateLauncher(options => options.StopGraceSeconds = 2);
        var stays = await DockerWorld.LaunchAsync(launcher, _world.Request(DockerWorld.Forever));
        var stops = await DockerWorld.LaunchAsync(launcher, _world.Request("trap '' TERM; echo ready; while true; do sleep 0.1; done"));
        await ReadyAsync(stops);
        Assert.IsType<StopOutcome.Stopping>(await launcher.StopAsync(stops, "why", None));

        launcher.Dispose();

        var next = _world.CreateLauncher();
        Assert.Equal(137, (await DockerWorld.UntilAsync(next, stops, ComputeStatus.Stopped)).End?.ExitCode);
        Assert.Equal(ComputeStatus.Running, Assert.IsType<FindOutcome.Found>(await DockerWorld.DescribeAsync(next, stays)).Description.Status);
    }

    [Fact]
    public async Task A_stop_before_the_start_keeps_it_from_starting()
    {
        var request = _world.Request(DockerWorld.Forever);
        await _world.HalfLaunchAsync(request);
        var launcher = _world.CreateLauncher();

        Assert.IsType<StopOutcome.Stopped>(await launcher.StopAsync(_world.RefOf(request.Identity), "why", None));

        Assert.IsType<LaunchOutcome.Existing>(await launcher.LaunchAsync(request, None));
        Assert.Null(await _world.InspectAsync(request.Identity));
    }

    private async Task<ComputeDescription> RunAsync(string behave)
    {
        var launcher = _world.CreateLauncher();
        return await DockerWorld.UntilAsync(launcher, await DockerWorld.LaunchAsync(launcher, _world.Request(behave)), ComputeStatus.Stopped);
    }

    private Task ReadyAsync(ComputeRef compute) => DockerWorld.EventuallyAsync(async () =>
        (await _world.Engine.GetStringAsync(new Uri($"containers/{compute.Id}/logs?stdout=1", UriKind.Relative))).Contains("ready", StringComparison.Ordinal));
}
