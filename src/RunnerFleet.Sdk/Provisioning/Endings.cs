using Microsoft.Extensions.Options;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Provisioning;

/// <summary>
/// The last move of a runner, in one transaction with all that hangs on it: its places are freed by the keys in its row, and its job, if nobody ran it, is
/// unserved again. Called only when the compute is proven stopped or was never launched.
/// </summary>
internal sealed class Endings(IRunnerStore store, FleetWriter writer, Demand demand, HintSender hints, IOptionsMonitor<RunnerFleetOptions> options, TimeProvider clock)
{
    /// <summary>Ends a runner as it was seen when its end was decided; one that was launched anew since is left alone.</summary>
    public Task<Runner?> EndAsync(Runner seen, bool fault, Reason cause, ComputeEnd? computeEnd, CancellationToken cancellationToken) =>
        EndAsync(seen, fault, cause, computeEnd, current => current.Attempt == seen.Attempt, cancellationToken);

    /// <summary>Ends a runner whose attempt was not launched; one that was sent again since that was found out may be launched by now, and is left alone.</summary>
    public Task<Runner?> EndUnlaunchedAsync(Runner seen, Reason cause, CancellationToken cancellationToken) =>
        EndAsync(seen, fault: true, cause, null, current => current.Attempt == seen.Attempt && current.LaunchCallEnds == seen.LaunchCallEnds, cancellationToken);

    private async Task<Runner?> EndAsync(Runner seen, bool fault, Reason cause, ComputeEnd? computeEnd, Func<Runner, bool> isStillMeant, CancellationToken cancellationToken)
    {
        string? demandKey = null;
        var ended = await Retry.OnConflictAsync(async () =>
        {
            demandKey = null;
            var runner = await store.GetRunnerAsync(seen.Id, cancellationToken).ConfigureAwait(false);
            if (runner is null || runner.IsTerminal || !isStillMeant(runner))
            {
                return (true, runner);
            }

            var now = clock.GetUtcNow();
            var timing = options.CurrentValue.Timing;
            var after = runner.End(fault, cause, now, TimeSpan.FromDays(timing.HistoryDays)) with { Places = [], ComputeEnd = computeEnd ?? runner.ComputeEnd };
            var commit = new FleetCommit().Put(runner, after);
            if (runner.Job is { } key && await store.GetJobAsync(key, cancellationToken).ConfigureAwait(false) is { } job && job.RunnerId == runner.Id)
            {
                if (job.State == JobState.Queued)
                {
                    demandKey = job.DemandKey;
                    commit.Put(job, Unserved(job, after, runner.State, fault, cause, now, timing));
                }
                else if (job.State == JobState.InProgress)
                {
                    // Its completion is on the way, or lost: GitHub is asked soon.
                    commit.Put(job, job with { Deadline = now.AddSeconds(timing.RetrySeconds) });
                }
            }

            var committed = await writer.CommitAsync(commit, cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed;
            return (committed, after);
        }).ConfigureAwait(false);

        if (demandKey is not null)
        {
            await demand.ReconcileQuietlyAsync([demandKey], cancellationToken).ConfigureAwait(false);
        }

        await hints.DrainAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false); // a place may be free
        return ended;
    }

    /// <param name="job">The job that is without a runner again.</param>
    /// <param name="runner">Its runner, as it ended.</param>
    /// <param name="was">The state that the runner had before.</param>
    /// <param name="fault">Whether that counts as a fault.</param>
    /// <param name="cause">Why it ended.</param>
    /// <param name="now">The present moment.</param>
    /// <param name="timing">The distances between tries.</param>
    private static Job Unserved(Job job, Runner runner, RunnerState was, bool fault, Reason cause, DateTimeOffset now, TimingOptions timing)
    {
        // PENDING is proven not launched. For want of capacity it only waited, like one that had no place; a launch that went astray is a try.
        var onlyWaited = runner.Attempt == 0 || (was == RunnerState.Pending && runner.History.All(m => m.Cause.Code != ReasonCodes.NotLaunched));
        if (onlyWaited && cause.Code == ReasonCodes.RunnerTtl)
        {
            // No try was spent on the job.
            return job.Note(Reason.Of(cause.Code, $"Its runner {runner.Id} ended unlaunched: {cause.Message}"), now) with { RunnerId = null, Launches = Math.Max(0, job.Launches - 1), Diagnostic = cause, Deadline = now };
        }

        // A runner that had a registration may have run the job with the news of it lost: GitHub is asked first (the due job).
        var isTakenAway = runner is { ComputeEnd.Interrupted: true, Plan.Capacity: CapacityKind.Spot };
        var wait = runner.Claims > 0 || (fault && !isTakenAway) ? Backoff.After(Math.Max(1, job.Launches), timing) : TimeSpan.Zero;
        var note = Reason.Of(cause.Code, $"Its runner {runner.Id} ended: {cause.Message}");
        return job.Note(note, now) with
        {
            RunnerId = null,
            SpotFailed = job.SpotFailed || isTakenAway,
            Diagnostic = note,
            NotBefore = wait > TimeSpan.Zero ? now + wait : null,
            Deadline = now + wait,
        };
    }
}
