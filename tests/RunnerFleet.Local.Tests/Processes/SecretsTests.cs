using RunnerFleet.Compute;

namespace RunnerFleet.Local.Tests.Processes;

public sealed class SecretsTests : IAsyncLifetime
{
    private ProcessWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await ProcessWorld.CreateAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Secrets_are_on_no_command_line_in_no_file_and_in_no_environment_that_need_not_have_them()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other processes' command lines and environments can be read on Linux only.");
        var launcher = _world.CreateLauncher();
        var request = _world.Request("job");
        await ProcessWorld.LaunchAsync(launcher, request);
        await ProcessWorld.EventuallyAsync(() => _world.ControlPlane.Reports.Count == 1);
        var folder = _world.Folder(request.Identity);

        var commandLines = Directory.GetDirectories("/proc").Select(process => TryRead(Path.Combine(process, "cmdline"))).ToList();
        var files = Directory.GetFiles(_world.Directory, "*", SearchOption.AllDirectories).Select(TryRead).ToList();
        var supervisor = TryRead($"/proc/{folder.ReadStarted()!.Pid}/environ");
        var runner = TryRead($"/proc/{folder.ReadRunner()!.Pid}/environ");

        Assert.Contains(commandLines, line => line.Contains("stand-in", StringComparison.Ordinal)); // so the look is not blind
        Assert.Contains(files, file => file.Contains(request.Identity.RunnerId, StringComparison.Ordinal));
        foreach (var secret in new[] { ProcessWorld.ClaimSecret, ControlPlaneStub.JitConfig, ControlPlaneStub.ReportToken })
        {
            Assert.DoesNotContain(commandLines, line => line.Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(files, file => file.Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(secret, supervisor, StringComparison.Ordinal);
        }

        Assert.Contains(ControlPlaneStub.JitConfig, runner, StringComparison.Ordinal);
        Assert.DoesNotContain(ProcessWorld.ClaimSecret, runner, StringComparison.Ordinal);
        Assert.DoesNotContain(ControlPlaneStub.ReportToken, runner, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_runner_has_what_it_needs_and_what_is_passed_and_nothing_else_of_the_host()
    {
        Environment.SetEnvironmentVariable("RunnerFleet__GitHub__Token", "the-hosts-token");
        Environment.SetEnvironmentVariable("HOST_SECRET", "the-hosts-secret");
        Environment.SetEnvironmentVariable("HOST_PROXY", "http://proxy.test");
        Environment.SetEnvironmentVariable("ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT", "1");
        var report = Path.Combine(_world.Scratch, "environment");
        var launcher = _world.CreateLauncher(options =>
        {
            options.PassEnvironment.Add("HOST_PROXY");
            options.PassEnvironment.Add("ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT");
        });
        var request = _world.Request($"environment {report}");

        var compute = await ProcessWorld.LaunchAsync(launcher, request);
        var ended = await ProcessWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);
        var environment = (await File.ReadAllLinesAsync(report)).Where(line => line.Contains('=', StringComparison.Ordinal)).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

        Assert.Equal(0, ended.End?.ExitCode);
        Assert.Equal(ControlPlaneStub.JitConfig, environment["ACTIONS_RUNNER_INPUT_JITCONFIG"]);
        Assert.Equal("1", environment["ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE"]);
        Assert.Equal($"rf-test-{request.Identity.RunnerId}-1", environment["RUNNERFLEET_RUNNER_NAME"]);
        Assert.Equal(request.Identity.Token, environment["RUNNERFLEET_COMPUTE"]);
        Assert.Equal(_world.Url, environment[RunnerEnvironment.ControlPlaneUrl]);
        Assert.Equal("http://proxy.test", environment["HOST_PROXY"]);
        Assert.Contains("PATH", environment.Keys, StringComparer.OrdinalIgnoreCase);
        Assert.DoesNotContain(RunnerEnvironment.ClaimSecret, environment.Keys);
        Assert.DoesNotContain("ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT", environment.Keys);
        Assert.DoesNotContain("RunnerFleet__GitHub__Token", environment.Keys);
        Assert.DoesNotContain("HOST_SECRET", environment.Keys);
    }

    private static string TryRead(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return ""; // a process that ended, or a lock
        }
    }
}
