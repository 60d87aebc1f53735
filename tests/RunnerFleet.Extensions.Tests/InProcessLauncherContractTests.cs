using System.Globalization;
using Extensions.InProcess;
using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Extensions.Tests;

#region launcher-contract
public sealed class InProcessLauncherContractTests : ComputeLauncherContract
{
    private const string ExitWith = "EXIT_WITH";

    private readonly InProcessRunners _runners = new();

    protected override ValueTask<IComputeLauncher> CreateLauncherAsync() => new(new InProcessLauncher(_runners, RunAsync, TimeProvider.System));

    // Tasks die with their process, so what can be started anew within a test is the launcher only.
    protected override ValueTask<IComputeLauncher> RestartAsync(IComputeLauncher launcher) => CreateLauncherAsync();

    protected override LaunchRequest CreateLastingRequest(ComputeIdentity identity) =>
        new() { Identity = identity, Plan = PlanFor(identity), Environment = new Dictionary<string, string>() };

    protected override LaunchRequest CreateExitingRequest(ComputeIdentity identity, int exitCode) =>
        CreateLastingRequest(identity) with { Environment = new Dictionary<string, string> { [ExitWith] = exitCode.ToString(CultureInfo.InvariantCulture) } };

    protected override ComputeRef CreateAbsentRef(IComputeLauncher launcher) => new() { Launcher = launcher.Name, Location = "", Id = "absent" };

    protected override ValueTask CleanUpAsync()
    {
        _runners.Dispose();
        return default;
    }

    private static async Task<int> RunAsync(LaunchRequest request, CancellationToken stop)
    {
        if (request.Environment.TryGetValue(ExitWith, out var code))
        {
            return int.Parse(code, CultureInfo.InvariantCulture);
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        return 0;
    }
}
#endregion
