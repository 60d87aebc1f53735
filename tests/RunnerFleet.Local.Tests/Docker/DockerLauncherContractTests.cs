using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Local.Tests.Docker;

public sealed class DockerLauncherContractTests(TestImage image) : ComputeLauncherContract
{
    private DockerWorld? _world;

    protected override async ValueTask<IComputeLauncher> CreateLauncherAsync()
    {
        _world = await DockerWorld.CreateAsync(image);
        _world.CleanUpAfter(Fleet);
        return _world.CreateLauncher();
    }

    protected override ValueTask<IComputeLauncher> RestartAsync(IComputeLauncher launcher) => ValueTask.FromResult<IComputeLauncher>(_world!.CreateLauncher());

    protected override LaunchRequest CreateLastingRequest(ComputeIdentity identity) => _world!.Request(DockerWorld.Forever, identity);

    protected override LaunchRequest CreateExitingRequest(ComputeIdentity identity, int exitCode) => _world!.Request($"exit {exitCode}", identity);

    protected override ComputeRef CreateAbsentRef(IComputeLauncher launcher) => _world!.RefOf(NewIdentity());

    protected override async ValueTask CleanUpAsync()
    {
        if (_world is not null)
        {
            await _world.DisposeAsync();
        }
    }
}
