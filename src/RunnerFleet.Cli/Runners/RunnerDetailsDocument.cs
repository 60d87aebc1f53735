using RunnerFleet.Cli.Jobs;
using RunnerFleet.Cli.Output;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Runners;

/// <summary>Everything of a runner.</summary>
/// <param name="Runner">The runner.</param>
/// <param name="Job">Its job, where that is on record.</param>
/// <param name="StateTimes">How long it was in each state.</param>
/// <param name="History">What happened, oldest first.</param>
internal sealed record RunnerDetailsDocument(RunnerDocument Runner, JobDocument? Job, IReadOnlyList<StateTime> StateTimes, IReadOnlyList<MoveDocument<RunnerState>> History)
{
    public static RunnerDetailsDocument Of(Runner runner, Job? job, DateTimeOffset now) => new(
        RunnerDocument.Of(runner),
        job is null ? null : JobDocument.Of(job),
        StateTime.Of(runner, now),
        [.. runner.History.Select(move => new MoveDocument<RunnerState>(move.At, move.From, move.To, ReasonDocument.Of(move.Cause)))]);
}
