using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Cli.Connection;

/// <summary>The tool reads records and marks them; it launches nothing, and knows nothing of what runs.</summary>
internal sealed class NoLauncher : IComputeLauncher
{
    private const string Words = "The runnerfleet tool launches and stops nothing; the fleet's hosts do.";

    public string Name => "none";

    public LauncherCapabilities Capabilities { get; } = new();

    public Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken) => Task.FromResult<LaunchOutcome>(new LaunchOutcome.Unknown(Words));

    public Task<FindOutcome> FindAsync(ComputeIdentity identity, CancellationToken cancellationToken) => Task.FromResult<FindOutcome>(new FindOutcome.Unknown(Words));

    public Task<StopOutcome> StopAsync(ComputeRef compute, string reason, CancellationToken cancellationToken) => Task.FromResult<StopOutcome>(new StopOutcome.Unknown(Words));

    public Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<ComputeRef, FindOutcome>>(computes.Distinct().ToDictionary(compute => compute, _ => (FindOutcome)new FindOutcome.Unknown(Words)));

    public Task<Page<ComputeDescription>> ListAsync(string fleet, string? continuation, CancellationToken cancellationToken) => throw new ComputeUnavailableException(Words);
}
