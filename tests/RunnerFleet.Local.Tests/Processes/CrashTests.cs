using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Compute;
using RunnerFleet.Local.Processes;
using RunnerFleet.Runners;

namespace RunnerFleet.Local.Tests.Processes;

public sealed class CrashTests : IAsyncLifetime
{
    private ProcessWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await ProcessWorld.CreateAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_host_that_is_killed_leaves_a_runner_that_the_next_one_finds()
    {
        var identity = ProcessWorld.NewIdentity("host");
        using var host = Process.Start(new ProcessStartInfo(ProcessWorld.TestProcesses, ["launch-host", _world.Directory, _world.Url, identity.RunnerId]) { RedirectStandardOutput = true })!;
        Assert.Equal("Launched", await host.StandardOutput.ReadLineAsync());

        host.Kill();
        await host.WaitForExitAsync();
        var launcher = _world.CreateLauncher();

        var found = Assert.IsType<FindOutcome.Found>(await launcher.FindAsync(identity, CancellationToken.None)).Description;
        Assert.Equal(ComputeStatus.Running, found.Status);
        Assert.Equal(found.Compute, Assert.Single((await launcher.ListAsync("host", null, CancellationToken.None)).Items).Compute);
        await launcher.StopAsync(found.Compute, "the test is over", CancellationToken.None);
        await ProcessWorld.UntilAsync(launcher, found.Compute, ComputeStatus.Stopped);
    }

