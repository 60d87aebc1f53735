using RunnerFleet.AspNetCore.Api;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.AspNetCore.Events;

/// <summary>A move as the stream tells it: of a runner (<c>runnerTo</c> is set) or of a job (<c>jobTo</c> is set).</summary>
internal sealed record MoveAnswer(DateTimeOffset At, string? RunnerId, RunnerState? RunnerFrom, RunnerState? RunnerTo, long? JobId, string? JobHost, JobState? JobFrom, JobState? JobTo, ReasonAnswer Cause)
{
    public static MoveAnswer Of(FleetMove move) =>
        new(move.At, move.RunnerId, move.RunnerFrom, move.RunnerTo, move.Job?.Id, move.Job?.Host, move.JobFrom, move.JobTo, ReasonAnswer.Of(move.Cause));
}
