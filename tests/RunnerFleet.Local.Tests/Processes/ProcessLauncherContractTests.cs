using RunnerFleet.Compute;
using RunnerFleet.Local.Processes;
using RunnerFleet.Runners;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Local.Tests.Processes;

public sealed class ProcessLauncherContractTests : ComputeLauncherContract
{
    private ProcessWorld? _world;

    protected override async ValueTask<IComputeLauncher> CreateLauncherAsync()
    {
        _world = await ProcessWorld.CreateAsync();
        return _world.CreateLauncher();
    }

    protected override ValueTask<IComputeLauncher> RestartAsync(IComputeLauncher launcher) => ValueTask.FromResult<IComputeLauncher>(_world!.CreateLauncher());

    protected override LaunchRequest CreateLastingRequest(ComputeIdentity identity) => _world!.Request("wait", identity);

    protected override LaunchRequest CreateExitingRequest(ComputeIdentity identity, int exitCode) => _world!.Request($"exit {exitCode}", identity);

    protected override ComputeRef CreateAbsentRef(IComputeLauncher launcher) =>
        new() { Launcher = launcher.Name, Location = _world!.Directory, Id = ComputeFolders.IdOf(NewIdentity()) };

    protected override ValueTask CleanUpAsync() => _world!.DisposeAsync();
}
