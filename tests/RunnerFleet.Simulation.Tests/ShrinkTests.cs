using RunnerFleet.Simulation.Tests.Planted;
using RunnerFleet.Testing.Simulation;

namespace RunnerFleet.Simulation.Tests;

/// <summary>A run that fails is cut down to what a person can read, and replays.</summary>
public sealed class ShrinkTests
{
    public static TheoryData<string> Some => ["unknown compute is absent", "places freed when the end begins", "demand counted pairwise: a job whose runner was taken is forgotten"];

    [Theory]
    [MemberData(nameof(Some))]
    public void A_failing_seed_shrinks_to_fewer_choices_that_break_the_same_promise(string name)
    {
        var (failed, _) = Find(name);

        var shrunk = FleetSimulator.Shrink(failed);

        Assert.True(shrunk.Plan.Choices < failed.Choices, $"{failed.Choices} choices were not cut.");
        Assert.Equal(failed.BrokenPromise, shrunk.BrokenPromise);
        Assert.NotEqual(failed.BrokenPromise, FleetSimulator.Run(shrunk.Plan with { Choices = shrunk.Plan.Choices - 1 }).BrokenPromise);
    }

    [Theory]
    [MemberData(nameof(Some))]
    public void The_printed_seed_and_choices_replay_the_run_to_the_byte(string name)
    {
        var (failed, mistake) = Find(name);
        var shrunk = FleetSimulator.Shrink(failed);

        var replayed = FleetSimulator.Run(mistake.Plant(new SimulationPlan { Seed = shrunk.Plan.Seed, Choices = shrunk.Plan.Choices, KeepsLog = true }));

        Assert.Contains($"Seed = {shrunk.Plan.Seed}, Choices = {shrunk.Plan.Choices},", shrunk.ToString(), StringComparison.Ordinal);
        Assert.Equal(shrunk.LogHash, replayed.LogHash);
        Assert.Equal(shrunk.Log, replayed.Log);
        Assert.Equal(shrunk.Violation, replayed.Violation);
    }

    [Fact]
    public void The_report_names_the_promise_and_the_runner_with_its_history()
    {
        var (failed, _) = Find("unknown compute is absent");

        var lines = FleetSimulator.Shrink(failed).ToString().Split('\n');

        Assert.Matches($@"^seed \d+: Promise {failed.BrokenPromise}: .*runner [0-9A-Z]{{26}} ", lines[0]);
        Assert.Matches(@"^  \d\d:\d\d:\d\d\.\d{3} Pending (QUEUED|REPLACEMENT): ", lines[1]);
        Assert.Contains(lines, l => l.Contains(" Starting PLACES_TAKEN: ", StringComparison.Ordinal));
        Assert.StartsWith("Replay with new SimulationPlan { Seed = ", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_names_the_job_with_its_history()
    {
        var (failed, _) = Find("demand counted pairwise: a job whose runner was taken is forgotten");

        var lines = failed.ToString().Split('\n');

        Assert.Matches(@": .*job (github\.com/)?\d+ ", lines[0]);
        Assert.Matches(@"^  job github\.com/\d+:$", lines[1]);
        Assert.Matches(@"^  \d\d:\d\d:\d\d\.\d{3} (Queued|Waiting) QUEUED: ", lines[2]);
    }

    [Fact]
    public void The_explanation_ends_with_what_happened_last()
    {
        var (failed, _) = Find("unknown compute is absent");

        var log = FleetSimulator.Shrink(failed).Log;

        Assert.EndsWith(log[^1], Seeds.Explain(failed), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_in_which_all_held_cannot_be_shrunk() =>
        Assert.Throws<ArgumentException>(() => FleetSimulator.Shrink(FleetSimulator.Run(new SimulationPlan { Seed = 1, HasFaults = false })));

    private static (SimulationReport Failed, Mistake Mistake) Find(string name)
    {
        var mistake = Mistakes.All.Single(m => m.Name == name);
        return (Seeds.FirstViolation(1, 2000, seed => mistake.Plant(new SimulationPlan { Seed = seed }))!, mistake);
    }
}
