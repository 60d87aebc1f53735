using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Provisioning;

/// <summary>
/// Queued jobs minus free runners, per scope and label set. Too few runners: another is recorded for each job without one. Too many: the surplus
/// ends, runners that cost nothing yet first. Any free runner will do for any job of the same key, so the count decides and not who was launched for whom.
/// </summary>
internal sealed class Demand(
    IRunnerStore store,
    FleetWriter writer,
    HintSender hints,
    IRunnerIdSource ids,
    IOptionsMonitor<RunnerFleetOptions> options,
    TimeProvider clock,
    ILogger<Demand> logger)
{
    // More than this of one key is counted in several rounds; a surplus is only judged when all of it was seen.
    private const int Seen = 1000;

    public async Task ReconcileQuietlyAsync(IEnumerable<string> demandKeys, CancellationToken cancellationToken)
    {
        foreach (var key in demandKeys)
        {
            try
            {
                await ReconcileAsync(key, cancellationToken).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // one key must not delay the others; due jobs and runners bring it up again
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                logger.DemandFailed(key, e);
            }
        }
    }

    public async Task ReconcileAsync(string demandKey, CancellationToken cancellationToken)
    {
        var free = await store.ListFreeRunnersAsync(demandKey, Seen, cancellationToken).ConfigureAwait(false);
        var jobs = await store.ListQueuedJobsAsync(demandKey, Seen, cancellationToken).ConfigureAwait(false);
        var byKey = jobs.ToDictionary(j => j.Key);
        var byId = free.ToDictionary(r => r.Id, StringComparer.Ordinal);

        var spare = new List<Runner>();
        foreach (var runner in free)
        {
            if (!await IsNeededAsync(runner, byKey, cancellationToken).ConfigureAwait(false))
            {
                spare.Add(runner);
            }
        }

        var unserved = new List<Job>();
        foreach (var job in jobs)
        {
            if (!await IsServedAsync(job, byId, cancellationToken).ConfigureAwait(false))
            {
                unserved.Add(job);
            }
        }

        // The runner that is furthest on serves the oldest job.
        var ready = new Queue<Runner>(spare.OrderByDescending(r => r.State).ThenBy(r => r.Id, StringComparer.Ordinal));
        foreach (var job in unserved)
        {
            if (ready.TryDequeue(out var runner))
            {
                await AssignAsync(job, runner, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await ReplaceAsync(job, cancellationToken).ConfigureAwait(false);
            }
        }

        if (jobs.Count < Seen)
        {
            // What costs nothing yet goes first: a launched runner takes over the job of one that still waits.
            var waiting = new Queue<Runner>(free
                .Where(r => IsCold(r) && r.Job is { } key && byKey.GetValueOrDefault(key)?.RunnerId == r.Id)
                .OrderBy(r => r.QueuedAt).ThenBy(r => r.Id, StringComparer.Ordinal));
            foreach (var runner in ready.Reverse())
            {
                if (!IsCold(runner) && waiting.TryDequeue(out var other))
                {
                    await TakeOverAsync(runner, other, byKey[other.Job!.Value], cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    await RemoveAsync(runner, cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>No compute, no place: it can end at once.</summary>
    private static bool IsCold(Runner runner) => runner.State is RunnerState.Pending or RunnerState.ImageCreating;

    /// <summary>A listing may lag behind: a runner is only spare when its job itself says so.</summary>
    private async ValueTask<bool> IsNeededAsync(Runner runner, Dictionary<JobKey, Job> queued, CancellationToken cancellationToken)
    {
        if (runner.Job is not { } key)
        {
            return false;
        }

        var job = queued.GetValueOrDefault(key);
        if (job?.RunnerId != runner.Id)
        {
            job = await store.GetJobAsync(key, cancellationToken).ConfigureAwait(false);
        }

        return job is { State: JobState.Queued } && job.RunnerId == runner.Id;
    }

    /// <summary>The two listings are of different moments: between them another host may have let two runners change places. A job is only unserved when its runner itself says so.</summary>
    private async ValueTask<bool> IsServedAsync(Job job, Dictionary<string, Runner> free, CancellationToken cancellationToken)
    {
        if (job.RunnerId is not { } id)
        {
            return false;
        }

        var runner = free.GetValueOrDefault(id);
        if (runner?.Job != job.Key)
        {
            runner = await store.GetRunnerAsync(id, cancellationToken).ConfigureAwait(false);
        }

        return runner is { IsTerminal: false } && runner.Job == job.Key; // also while it ends: its end sets the job free
    }

    private async Task AssignAsync(Job job, Runner runner, CancellationToken cancellationToken) =>
        await writer.CommitAsync(Assign(new FleetCommit(), job, runner), cancellationToken).ConfigureAwait(false); // on a conflict the job stays due

    private async Task TakeOverAsync(Runner runner, Runner waiting, Job job, CancellationToken cancellationToken) =>
        await writer.CommitAsync(Assign(new FleetCommit(), job, runner).Put(waiting, Ended(waiting)), cancellationToken).ConfigureAwait(false); // on a conflict both stay due

    private FleetCommit Assign(FleetCommit commit, Job job, Runner runner)
    {
        var now = clock.GetUtcNow();
        var note = Reason.Of(ReasonCodes.Replacement, $"Free runner {runner.Id} serves job {job.Key} now.");
        return commit
            .Put(job, job.Note(note, now) with { RunnerId = runner.Id, Diagnostic = null, NotBefore = null, Deadline = now.AddSeconds(options.CurrentValue.Timing.JobCheckSeconds) })
            .Put(runner, runner.Note(note, now) with { Job = job.Key, QueuedAt = job.QueuedAt });
    }

    private async Task ReplaceAsync(Job job, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var o = options.CurrentValue;
        if (job.NotBefore is not null)
        {
            return; // its former runner may have run it with the news lost: the due job asks GitHub first
        }

        if (job.Launches >= o.Limits.LaunchesPerJob || job.Displacements > o.Limits.ReplacementsPerJob)
        {
            var last = job.Diagnostic is { } d ? $" The last reason: {d.Message}" : "";
            var why = job.Displacements > o.Limits.ReplacementsPerJob
                ? $"Its runner was taken {job.Displacements} times by jobs that are not this fleet's."
                : $"{job.Launches} runners were launched for it and none ran it.{last}";
            var gaveUp = Reason.Of(ReasonCodes.TriesExhausted, $"{why} Mend the cause and re-run the job at GitHub.");
            await writer.CommitAsync(new FleetCommit().Put(job, job.Move(JobState.GaveUp, gaveUp, now) with
            {
                RunnerId = null,
                Diagnostic = gaveUp,
                Deadline = null,
                ExpiresAt = now.AddDays(o.Timing.HistoryDays),
            }), cancellationToken).ConfigureAwait(false);
            return;
        }

        var runner = NewRunner.For(job, ids.NewRunnerId(), now, o.Timing);
        var commit = new FleetCommit()
            .Put((Runner?)null, runner)
            .Put(job, job.Note(runner.History[0].Cause, now) with
            {
                RunnerId = runner.Id,
                Launches = job.Launches + 1,
                NotBefore = null,
                Deadline = now.AddSeconds(o.Timing.JobCheckSeconds),
            });
        if (await writer.CommitAsync(commit, cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed)
        {
            await hints.DrainAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RemoveAsync(Runner runner, CancellationToken cancellationToken)
    {
        var cold = IsCold(runner);
        var after = cold ? Ended(runner) : runner.Close(Surplus, clock.GetUtcNow()) with { Job = null };
        if (await writer.CommitAsync(new FleetCommit().Put(runner, after), cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed && !cold)
        {
            await hints.DrainAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        }
    }

    private static Reason Surplus => Reason.Of(ReasonCodes.Surplus, "No queued job with its labels is left for it.");

    private Runner Ended(Runner cold) => cold.End(fault: false, Surplus, clock.GetUtcNow(), TimeSpan.FromDays(options.CurrentValue.Timing.HistoryDays)) with { Job = null };
}
