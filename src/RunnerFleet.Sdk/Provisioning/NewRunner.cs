using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Provisioning;

/// <summary>The first record of a runner for a job.</summary>
internal static class NewRunner
{
    public static Runner For(Job job, string id, DateTimeOffset now, TimingOptions timing)
    {
        var cause = job.Launches == 0
            ? Reason.Of(ReasonCodes.Queued, $"Recorded for job {job.Key}.")
            : Reason.Of(ReasonCodes.Replacement, $"Recorded for job {job.Key}, as number {job.Launches + 1}.");
        return new Runner
        {
            Id = id,
            Version = 0,
            State = RunnerState.Pending,
            Job = job.Key,
            Scope = job.Scope,
            Repository = job.Repository,
            Spec = job.Spec ?? throw new InvalidOperationException($"Job {job.Key} was refused and has no spec to launch."),
            Labels = job.Labels,
            DemandKey = job.DemandKey,
            SpotFailed = job.SpotFailed,
            QueuedAt = job.QueuedAt,
            CreatedAt = now,
            StateSince = now,
            Reason = Reason.Of(ReasonCodes.Queued, "Waits for its turn."),
            Deadline = now.AddSeconds(timing.RunnerTtlSeconds),
            History = [new RunnerMove { At = now, To = RunnerState.Pending, Cause = cause }],
        };
    }
}
