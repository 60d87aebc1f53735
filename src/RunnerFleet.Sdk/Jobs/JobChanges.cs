using RunnerFleet.Runners;

namespace RunnerFleet.Jobs;

/// <summary>Makes the next value of a job. Nothing here writes: the version is set where the change is committed.</summary>
internal static class JobChanges
{
    private const int HistoryLines = 100;

    public static Job Move(this Job job, JobState to, Reason cause, DateTimeOffset now)
    {
        if (!JobTransitions.CanMove(job.State, to))
        {
            throw new InvalidOperationException($"Job {job.Key} cannot move from {job.State} to {to} ({cause.Code}).");
        }

        return job with { State = to, StateSince = now, History = job.History.Append(job.State, to, cause, now) };
    }

    public static Job Note(this Job job, Reason cause, DateTimeOffset now) =>
        job with { History = job.History.Append(job.State, job.State, cause, now) };

    private static IReadOnlyList<JobMove> Append(this IReadOnlyList<JobMove> history, JobState? from, JobState to, Reason cause, DateTimeOffset now)
    {
        var move = new JobMove { At = now, From = from, To = to, Cause = cause };
        return history.Count < HistoryLines ? [.. history, move] : [history[0], .. history.Skip(2), move];
    }
}
