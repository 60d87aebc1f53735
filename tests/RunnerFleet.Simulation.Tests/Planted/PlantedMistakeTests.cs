using RunnerFleet.Testing.Simulation;

namespace RunnerFleet.Simulation.Tests.Planted;

/// <summary>A simulator that cannot find mistakes made on purpose proves nothing.</summary>
public sealed class PlantedMistakeTests
{
    private const int MostSeeds = 2000;

    public static TheoryData<string> Names => [.. Mistakes.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_simulator_finds_every_planted_mistake(string name)
    {
        var mistake = Mistakes.All.Single(m => m.Name == name);

        var found = Seeds.FirstViolation(1, MostSeeds, seed => mistake.Plant(new SimulationPlan { Seed = seed }));

        Assert.True(found is not null, $"\"{name}\" did no harm in {MostSeeds} seeds.");
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {found.Plan.Seed}: {found.Violation}");
        Assert.Contains(found.BrokenPromise!.Value, mistake.Breaks);
        Assert.True(!mistake.NeedsCrash || found.Crashes > 0, $"\"{name}\" was found though no host died: {found}");
    }

    /// <summary>The seventh is not looked at by itself: it says that the others hold although hosts die. So at least one mistake must do no harm while none does.</summary>
    [Fact]
    public void Every_promise_has_a_mistake_that_breaks_it()
    {
        Assert.Equal([1, 2, 3, 4, 5, 6, 8, 9, 10], Mistakes.All.SelectMany(m => m.Breaks).Distinct().Order());
        Assert.Contains(Mistakes.All, m => m.NeedsCrash);
    }

    [Fact]
    public void A_mistake_that_needs_a_crash_does_no_harm_where_no_host_dies() =>
        Assert.All(Mistakes.All.Where(m => m.NeedsCrash), mistake =>
        {
            var broken = Seeds.FirstViolation(1, 100, seed => mistake.Plant(new SimulationPlan { Seed = seed, HasFaults = false }));

            Assert.True(broken is null, broken?.ToString());
        });
}
