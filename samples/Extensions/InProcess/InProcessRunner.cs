using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace Extensions.InProcess;

/// <summary>What a runner does in its task: until its job is done, or until it is told to stop. Returns an exit code.</summary>
public delegate Task<int> RunnerProgram(LaunchRequest request, CancellationToken stop);

/// <summary>One attempt: a task, or the mark that it must never become one.</summary>
internal sealed class InProcessRunner(ComputeIdentity identity, ComputeRef compute, TimeProvider clock) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private DateTimeOffset? _startedAt;
    private ComputeEnd? _end;
    private bool _isForbidden;
    private string? _stopReason;

    public ComputeIdentity Identity { get; } = identity;

    public ComputeRef Compute { get; } = compute;

    /// <summary>Starts the task, unless it was started or forbidden before.</summary>
    public bool TryStart(LaunchRequest request, RunnerProgram program, Action<ComputeDescription> tell)
    {
        lock (_lock)
        {
            if (_startedAt is not null || _isForbidden)
            {
                return false;
            }

            _startedAt = clock.GetUtcNow();
        }

        tell(Describe()!);
        _ = Task.Run(() => RunAsync(request, program, tell));
        return true;
    }

    /// <summary>From here on it will not start; if it did already, nothing changes.</summary>
    public void Forbid()
    {
        lock (_lock)
        {
            _isForbidden = true;
        }
    }

    /// <returns>Whether it is stopped already.</returns>
    public bool Stop(string reason)
    {
        lock (_lock)
        {
            _isForbidden = true;
            if (_startedAt is null || _end is not null)
            {
                return true;
            }

            _stopReason ??= reason;
        }

        _stop.Cancel();
        return false;
    }

    /// <returns><see langword="null"/> when it was never started.</returns>
    public ComputeDescription? Describe()
    {
        lock (_lock)
        {
            return _startedAt is null ? null : new ComputeDescription
            {
                Compute = Compute,
                RunnerId = Identity.RunnerId,
                Attempt = Identity.Attempt,
                Status = _end is not null ? ComputeStatus.Stopped : _stopReason is not null ? ComputeStatus.Stopping : ComputeStatus.Running,
                StartedAt = _startedAt,
                End = _end,
            };
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task RunAsync(LaunchRequest request, RunnerProgram program, Action<ComputeDescription> tell)
    {
        int? exitCode = null;
        string? trouble = null;
        try
        {
            exitCode = await program(request, _stop.Token);
        }
        catch (Exception exception)
        {
            trouble = exception is OperationCanceledException ? null : $"The program failed ({exception.GetType().Name}).";
        }

        lock (_lock)
        {
            _end = new ComputeEnd { At = clock.GetUtcNow(), ExitCode = exitCode, Reason = _stopReason ?? trouble };
        }

        tell(Describe()!);
    }
}
