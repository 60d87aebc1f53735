using RunnerFleet.Testing.Simulation;

namespace RunnerFleet.Simulation.Tests;

/// <summary>Many seeds of one plan, as many at once as there are processors.</summary>
internal static class Seeds
{
    /// <summary>The first report, by seed, in which a promise was broken; <see langword="null"/> when all held.</summary>
    public static SimulationReport? FirstViolation(int first, int count, Func<int, SimulationPlan> plan)
    {
        SimulationReport? found = null;
        var gate = new Lock();
        Parallel.For(first, first + count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (seed, loop) =>
        {
            var report = FleetSimulator.Run(plan(seed));
            if (report.Violation is not null)
            {
                lock (gate)
                {
                    found = found is null || report.Plan.Seed < found.Plan.Seed ? report : found;
                }

                loop.Break();
            }
        });
        return found;
    }

    /// <summary>What a person needs to see of a failure: the seed, the shortest beginning of choices, and what happened then.</summary>
    public static string Explain(SimulationReport failed)
    {
        var shrunk = FleetSimulator.Shrink(failed);
        return $"{shrunk}\n{string.Join('\n', shrunk.Log.TakeLast(80))}";
    }
}
