using System.Collections.Frozen;
using static RunnerFleet.Jobs.JobState;

namespace RunnerFleet.Jobs;

/// <summary>
/// Every legal move of a job, as data. Forward only: GitHub's events come late, twice and out of order, and whichever comes first
/// creates the record. REFUSED may be reopened by a redelivery; REFUSED and GAVE_UP jobs can still be run by a runner that GitHub gave them to.
/// </summary>
public static class JobTransitions
{
    /// <summary>The moves allowed from each state. Every state is listed; an empty row is a final state.</summary>
    public static FrozenDictionary<JobState, IReadOnlyList<JobState>> Allowed { get; } = new Dictionary<JobState, IReadOnlyList<JobState>>
    {
        [Waiting] = [Queued, InProgress, Completed, Refused],
        [Queued] = [InProgress, Completed, Refused, GaveUp],
        [Refused] = [Waiting, Queued, InProgress, Completed],
        [GaveUp] = [InProgress, Completed],
        [InProgress] = [Completed],
        [Completed] = [],
    }.ToFrozenDictionary();

    /// <summary>Says whether a job may move from one state to another.</summary>
    public static bool CanMove(JobState from, JobState to) => Allowed[from].Contains(to);

    /// <summary>Says whether a state has no way out.</summary>
    public static bool IsTerminal(JobState state) => Allowed[state].Count == 0;
}
