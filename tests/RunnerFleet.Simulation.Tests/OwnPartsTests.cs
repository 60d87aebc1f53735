using RunnerFleet.Compute;
using RunnerFleet.Simulation.Tests.Planted;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Simulation;

namespace RunnerFleet.Simulation.Tests;

/// <summary>How the author of a store, or of a launcher that stands before another, lets a fleet run over it.</summary>
public sealed class OwnPartsTests
{
    [Fact]
    public void A_store_and_a_launcher_of_ones_own_are_simulated()
    {
        #region simulate-own-parts
        var broken = Enumerable.Range(1, 25)
            .Select(seed => FleetSimulator.Run(new SimulationPlan
            {
                Seed = seed,
                CreateStore = () => new MyStore(),
                DecorateLauncher = simulated => new MyLauncher(simulated),
            }))
            .FirstOrDefault(report => report.Violation is not null);

        Assert.True(broken is null, broken is null ? "" : FleetSimulator.Shrink(broken).ToString());
        #endregion
    }

    private sealed class MyStore() : StoreDecorator(new InMemoryRunnerStore());

    private sealed class MyLauncher(IComputeLauncher before) : LauncherDecorator(before);
}
