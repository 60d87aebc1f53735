using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RunnerFleet.Local.Processes;

/// <summary>The life of one supervisor: lock, claim, runner, clean-up. Its steps are in the order that <see cref="ComputeInspector"/> relies on.</summary>
internal sealed class Supervision(ComputeFolder folder, HandOver handOver, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopping = new();
    private string? _stopReason;

    public async Task<int> RunAsync()
    {
        using var supervising = await TakeLockAsync().ConfigureAwait(false);
        if (supervising is null || folder.IsToStop || folder.HasStarted)
        {
            return SupervisorExitCodes.NotNeeded; // it is single use: a second supervisor of the same attempt does no harm
        }

        using var self = Process.GetCurrentProcess();
        folder.WriteStarted(RunnerProcess.RecordOf(self, clock));
        using var log = new RunnerLog(folder.LogFile);
        using var over = new CancellationTokenSource();
        using var signals = new StopSignals(signal => Stop($"the supervisor was sent {signal}"));
        var watch = WatchForStopAsync(over.Token);

        var (code, end) = await SuperviseAsync(log).ConfigureAwait(false);
        var treeGone = await KillWhatIsLeftAsync(log).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await watch.ConfigureAwait(false);
        folder.DeleteRunnerCopy();
        log.Say(end.Reason ?? $"The runner ended with exit code {end.ExitCode}.");
        if (folder.Exists)
        {
            folder.WriteExit(end with { At = clock.GetUtcNow(), TreeGone = treeGone });
        }

        return code;
    }

    public void Dispose() => _stopping.Dispose();

    private async Task<(int Code, ExitRecord End)> SuperviseAsync(RunnerLog log)
    {
        try
        {
            if (handOver.RunnerFolder is { } source)
            {
                RunnerCopy.Make(source, folder.RunnerCopy, _stopping.Token);
            }

            Directory.CreateDirectory(folder.RunnerCopy);
            using var controlPlane = new ControlPlaneClient(handOver, clock);
            var claim = await controlPlane.ClaimAsync(log.Say, _stopping.Token).ConfigureAwait(false);
            return claim.Reply is { } registration
                ? (SupervisorExitCodes.Done, await RunAsync(controlPlane, registration, log).ConfigureAwait(false))
                : (claim.ExitCode, End(null, claim.Reason));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return (SupervisorExitCodes.StoppedEarly, End(null, $"Stopped before the runner started: {_stopReason}"));
        }
        catch (Win32Exception exception)
        {
            return (SupervisorExitCodes.RunnerNotStarted, End(null, $"The runner's program could not be started: {exception.Message}"));
        }
#pragma warning disable CA1031 // whatever it is, it is written down as the compute's end, and nothing is left behind
        catch (Exception exception)
        {
            return (SupervisorExitCodes.Fault, End(null, $"The supervisor failed: {exception.Message}"));
        }
#pragma warning restore CA1031
    }

    private async Task<ExitRecord> RunAsync(ControlPlaneClient controlPlane, ClaimReply registration, RunnerLog log)
    {
        _stopping.Token.ThrowIfCancellationRequested();
        var started = Task.CompletedTask;
        using var runner = RunnerProcess.Start(folder, handOver, registration, clock, log, jobStarted: () => started = controlPlane.ReportAsync("started", registration.ReportToken, log.Say));
        await runner.WaitAsync(TimeSpan.FromSeconds(handOver.StopGraceSeconds), _stopping.Token).ConfigureAwait(false);
        await started.ConfigureAwait(false);
        await controlPlane.ReportAsync("exiting", registration.ReportToken, log.Say).ConfigureAwait(false);
        return End(runner.ExitCode, _stopReason is null ? null : $"Stopped: {_stopReason}");
    }

    /// <summary>A look at the lock (<see cref="ComputeFolder.IsSupervised"/>) holds it for a moment, so one failure proves nothing.</summary>
    private async Task<FileStream?> TakeLockAsync()
    {
        var end = clock.GetUtcNow() + LockPatience;
        while (folder.Exists && !folder.HasStarted && clock.GetUtcNow() < end)
        {
            if (folder.TrySupervise() is { } held)
            {
                return held;
            }

            await Task.Delay(PollInterval / 10, clock).ConfigureAwait(false);
        }

        return null;
    }

    private async Task WatchForStopAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                if (folder.IsToStop || !folder.Exists)
                {
                    Stop(folder.ReadStop()?.Reason ?? "its folder is gone");
                    return;
                }

                await Task.Delay(PollInterval, clock, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The runner ended first.
        }
    }

    private void Stop(string reason)
    {
        Interlocked.CompareExchange(ref _stopReason, reason, null);
        _stopping.Cancel();
    }

    /// <summary>A runner's end is the end of all that its job started.</summary>
    private async Task<bool> KillWhatIsLeftAsync(RunnerLog log)
    {
        var end = clock.GetUtcNow() + KillPatience;
        while (ComputeInspector.MembersOf(folder) is { Count: > 0 } members)
        {
            if (clock.GetUtcNow() >= end)
            {
                log.Say($"{members.Count} processes could not be killed: {string.Join(", ", members.Select(member => member.Pid))}.");
                return false;
            }

            ProcessTree.Kill(members);
            await Task.Delay(PollInterval / 10, clock).ConfigureAwait(false);
        }

        return true;
    }

    private ExitRecord End(int? exitCode, string? reason) => new() { ExitCode = exitCode, Reason = reason, At = clock.GetUtcNow(), TreeGone = false };

    /// <summary>A signal to the supervisor is a stop like any other.</summary>
    private sealed class StopSignals(Action<PosixSignal> stop) : IDisposable
    {
        private readonly List<PosixSignalRegistration> _registrations =
        [
            .. from signal in new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP }
               select PosixSignalRegistration.Create(signal, context =>
               {
                   context.Cancel = true;
                   stop(context.Signal);
               }),
        ];

        public void Dispose() => _registrations.ForEach(registration => registration.Dispose());
    }
}
