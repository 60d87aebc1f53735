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

    [Fact]
    public void A_part_that_leaves_the_thread_of_the_run_is_named_and_does_not_look_like_a_broken_promise()
    {
        var left = Assert.Throws<InvalidOperationException>(() => FleetSimulator.Run(new SimulationPlan { Seed = 7, DecorateLauncher = simulated => new LauncherOfManyThreads(simulated) }));

        Assert.Contains("Seed 7: launch", left.Message, StringComparison.Ordinal);
        Assert.Contains("another thread", left.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 8, 0)]
    [InlineData(2, 0, 0)]
    [InlineData(2, 8, -1)]
    public void A_plan_that_makes_no_sense_is_refused(int hosts, int jobs, int burst) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => FleetSimulator.Run(new SimulationPlan { Seed = 1, Hosts = hosts, Jobs = jobs, Burst = burst }));

    private sealed class LauncherOfManyThreads(IComputeLauncher before) : LauncherDecorator(before)
    {
        // The call is made before this returns: a thread of the pool may be late, and then the limit of time of the launch, which passes in no time here, comes first.
        public override Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken)
        {
            Task<LaunchOutcome>? launch = null;
            var thread = new Thread(() => launch = base.LaunchAsync(request, cancellationToken));
            thread.Start();
            thread.Join();
            return launch!;
        }
    }

    private sealed class MyStore() : StoreDecorator(new InMemoryRunnerStore());

    private sealed class MyLauncher(IComputeLauncher before) : LauncherDecorator(before);
}
