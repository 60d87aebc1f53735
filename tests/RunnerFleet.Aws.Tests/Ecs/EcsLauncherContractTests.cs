using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Aws.Tests.Ecs;

public sealed class EcsLauncherContractTests : ComputeLauncherContract
{
    private const string ExitWith = "EXIT_WITH";

    // Each look at the clock passes more time than the launcher allows ECS's clock to be ahead: which of two calls came first is exact.
    private readonly EcsWorld _world = new(clock: new FakeTimeProvider(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero)) { AutoAdvanceAmount = TimeSpan.FromSeconds(3) });

    protected override ValueTask<IComputeLauncher> CreateLauncherAsync()
    {
        _world.Ecs.Runs = task => task.Environment.TryGetValue(ExitWith, out var code) ? int.Parse(code, CultureInfo.InvariantCulture) : null;
        return new(_world.Launcher);
    }

    protected override ValueTask<IComputeLauncher> RestartAsync(IComputeLauncher launcher) => new(_world.NewLauncher());

    protected override LaunchRequest CreateLastingRequest(ComputeIdentity identity) => _world.Request(identity);

    protected override LaunchRequest CreateExitingRequest(ComputeIdentity identity, int exitCode)
    {
        var request = CreateLastingRequest(identity);
        return request with { Environment = new Dictionary<string, string>(request.Environment) { [ExitWith] = exitCode.ToString(CultureInfo.InvariantCulture) } };
    }

    protected override ComputeRef CreateAbsentRef(IComputeLauncher launcher) =>
        new() { Launcher = launcher.Name, Location = EcsWorld.Cluster, Id = "arn:aws:ecs:eu-central-1:123456789012:task/runners/ffffffffffffffffffffffffffffffff" };

    protected override ValueTask CleanUpAsync()
    {
        _world.Dispose();
        return default;
    }
}