    [Fact]
    public async Task Processes_that_outlive_their_killed_supervisor_are_running_until_a_stop_kills_them()
    {
        LinuxOnly();
        var launcher = _world.CreateLauncher();
        var (compute, folder) = await LaunchFamilyAsync(launcher);

        KillSupervisor(folder);
        await ProcessWorld.EventuallyAsync(() => !folder.IsSupervised());

        Assert.Equal(ComputeStatus.Running, Assert.IsType<FindOutcome.Found>(await launcher.FindAsync(folder.Identity, CancellationToken.None)).Description.Status);
        Assert.Equal(compute, Assert.Single((await launcher.ListAsync(ProcessWorld.Fleet, null, CancellationToken.None)).Items).Compute);
        Assert.IsType<StopOutcome.Stopping>(await launcher.StopAsync(compute, "clean-up", CancellationToken.None));
        var ended = await ProcessWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);
        AssertNobodyIsLeft(folder);
        Assert.Equal("Stopped: clean-up", ended.End?.Reason);
        Assert.False(Directory.Exists(folder.RunnerCopy));
    }

    [Fact]
    public async Task A_compute_that_was_killed_as_a_whole_is_stopped()
    {
        LinuxOnly();
        var launcher = _world.CreateLauncher();
        var (compute, folder) = await LaunchFamilyAsync(launcher);

        KillSupervisor(folder);
        await ProcessWorld.EventuallyAsync(() =>
        {
            ProcessTree.Kill(ComputeInspector.MembersOf(folder));
            return ComputeInspector.MembersOf(folder).Count == 0;
        });

        var ended = await ProcessWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);
        Assert.Null(ended.End?.ExitCode);
        Assert.Equal(ended.End, (await ProcessWorld.UntilAsync(_world.CreateLauncher(), compute, ComputeStatus.Stopped)).End);
    }

    [Fact]
    public async Task The_end_of_a_runner_is_the_end_of_its_whole_family()
    {
        LinuxOnly();
        var launcher = _world.CreateLauncher();
        var (compute, folder) = await LaunchFamilyAsync(launcher);

        using (var runner = Process.GetProcessById(folder.ReadRunner()!.Pid))
        {
            runner.Kill();
        }

        var ended = await ProcessWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);
        Assert.Equal(137, ended.End?.ExitCode);
        AssertNobodyIsLeft(folder);
    }

    [Fact]
    public async Task A_runner_that_does_not_mind_the_stop_is_killed_after_its_grace_time()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no request to end that could be ignored.");
        var launcher = _world.CreateLauncher(options => options.StopGraceSeconds = 1);
        var request = _world.Request("stubborn");
        var compute = await ProcessWorld.LaunchAsync(launcher, request);
        await ProcessWorld.EventuallyAsync(() => _world.ControlPlane.Reports.Count == 1); // it ignores the signal from here on

        var asked = TimeProvider.System.GetUtcNow();
        Assert.IsType<StopOutcome.Stopping>(await launcher.StopAsync(compute, "enough", CancellationToken.None));
        var ended = await ProcessWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);

        Assert.Equal(137, ended.End?.ExitCode);
        Assert.True(ended.End?.At - asked >= TimeSpan.FromSeconds(1), "It was killed before its grace time was over.");
        AssertNobodyIsLeft(_world.Folder(request.Identity));
    }

    [Fact]
    public async Task A_supervisor_that_hangs_is_killed_with_all_its_processes()
    {
        LinuxOnly();
        var (compute, folder) = await LaunchFamilyAsync(_world.CreateLauncher());
        await SignalAsync("-STOP", folder.ReadStarted()!.Pid);
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var launcher = _world.CreateLauncher(clock: clock);

        Assert.IsType<StopOutcome.Stopping>(await launcher.StopAsync(compute, "enough", CancellationToken.None));
        Assert.NotEmpty(ComputeInspector.MembersOf(folder));
        clock.Advance(TimeSpan.FromMinutes(1));

        await ProcessWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);
        AssertNobodyIsLeft(folder);
    }

    [Fact]
    public async Task A_signal_to_the_supervisor_ends_its_runner()
    {
        LinuxOnly();
        var launcher = _world.CreateLauncher();
        var (compute, folder) = await LaunchFamilyAsync(launcher);

        await SignalAsync("-TERM", folder.ReadStarted()!.Pid);

        var ended = await ProcessWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);
        Assert.Equal("Stopped: the supervisor was sent SIGTERM", ended.End?.Reason);
        AssertNobodyIsLeft(folder);
    }

    [Fact]
    public async Task Deleting_the_state_ends_the_runner()
    {
        LinuxOnly();
        var (_, folder) = await LaunchFamilyAsync(_world.CreateLauncher());

        Directory.Move(folder.Path, Path.Combine(_world.Scratch, "deleted"));

        await ProcessWorld.EventuallyAsync(() => ComputeInspector.MembersOf(folder).Count == 0);
    }

    private static void LinuxOnly() => Assert.SkipUnless(OperatingSystem.IsLinux(), "All members of a process tree can be found on Linux only.");

    /// <summary>Nobody but the supervisor, which has written its last word and is about to exit.</summary>
    private static void AssertNobodyIsLeft(ComputeFolder folder) =>
        Assert.DoesNotContain(ComputeInspector.MembersOf(folder), member => member.Pid != folder.ReadStarted()!.Pid);

    private static async Task SignalAsync(string signal, int pid)
    {
        using var kill = Process.Start("kill", [signal, pid.ToString()]);
        await kill.WaitForExitAsync();
    }

    private static void KillSupervisor(ComputeFolder folder)
    {
        using var supervisor = Process.GetProcessById(folder.ReadStarted()!.Pid);
        supervisor.Kill();
    }

    /// <summary>The supervisor, the runner, its child and grandchild, and a daemon whose parent is gone.</summary>
    private async Task<(ComputeRef Compute, ComputeFolder Folder)> LaunchFamilyAsync(ProcessLauncher launcher)
    {
        var request = _world.Request("family");
        var compute = await ProcessWorld.LaunchAsync(launcher, request);
        var folder = _world.Folder(request.Identity);
        await ProcessWorld.EventuallyAsync(() => ComputeInspector.MembersOf(folder).Count == 5 && MarkedDaemons(folder) == 1);
        return (compute, folder);
    }

    /// <summary>The intermediate parent must have ended, so that five members are the right five.</summary>
    private static int MarkedDaemons(ComputeFolder folder)
    {
        var supervisor = folder.ReadStarted()!.Pid;
        var runner = folder.ReadRunner()?.Pid;
        return ComputeInspector.MembersOf(folder).Count(member => member.Pid != runner && ParentOf(member.Pid) == supervisor);
    }

    private static int ParentOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
