using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Simulation.Tests.Planted;

/// <summary>Whoever cannot be reached is not there.</summary>
internal sealed class UnknownComputeIsAbsent(IComputeLauncher inner) : LauncherDecorator(inner)
{
    public override async Task<FindOutcome> FindAsync(ComputeIdentity identity, CancellationToken cancellationToken) =>
        Absent(await Inner.FindAsync(identity, cancellationToken));

    public override async Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, CancellationToken cancellationToken) =>
        (await Inner.DescribeAsync(computes, cancellationToken)).ToDictionary(d => d.Key, d => Absent(d.Value));

    private static FindOutcome Absent(FindOutcome outcome) => outcome is FindOutcome.Unknown ? FindOutcome.ConfirmedAbsent.Instance : outcome;
}

/// <summary>A launch without an answer was not made.</summary>
internal sealed class UnknownLaunchIsNone(IComputeLauncher inner) : LauncherDecorator(inner)
{
    public override async Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken) =>
        await Inner.LaunchAsync(request, cancellationToken) is var outcome and not LaunchOutcome.Unknown ? outcome : new LaunchOutcome.NoCapacity("No answer.");
}

/// <summary>What is stopping has stopped.</summary>
internal sealed class StoppingIsStopped(IComputeLauncher inner) : LauncherDecorator(inner)
{
    public override async Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, CancellationToken cancellationToken) =>
        (await Inner.DescribeAsync(computes, cancellationToken)).ToDictionary(d => d.Key, d => d.Value is FindOutcome.Found { Description: { Status: ComputeStatus.Stopping } there }
            ? new FindOutcome.Found(there with { Status = ComputeStatus.Stopped })
            : d.Value);
}

/// <summary>Changes the identity of what is sent.</summary>
internal sealed class LauncherWithOtherIdentity(IComputeLauncher inner, Func<ComputeIdentity, int, ComputeIdentity> change) : LauncherDecorator(inner)
{
    private readonly Dictionary<string, int> _sent = [];

    public override Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        var sends = _sent[request.Identity.Token] = _sent.GetValueOrDefault(request.Identity.Token) + 1;
        return Inner.LaunchAsync(request with { Identity = change(request.Identity, sends) }, cancellationToken);
    }
}

/// <summary>Stops whatever it is asked to look at.</summary>
internal sealed class StopsBeforeItRemoves(IComputeLauncher inner) : LauncherDecorator(inner)
{
    public override async Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, CancellationToken cancellationToken)
    {
        foreach (var compute in computes)
        {
            await Inner.StopAsync(compute, "to be sure", cancellationToken);
        }

        return await Inner.DescribeAsync(computes, cancellationToken);
    }
}

/// <summary>Says that it stopped what it was not even told to.</summary>
internal sealed class NeverStops(IComputeLauncher inner) : LauncherDecorator(inner)
{
    public override Task<StopOutcome> StopAsync(ComputeRef compute, string reason, CancellationToken cancellationToken) => Task.FromResult<StopOutcome>(StopOutcome.Stopped.Instance);
}

/// <summary>Writes the credential that was last minted where a process list shows it.</summary>
internal sealed class LaunchWithCredential(IComputeLauncher inner, LastMinted minted) : LauncherDecorator(inner)
{
    public override Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken) =>
        Inner.LaunchAsync(request with { Environment = new Dictionary<string, string>(request.Environment) { ["JITCONFIG"] = minted.Credential } }, cancellationToken);
}

/// <summary>The classes could not be read once, and are none from then on.</summary>
internal sealed class ClassesThatKeepAFailure(int loads) : IRunnerClassCatalog
{
    private static readonly IReadOnlyDictionary<string, RunnerClass> s_classes = new Dictionary<string, RunnerClass>
    {
        ["small"] = new() { Name = "small", Cpu = 512, MemoryMiB = 1024 },
        ["large"] = new() { Name = "large", Cpu = 4096, MemoryMiB = 8192, Limit = 2 },
    };

    private int _loads;

    public ValueTask<IReadOnlyDictionary<string, RunnerClass>> GetClassesAsync(CancellationToken cancellationToken)
    {
        _loads++;
        return _loads == loads ? throw new ClassesUnavailableException() : new(_loads < loads ? s_classes : new Dictionary<string, RunnerClass>());
    }
}
