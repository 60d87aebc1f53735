using RunnerFleet.Testing.Simulation;

namespace RunnerFleet.Simulation.Tests.Planted;

/// <summary>A mistake made on purpose.</summary>
/// <param name="Name">What is done wrong.</param>
/// <param name="Breaks">The promises of which the first broken one must be one.</param>
/// <param name="Plant">Puts the mistake into a plan; called for each run, so that nothing is shared between two.</param>
internal sealed record Mistake(string Name, int[] Breaks, Func<SimulationPlan, SimulationPlan> Plant)
{
    /// <summary>Whether it does harm only where a host dies.</summary>
    public bool NeedsCrash { get; init; }
}
