using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Compute;
using RunnerFleet.Local.Processes;
using RunnerFleet.Runners;

namespace RunnerFleet.Local.Tests.Processes;

public sealed class ProcessLauncherTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private ProcessWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await ProcessWorld.CreateAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Many_launchers_over_one_folder_start_one_runner()
    {
        var request = _world.Request("wait");
        var launchers = Enumerable.Range(0, 8).Select(_ => _world.CreateLauncher()).ToList();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(() => launchers[n].LaunchAsync(request, None))));

        Assert.Single(outcomes.OfType<LaunchOutcome.Launched>());
        Assert.Equal(7, outcomes.OfType<LaunchOutcome.Existing>().Count());
        await ProcessWorld.EventuallyAsync(() => _world.ControlPlane.Claims.Count > 0);
        Assert.Single(_world.ControlPlane.Claims);
    }

    [Fact]
    public async Task A_launch_whose_host_died_before_the_supervisor_began_is_taken_up_by_the_next()
    {
        var launcher = _world.CreateLauncher();
        var request = _world.Request("wait");
        HalfLaunch(request, TimeProvider.System.GetUtcNow());

        Assert.IsType<FindOutcome.Unknown>(await launcher.FindAsync(request.Identity, None));
        Assert.IsType<LaunchOutcome.Launched>(await launcher.LaunchAsync(request, None));
    }

    [Fact]
    public async Task A_launch_that_never_began_is_absent_when_its_time_is_over_and_cannot_begin_later()
    {
        var launcher = _world.CreateLauncher();
        var request = _world.Request("wait");
        HalfLaunch(request, TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(61));

        Assert.IsType<FindOutcome.ConfirmedAbsent>(await launcher.FindAsync(request.Identity, None));
        Assert.IsType<LaunchOutcome.Existing>(await launcher.LaunchAsync(request, None));
        Assert.False(_world.Folder(request.Identity).HasStarted);
    }

    [Fact]
    public async Task What_was_found_absent_cannot_be_started_by_a_launch_that_comes_late()
    {
        var launcher = _world.CreateLauncher();
        var request = _world.Request("wait");

        Assert.IsType<FindOutcome.ConfirmedAbsent>(await launcher.FindAsync(request.Identity, None));
        var late = Assert.IsType<LaunchOutcome.Existing>(await _world.CreateLauncher().LaunchAsync(request, None));

        Assert.IsType<FindOutcome.ConfirmedAbsent>(await launcher.FindAsync(request.Identity, None));
        Assert.Equal(ComputeStatus.Stopped, (await ProcessWorld.UntilAsync(launcher, late.Compute, ComputeStatus.Stopped)).Status);
        Assert.Empty((await launcher.ListAsync(ProcessWorld.Fleet, null, None)).Items);
        Assert.Empty(_world.ControlPlane.Claims);
    }

    [Fact]
    public async Task Finds_and_launches_at_once_never_call_absent_what_runs()
    {
        var launcher = _world.CreateLauncher();
        for (var round = 0; round < 5; round++)
        {
            var request = _world.Request("wait");

            var launch = Task.Run(() => launcher.LaunchAsync(request, None));
            var finds = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => launcher.FindAsync(request.Identity, None))));
            var outcome = await launch;

            Assert.NotEqual(finds.OfType<FindOutcome.ConfirmedAbsent>().Any(), outcome is LaunchOutcome.Launched);
        }
    }

    [Fact]
    public async Task A_supervisor_that_cannot_be_started_is_a_rejection_that_says_why()
    {
        var launcher = _world.CreateLauncher(options =>
        {
            options.Supervisor.Clear();
            options.Supervisor.Add(Path.Combine(_world.Scratch, "no-such-program"));
        });
        var request = _world.Request("wait");

        var rejected = Assert.IsType<LaunchOutcome.Rejected>(await launcher.LaunchAsync(request, None));

        Assert.Contains("no-such-program", rejected.Reason, StringComparison.Ordinal);
        Assert.IsType<FindOutcome.ConfirmedAbsent>(await launcher.FindAsync(request.Identity, None));
    }

    [Fact]
    public async Task A_supervisor_that_is_none_is_a_rejection_with_its_own_words()
    {
        var launcher = _world.CreateLauncher(options => options.Supervisor.Add("not-the-verb"));

        var rejected = Assert.IsType<LaunchOutcome.Rejected>(await launcher.LaunchAsync(_world.Request("wait"), None));

        Assert.Contains("exit code 64", rejected.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_runner_that_cannot_be_started_ends_with_the_reason()
    {
        var launcher = _world.CreateLauncher(options => options.Command.Add("no-such-runner"));

        var compute = await ProcessWorld.LaunchAsync(launcher, _world.Request("wait"));

        Assert.Contains("no-such-runner", (await ProcessWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped)).End?.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_runner_has_its_own_copy_of_the_runner_folder_for_as_long_as_it_lives()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in for Runner.Listener is a shell script.");
        var runner = Directory.CreateDirectory(Path.Combine(_world.Scratch, "runner", "bin")).Parent!.FullName;
        var listener = RunnerCopy.ListenerOf(runner);
        await File.WriteAllTextAsync(listener, "#!/bin/sh\necho \"$1 in $(pwd) $(ls -A | tr '\\n' ' ')\"\nexit 4\n");
        using (var chmod = System.Diagnostics.Process.Start("chmod", ["+x", listener]))
        {
            await chmod.WaitForExitAsync();
        }

        await File.WriteAllTextAsync(Path.Combine(runner, ".credentials"), "of an earlier use");
        File.CreateSymbolicLink(Path.Combine(runner, "link"), "bin/Runner.Listener");
        var launcher = _world.CreateLauncher(options => options.RunnerFolder = runner);
        var request = _world.Request("");

        var ended = await ProcessWorld.UntilAsync(launcher, await ProcessWorld.LaunchAsync(launcher, request), ComputeStatus.Stopped);
        var folder = _world.Folder(request.Identity);

        Assert.Equal(4, ended.End?.ExitCode);
        Assert.Contains($"run in {folder.RunnerCopy} bin link \n", await File.ReadAllTextAsync(folder.LogFile), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.RunnerCopy));
    }

    [Fact]
    public async Task What_stopped_lately_is_listed_and_what_stopped_long_ago_is_forgotten()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var request = _world.Request("exit 0");
        var now = _world.CreateLauncher();
        var compute = await ProcessWorld.LaunchAsync(now, request);
        await ProcessWorld.UntilAsync(now, compute, ComputeStatus.Stopped);
        var later = _world.CreateLauncher(clock: clock);

        Assert.Equal(ComputeStatus.Stopped, Assert.Single((await later.ListAsync(ProcessWorld.Fleet, null, None)).Items).Status);
        clock.Advance(TimeSpan.FromHours(2));
        Assert.Empty((await later.ListAsync(ProcessWorld.Fleet, null, None)).Items);
        Assert.True(_world.Folder(request.Identity).Exists);
        clock.Advance(TimeSpan.FromHours(23));
        Assert.Empty((await later.ListAsync(ProcessWorld.Fleet, null, None)).Items);
        Assert.False(_world.Folder(request.Identity).Exists);
        Assert.IsType<FindOutcome.ConfirmedAbsent>((await later.DescribeAsync([compute], None))[compute]);
    }

    [Theory]
    [InlineData("..", "01ARZ3NDEKTSV4RRFFQ69G5FAV", 1)]
    [InlineData("a/b", "01ARZ3NDEKTSV4RRFFQ69G5FAV", 1)]
    [InlineData("test", "../../../../tmp/0000000000", 1)]
    [InlineData("test", "01ARZ3NDEKTSV4RRFFQ69G5FAV", 0)]
    public async Task A_name_that_is_none_never_becomes_a_path(string fleet, string runnerId, int attempt)
    {
        var launcher = _world.CreateLauncher();
        var identity = new ComputeIdentity { Fleet = fleet, RunnerId = runnerId, Attempt = attempt };
        var compute = new ComputeRef { Launcher = "process", Location = _world.Directory, Id = $"{fleet}/{runnerId}-{attempt}" };

        Assert.IsType<LaunchOutcome.Rejected>(await launcher.LaunchAsync(_world.Request("wait", identity), None));
        Assert.IsType<FindOutcome.ConfirmedAbsent>(await launcher.FindAsync(identity, None));
        Assert.IsType<StopOutcome.Stopped>(await launcher.StopAsync(compute, "why", None));
        Assert.IsType<FindOutcome.ConfirmedAbsent>((await launcher.DescribeAsync([compute], None))[compute]);
        Assert.Empty(Directory.GetFileSystemEntries(_world.Directory));
    }

    [Fact]
    public async Task A_fleet_that_is_no_name_is_not_listed() =>
        await Assert.ThrowsAsync<ArgumentException>(() => _world.CreateLauncher().ListAsync("..", null, None));

    [Fact]
    public async Task Compute_of_another_folder_is_unknown_not_absent()
    {
        var launcher = _world.CreateLauncher();
        var elsewhere = new ComputeRef { Launcher = "process", Location = "/elsewhere", Id = "test/01ARZ3NDEKTSV4RRFFQ69G5FAV-1" };

        Assert.IsType<FindOutcome.Unknown>((await launcher.DescribeAsync([elsewhere], None))[elsewhere]);
        Assert.IsType<StopOutcome.Unknown>(await launcher.StopAsync(elsewhere, "why", None));
    }

    [Fact]
    public async Task Without_its_folder_the_launcher_concludes_nothing()
    {
        var launcher = _world.CreateLauncher();
        var compute = new ComputeRef { Launcher = "process", Location = _world.Directory, Id = "test/01ARZ3NDEKTSV4RRFFQ69G5FAV-1" };
        Directory.Delete(_world.Directory, recursive: true);

        Assert.IsType<FindOutcome.Unknown>((await launcher.DescribeAsync([compute], None))[compute]);
        await Assert.ThrowsAnyAsync<IOException>(() => launcher.FindAsync(ProcessWorld.NewIdentity(), None));
        await Assert.ThrowsAnyAsync<IOException>(() => launcher.StopAsync(compute, "why", None));
        await Assert.ThrowsAnyAsync<IOException>(() => launcher.ListAsync(ProcessWorld.Fleet, null, None));
    }

    [Fact]
    public void A_log_keeps_the_newest_and_stays_small()
    {
        var file = Path.Combine(_world.Scratch, "log");
        using (var log = new RunnerLog(file))
        {
            for (var n = 0; n < 40_000; n++)
            {
                log.Append($"line {n:D60}\n");
            }
        }

        Assert.InRange(new FileInfo(file).Length + new FileInfo(file + ".1").Length, 1, 1024 * 1024 + 256);
        Assert.EndsWith($"line {39_999:D60}\n", File.ReadAllText(file), StringComparison.Ordinal);
    }

    private void HalfLaunch(LaunchRequest request, DateTimeOffset at) =>
        new ComputeFolders(_world.Directory).TryCreate(_world.Folder(request.Identity), folder => folder.WriteLaunch(
            new LaunchRecord { Identity = request.Identity, Plan = request.Plan, Tags = request.Tags, At = at }));
}
