using System.Diagnostics;
using System.Text;
using RunnerFleet.Compute;

namespace RunnerFleet.Local.Processes;

/// <summary>The runner's process, as its supervisor has it.</summary>
internal sealed class RunnerProcess : IDisposable
{
    private const string JobStartedLine = "Running job:";
    private const int LineLimit = 256;

    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan OutputPatience = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly TimeProvider _clock;
    private readonly Task _output;

    private RunnerProcess(Process process, TimeProvider clock, Task output) => (_process, _clock, _output) = (process, clock, output);

    /// <summary>The exit code; <see langword="null"/> while it lives.</summary>
    public int? ExitCode => _process.HasExited ? _process.ExitCode : null;

    /// <summary>Starts the runner with its registration in its environment, and without any secret of the fleet.</summary>
    public static RunnerProcess Start(ComputeFolder folder, HandOver handOver, ClaimReply registration, TimeProvider clock, RunnerLog log, Action jobStarted)
    {
        var process = new Process { StartInfo = Describe(folder, handOver, registration) };
        process.Start();
        process.StandardInput.Close();
        folder.WriteRunner(RecordOf(process, clock));
        var output = Task.WhenAll(
            PumpAsync(process.StandardOutput, log, LineWatch(jobStarted)),
            PumpAsync(process.StandardError, log, _ => { }));
        return new RunnerProcess(process, clock, output);
    }

    public static ProcessRecord RecordOf(Process process, TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        try
        {
            return new ProcessRecord { Pid = process.Id, ProcessStartedAt = process.StartTime, At = now };
        }
        catch (InvalidOperationException)
        {
            return new ProcessRecord { Pid = process.Id, ProcessStartedAt = now, At = now }; // it has ended already
        }
    }

    /// <summary>Waits for the end. When told to stop it asks the runner to end, gives it its grace time, and then kills it; what is left of its tree is the supervisor's matter.</summary>
    public async Task WaitAsync(TimeSpan grace, CancellationToken stopping)
    {
        try
        {
            await _process.WaitForExitAsync(stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(grace).ConfigureAwait(false);
        }

        // What the job left behind may hold the pipes open, so their end is not waited for without bound.
        await Task.WhenAny(_output, Task.Delay(OutputPatience, _clock, CancellationToken.None)).ConfigureAwait(false);
    }

    public void Dispose() => _process.Dispose();

    private static ProcessStartInfo Describe(ComputeFolder folder, HandOver handOver, ClaimReply registration)
    {
        IReadOnlyList<string> command = handOver.RunnerFolder is null ? handOver.Command : [RunnerCopy.ListenerOf(folder.RunnerCopy), "run"];
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            WorkingDirectory = folder.RunnerCopy,
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in handOver.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment.Remove(RunnerEnvironment.ClaimSecret);
        start.Environment.Remove("ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT");
        start.Environment["ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE"] = "1"; // without it a runner that is too old exits like any other fault
        start.Environment["ACTIONS_RUNNER_INPUT_JITCONFIG"] = registration.JitConfig;
        start.Environment["RUNNERFLEET_RUNNER_NAME"] = registration.RunnerName;
        start.Environment[ChildEnvironment.Marker] = handOver.Identity.Token;
        return start;
    }

    private async Task EndAsync(TimeSpan grace)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && !_process.HasExited)
            {
                UnixCalls.Signal(_process.Id, UnixCalls.Terminate);
                await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(grace, _clock).ConfigureAwait(false);
            }
        }
        catch (TimeoutException)
        {
            // Killed below.
        }

        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await Task.WhenAny(_process.WaitForExitAsync(CancellationToken.None), Task.Delay(KillPatience, _clock, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    private static async Task PumpAsync(StreamReader reader, RunnerLog log, Action<ReadOnlySpan<char>> seen)
    {
        var buffer = new char[4096];
        try
        {
            for (int read; (read = await reader.ReadAsync(buffer).ConfigureAwait(false)) > 0;)
            {
                log.Append(buffer.AsSpan(0, read));
                seen(buffer.AsSpan(0, read));
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The pipe was closed under us: the runner has ended.
        }
    }

    /// <summary>Looks for the line with which the GitHub runner says that a job begins. Only the beginnings of lines are kept.</summary>
    private static Action<ReadOnlySpan<char>> LineWatch(Action jobStarted)
    {
        var line = new StringBuilder();
        var found = false;
        return text =>
        {
            foreach (var c in text)
            {
                if (found)
                {
                    return;
                }

                if (c != '\n')
                {
                    if (line.Length < LineLimit)
                    {
                        line.Append(c);
                    }

                    continue;
                }

                found = line.ToString().Contains(JobStartedLine, StringComparison.Ordinal);
                line.Clear();
                if (found)
                {
                    jobStarted();
                }
            }
        };
    }
}
