using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.TestProcesses.Crash;

/// <summary>A launcher with a point before and after each call that has an effect. <c>FindAsync</c> has one: its "absent" forbids an earlier launch to start.</summary>
internal sealed class CrashingLauncher(IComputeLauncher inner, CrashPoints points) : IComputeLauncher
{
    public string Name => inner.Name;

    public LauncherCapabilities Capabilities => inner.Capabilities;

    public Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken) =>
        points.AroundAsync($"launcher.Launch class:{request.Plan.ClassName}", () => inner.LaunchAsync(request, cancellationToken));

    public Task<FindOutcome> FindAsync(ComputeIdentity identity, CancellationToken cancellationToken) => points.AroundAsync("launcher.Find", () => inner.FindAsync(identity, cancellationToken));

    public Task<StopOutcome> StopAsync(ComputeRef compute, string reason, CancellationToken cancellationToken) => points.AroundAsync("launcher.Stop", () => inner.StopAsync(compute, reason, cancellationToken));

    public Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, CancellationToken cancellationToken) => inner.DescribeAsync(computes, cancellationToken);

    public Task<Page<ComputeDescription>> ListAsync(string fleet, string? continuation, CancellationToken cancellationToken) => inner.ListAsync(fleet, continuation, cancellationToken);
}
