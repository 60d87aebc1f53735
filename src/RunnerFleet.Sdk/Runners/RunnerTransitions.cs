using System.Collections.Frozen;
using static RunnerFleet.Runners.RunnerState;

namespace RunnerFleet.Runners;

/// <summary>Every legal move of a runner, as data. A move that is not listed is an outcome ("ignored"), never an exception: events repeat and come late.</summary>
public static class RunnerTransitions
{
    /// <summary>The moves allowed from each state. Every state is listed; an empty row is a final state.</summary>
    public static FrozenDictionary<RunnerState, IReadOnlyList<RunnerState>> Allowed { get; } = new Dictionary<RunnerState, IReadOnlyList<RunnerState>>
    {
        [Pending] = [ImageCreating, Starting, Offline, Failed],
        [ImageCreating] = [Pending, Offline, Failed],
        [Starting] = [WaitingForJob, Running, Pending, Offline, Failed],
        [WaitingForJob] = [Running, Offline, Failed],
        [Running] = [Offline, Failed],
        [Offline] = [],
        [Failed] = [],
    }.ToFrozenDictionary();

    /// <summary>Says whether a runner may move from one state to another.</summary>
    public static bool CanMove(RunnerState from, RunnerState to) => Allowed[from].Contains(to);

    /// <summary>Says whether a state has no way out.</summary>
    public static bool IsTerminal(RunnerState state) => Allowed[state].Count == 0;
}
