using RunnerFleet.Testing.Simulation;

namespace RunnerFleet.Simulation.Tests;

/// <summary>The whole fleet, thousands of times, each in a world that misbehaves in another way.</summary>
public sealed class SeedTests
{
    [Fact]
    public void Two_thousand_worlds_that_misbehave_break_no_promise()
    {
        var broken = Seeds.FirstViolation(1, 2000, seed => new SimulationPlan { Seed = seed });

        Assert.True(broken is null, broken is null ? "" : Seeds.Explain(broken));
    }

    [Fact]
    public void In_a_calm_world_every_job_costs_one_launch_and_begins_soon()
    {
        var broken = Seeds.FirstViolation(1, 200, seed => new SimulationPlan { Seed = seed, HasFaults = false });

        Assert.True(broken is null, broken is null ? "" : Seeds.Explain(broken));
    }

    [Fact]
    public void Three_hosts_and_a_burst_of_jobs()
    {
        var broken = Seeds.FirstViolation(1, 50, seed => new SimulationPlan { Seed = seed, Hosts = 3, Jobs = 60 });

        Assert.True(broken is null, broken is null ? "" : Seeds.Explain(broken));
    }

    [Fact]
    public void A_matrix_of_256_jobs_beside_others()
    {
        var broken = Seeds.FirstViolation(1, 6, seed => new SimulationPlan { Seed = seed, Burst = 256 });

        Assert.True(broken is null, broken is null ? "" : Seeds.Explain(broken));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(77)]
    [InlineData(4711)]
    public void The_same_seed_gives_the_same_run_to_the_byte(int seed)
    {
        var first = FleetSimulator.Run(new SimulationPlan { Seed = seed, KeepsLog = true });
        var second = FleetSimulator.Run(new SimulationPlan { Seed = seed, KeepsLog = true });

        Assert.NotEmpty(first.Log);
        Assert.Equal(first.Log, second.Log);
        Assert.Equal(first.LogHash, second.LogHash);
        Assert.Equal((first.Steps, first.Choices, first.Launches), (second.Steps, second.Choices, second.Launches));
    }

    [Fact]
    public void Another_seed_gives_another_run() =>
        Assert.Equal(50, Enumerable.Range(1, 50).Select(seed => FleetSimulator.Run(new SimulationPlan { Seed = seed }).LogHash).Distinct().Count());

    [Fact]
    public void The_worlds_do_misbehave()
    {
        var reports = Enumerable.Range(1, 100).Select(seed => FleetSimulator.Run(new SimulationPlan { Seed = seed })).ToList();

        Assert.True(reports.Sum(r => r.Crashes) > 50);
        Assert.True(reports.Count(r => r.Launches > r.Jobs) > 10, "Hardly ever had anything to be launched again.");
    }
}
