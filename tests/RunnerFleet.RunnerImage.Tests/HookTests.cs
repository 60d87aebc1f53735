using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RunnerFleet.RunnerImage.Tests;

/// <summary>The hooks alone, as GitHub's runner starts them: a failing one fails the job, a hanging one hangs it.</summary>
public sealed class HookTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(15); // 4 s and what a busy machine adds; without a bound it would be for ever

    private readonly string _home = Directory.CreateTempSubdirectory("runnerfleet-hooks-").FullName;
    private readonly TcpListener _silent = new(IPAddress.Loopback, 0);

    public HookTests()
    {
        ShellTools.NeedEntryPoint();
        Directory.CreateDirectory(Path.Combine(_home, ".runnerfleet"));
        File.WriteAllText(Path.Combine(_home, ".runnerfleet", "authorization"), "Authorization: Bearer the-token\n");
        _silent.Start();
    }

    public static TheoryData<string> Hooks => ["job-started.sh", "job-completed.sh"];

    private string Silent => $"http://{_silent.LocalEndpoint}";

    [Theory, MemberData(nameof(Hooks))]
    public async Task A_control_plane_that_does_not_answer_is_not_waited_for(string hook) =>
        Assert.Contains("could not be delivered", await RunAsync(hook, ("RUNNERFLEET_URL", Silent)), StringComparison.Ordinal);

    [Theory, MemberData(nameof(Hooks))]
    public async Task A_control_plane_that_is_down_does_no_harm(string hook)
    {
        var url = Silent;
        _silent.Stop();
        Assert.Contains("could not be delivered", await RunAsync(hook, ("RUNNERFLEET_URL", url)), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Hooks))]
    public async Task Neither_does_an_environment_that_a_job_has_spoiled(string hook)
    {
        await RunAsync(hook, ("RUNNERFLEET_URL", ""), ("RUNNERFLEET_RUNNER_ID", ""));
        await RunAsync(hook, ("PATH", "/nowhere"));
        await RunAsync(hook, ("RUNNERFLEET_RUNNER_HOME", "/nowhere"));
        Directory.Delete(Path.Combine(_home, ".runnerfleet"), recursive: true);
        Assert.Contains("there is no report token", await RunAsync(hook), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_hook_leaves_the_mark_that_a_job_began()
    {
        await RunAsync("job-completed.sh", ("RUNNERFLEET_URL", ""));
        Assert.False(File.Exists(Path.Combine(_home, ".runnerfleet", "job")));
        await RunAsync("job-started.sh", ("RUNNERFLEET_URL", ""));
        Assert.True(File.Exists(Path.Combine(_home, ".runnerfleet", "job")));
    }

    public void Dispose()
    {
        _silent.Dispose();
        Directory.Delete(_home, recursive: true);
    }

    private async Task<string> RunAsync(string hook, params IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(ShellTools.PathOf("bash")!, ["-e", RunnerFolder.File("hooks/" + hook)]) { RedirectStandardError = true };
        start.Environment["RUNNERFLEET_RUNNER_HOME"] = _home;
        start.Environment["RUNNERFLEET_RUNNER_ID"] = "01JZ0000000000000000000001";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var began = TimeProvider.System.GetTimestamp();
        using var process = Process.Start(start)!;
        var output = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        Assert.True(TimeProvider.System.GetElapsedTime(began) < Bound, output);
        Assert.DoesNotContain("the-token", output, StringComparison.Ordinal);
        return output;
    }
}
