using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace Extensions.InProcess;

/// <summary>The "provider" of <see cref="InProcessLauncher"/>: the runners of this process. They end with it.</summary>
public sealed class InProcessRunners : IDisposable
{
    internal ConcurrentDictionary<string, InProcessRunner> ByToken { get; } = new(StringComparer.Ordinal);

    internal event Action<ComputeDescription>? Changed;

    internal void Tell(ComputeDescription description) => Changed?.Invoke(description);

    public void Dispose()
    {
        foreach (var runner in ByToken.Values)
        {
            runner.Dispose();
        }
    }
}

#region in-process-launcher
/// <summary>Runs each runner as a task of this process: no isolation at all, and so for tests and demonstrations. For one host.</summary>
public sealed class InProcessLauncher(InProcessRunners runners, RunnerProgram program, TimeProvider clock) : IComputeLauncher, IComputeEventSource
{
    private static readonly TimeSpan KeptAfterEnd = TimeSpan.FromHours(24);

    public string Name => "in-process";

    public LauncherCapabilities Capabilities { get; } = new() { ParallelLaunches = 16 };

    public Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // One entry an attempt, made by whoever comes first; the entry decides who starts it.
        var runner = RunnerOf(request.Identity);
        return Task.FromResult<LaunchOutcome>(runner.TryStart(request, program, runners.Tell)
            ? new LaunchOutcome.Launched(runner.Compute)
            : new LaunchOutcome.Existing(runner.Compute));
    }

    public Task<FindOutcome> FindAsync(ComputeIdentity identity, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // "Absent" is a promise: a launch that was sent before and comes later must find that it may not start.
        var runner = RunnerOf(identity);
        runner.Forbid();
        return Task.FromResult(Outcome(runner.Describe()));
    }
    #endregion

    public Task<StopOutcome> StopAsync(ComputeRef compute, string reason, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var isStopped = Find(compute)?.Stop(reason) ?? true;
        return Task.FromResult<StopOutcome>(isStopped ? StopOutcome.Stopped.Instance : StopOutcome.Stopping.Instance);
    }

    public Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // What this process does not know died with the process that started it.
        return Task.FromResult<IReadOnlyDictionary<ComputeRef, FindOutcome>>(computes.Distinct().ToDictionary(c => c, c => Outcome(Find(c)?.Describe())));
    }

    public Task<Page<ComputeDescription>> ListAsync(string fleet, string? continuation, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fleet);
        cancellationToken.ThrowIfCancellationRequested();
        Forget();
        var items = runners.ByToken.Values.Where(r => r.Identity.Fleet == fleet).Select(r => r.Describe()).OfType<ComputeDescription>();
        return Task.FromResult(new Page<ComputeDescription> { Items = [.. items] });
    }

    public async IAsyncEnumerable<ComputeDescription> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var news = Channel.CreateUnbounded<ComputeDescription>();
        void Hear(ComputeDescription description) => news.Writer.TryWrite(description);
        runners.Changed += Hear;
        try
        {
            await foreach (var description in news.Reader.ReadAllAsync(cancellationToken))
            {
                yield return description;
            }
        }
        finally
        {
            runners.Changed -= Hear;
        }
    }

    private InProcessRunner RunnerOf(ComputeIdentity identity) => runners.ByToken.GetOrAdd(identity.Token, token =>
        new InProcessRunner(identity, new ComputeRef { Launcher = Name, Location = "", Id = token }, clock));

    private InProcessRunner? Find(ComputeRef compute) => compute.Launcher == Name ? runners.ByToken.GetValueOrDefault(compute.Id) : null;

    private static FindOutcome Outcome(ComputeDescription? description) =>
        description is null ? FindOutcome.ConfirmedAbsent.Instance : new FindOutcome.Found(description);

    private void Forget()
    {
        var before = clock.GetUtcNow() - KeptAfterEnd;
        foreach (var (token, runner) in runners.ByToken)
        {
            if (runner.Describe()?.End?.At < before && runners.ByToken.TryRemove(token, out _))
            {
                runner.Dispose();
            }
        }
    }
}
