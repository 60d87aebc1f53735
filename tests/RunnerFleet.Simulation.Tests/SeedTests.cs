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

    /// <summary>A kind of trouble that no longer happens proves nothing any more.</summary>
    [Fact]
    public void The_worlds_do_misbehave()
    {
        var reports = Enumerable.Range(1, 400).Select(seed => FleetSimulator.Run(new SimulationPlan { Seed = seed })).ToList();

        var seen = reports.SelectMany(r => r.Troubles.Keys).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(s_troubles.Except(seen));
        Assert.Empty(seen.Except(s_troubles));
        Assert.True(reports.Count(r => r.Launches > r.Jobs) > 40, "Hardly ever had anything to be launched again.");
    }

    private static readonly string[] s_troubles =
    [
        "answer lost after the effect", "approval needed", "busy flag lies", "call lost", "call never answered", "compute taken back", "conflict without a change",
        "description of compute lags", "forgery", "GitHub answers 404 for everything", "GitHub answers 5xx", "GitHub's secondary limit", "host dies", "host dies after a call",
        "host dies before a call", "image build fails or hangs", "job of a refused repository takes a runner", "launch refused", "launch sent again by its client",
        "listing of compute lags", "listing of the store lags", "re-run", "runner claims twice", "runner forges reports", "runner is never given a job", "runner never claims",
        "runner never connects", "runner of others takes a job", "runner stays when done", "running job cancelled", "settings: class large added", "settings: class large removed",
        "settings: limits for repositories", "settings: limits lowered", "settings: limits raised", "settings: settings mended", "settings: settings that are not valid",
        "settings: webhook secret rotated", "webhook lost", "webhook never sent", "webhook redelivered", "webhook sent twice",
    ];
}
