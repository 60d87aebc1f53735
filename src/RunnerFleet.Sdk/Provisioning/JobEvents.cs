using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Provisioning;

/// <summary>
/// What GitHub says of a job, turned into one conditional write each. Whichever news comes first creates the record; older news changes nothing.
/// Jobs and runners are not married: <c>in_progress</c> binds a runner to the job it really runs, whoever it was launched for.
/// </summary>
internal sealed class JobEvents(
    IRunnerStore store,
    FleetWriter writer,
    Demand demand,
    FleetState state,
    HintSender hints,
    IRunnerIdSource ids,
    IOptionsMonitor<RunnerFleetOptions> options,
    TimeProvider clock,
    ILogger<JobEvents> logger)
{
    // GitHub lets a job wait 30 days for an approval (deployments, environments).
    private static readonly TimeSpan WaitingKeep = TimeSpan.FromDays(35);

    public Task<WebhookOutcome> QueuedAsync(GitHub.WorkflowJobEvent job, JobKey key, Judgement judgement, bool waits, CancellationToken cancellationToken) =>
        QueuedAsync(JobNews.Of(job), key, judgement, waits, cancellationToken);

    public async Task<WebhookOutcome> QueuedAsync(JobNews news, JobKey key, Judgement judgement, bool waits, CancellationToken cancellationToken)
    {
        var to = judgement.Refusal is not null ? JobState.Refused : waits ? JobState.Waiting : JobState.Queued;

        // The first try assumes a new job and costs one write; only a conflict costs a read.
        Job? before = null;
        var read = false;
        var outcome = await Retry.OnConflictAsync(async () =>
        {
            if (read)
            {
                before = await store.GetJobAsync(key, cancellationToken).ConfigureAwait(false);
            }

            read = true;
            var now = clock.GetUtcNow();
            if (before is not null && (before.State == to || !JobTransitions.CanMove(before.State, to)))
            {
                return (true, Standing(before, before.State == JobState.Refused ? judgement.Word : "duplicate"));
            }

            var after = Recorded(before, news, key, judgement, to, now);
            var commit = new FleetCommit();
            if (to == JobState.Queued)
            {
                var runner = NewRunner.For(after, ids.NewRunnerId(), now, options.CurrentValue.Timing);
                after = after with { RunnerId = runner.Id, Launches = after.Launches + 1 };
                commit.Put((Runner?)null, runner);
            }

            commit.Put(before, after);
            var done = await writer.CommitAsync(commit, cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed;
            return (done, new WebhookOutcome.Recorded
            {
                Outcome = to switch { JobState.Refused => judgement.Word, JobState.Waiting => "waiting", _ => "queued" },
                Job = key,
                RunnerId = after.RunnerId,
                Diagnostic = to == JobState.Refused ? after.Diagnostic : null,
            });
        }).ConfigureAwait(false);

        if (to == JobState.Refused && before?.RunnerId is not null)
        {
            await demand.ReconcileQuietlyAsync([before.DemandKey], cancellationToken).ConfigureAwait(false); // its runner must not start
        }

        if (outcome.Outcome == "queued")
        {
            await hints.DrainAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        }

        return outcome;
    }

    public async Task<WebhookOutcome> InProgressAsync(JobNews news, JobKey key, Judgement judgement, CancellationToken cancellationToken)
    {
        var bound = await BindAsync(news, key, judgement, completed: false, cancellationToken).ConfigureAwait(false);
        return bound.Outcome;
    }

    public async Task<WebhookOutcome> CompletedAsync(JobNews news, JobKey key, Judgement judgement, CancellationToken cancellationToken)
    {
        var bound = await BindAsync(news, key, judgement, completed: true, cancellationToken).ConfigureAwait(false);
        return bound.Outcome;
    }

    /// <summary>
    /// One transaction: the job moves on; the runner that GitHub names takes it; the job that this runner was launched for is unserved again, and the
    /// runner launched for this job is free. Where their labels are the same the two simply change places.
    /// </summary>
    private async Task<(WebhookOutcome Outcome, bool Changed)> BindAsync(JobNews news, JobKey key, Judgement judgement, bool completed, CancellationToken cancellationToken)
    {
        var to = completed ? JobState.Completed : JobState.InProgress;
        var unbalanced = new HashSet<string>(StringComparer.Ordinal);
        Reason? foreign = null;
        string? runnerId = null;
        var result = await Retry.OnConflictAsync(async () =>
        {
            unbalanced.Clear();
            var now = clock.GetUtcNow();
            var o = options.CurrentValue;
            var before = await store.GetJobAsync(key, cancellationToken).ConfigureAwait(false);
            if (before is not null && !JobTransitions.CanMove(before.State, to))
            {
                return (true, ((WebhookOutcome)Standing(before), false));
            }

            var taker = RunnerName.TryParse(news.RunnerName, o.Name, out var id, out _)
                ? await store.GetRunnerAsync(id, cancellationToken).ConfigureAwait(false)
                : null;
            runnerId = taker?.Id;
            foreign = taker is not null && IsForeign(before, judgement) ? ForeignReason(key, news, taker) : null;
            var cause = Reason.Of(completed ? ReasonCodes.JobCompleted : ReasonCodes.JobStarted, completed ? $"GitHub says that the job completed ({news.Conclusion ?? "no conclusion"})." : $"GitHub says that {news.RunnerName ?? "a runner"} took the job.");

            var commit = new FleetCommit();
            var after = MovedOn(before, news, key, judgement, to, foreign ?? cause, taker?.Id, now, o.Timing);
            commit.Put(before, after);

            var former = before?.RunnerId is { } formerId && formerId != taker?.Id ? await store.GetRunnerAsync(formerId, cancellationToken).ConfigureAwait(false) : null;
            former = former?.Job == key && !former.IsTerminal ? former : null;
            Job? displaced = null;
            if (taker is { IsTerminal: false })
            {
                if (taker.Job is { } other && other != key)
                {
                    displaced = await store.GetJobAsync(other, cancellationToken).ConfigureAwait(false);
                    displaced = displaced is { State: JobState.Queued } && displaced.RunnerId == taker.Id ? displaced : null;
                }

                commit.Put(taker, Taken(taker, key, cause, completed, now, o.Timing));
            }

            // Change places where labels allow it; else the job waits for the count of demand, and the runner is free. A runner that says it runs a job while
            // the news of which is still on its way is most often the other half of the same exchange; if not, that news, or a look at GitHub, puts it right.
            var swap = displaced is not null && former is { Closing: null } && former.DemandKey == displaced.DemandKey;
            if (former is not null)
            {
                var note = Reason.Of(ReasonCodes.JobStarted, $"Its job {key} was taken by {news.RunnerName ?? "nobody"}; the runner is free{(swap ? $" and now serves job {displaced!.Key}" : "")}.");
                commit.Put(former, former.Note(note, now) with { Job = swap ? displaced!.Key : null, Deadline = former.IsFree ? former.Deadline : swap ? now.AddSeconds(o.Timing.IdleProofSeconds) : now });
                if (!swap)
                {
                    unbalanced.Add(former.DemandKey);
                }
            }

            if (displaced is not null)
            {
                var note = Reason.Of(foreign is null ? ReasonCodes.JobStarted : ReasonCodes.ForeignJob, $"Its runner {taker!.Id} was given job {key}{(swap ? $"; runner {former!.Id} serves it now" : "")}.");
                commit.Put(displaced, displaced.Note(note, now) with
                {
                    RunnerId = swap ? former!.Id : null,
                    Displacements = displaced.Displacements + (foreign is null ? 0 : 1),
                    Launches = foreign is null && !swap ? Math.Max(0, displaced.Launches - 1) : displaced.Launches, // it served another job of the fleet: no try was spent in vain
                    Diagnostic = swap ? displaced.Diagnostic : note,
                    Deadline = swap ? displaced.Deadline : now,
                });
                if (!swap)
                {
                    unbalanced.Add(displaced.DemandKey);
                }
            }

            var committed = await writer.CommitAsync(commit, cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed;
            WebhookOutcome recorded = new WebhookOutcome.Recorded { Outcome = completed ? "completed" : "in_progress", Job = key, RunnerId = taker?.Id, Diagnostic = foreign };
            return (committed, (recorded, true));
        }).ConfigureAwait(false);

        if (result.Item2)
        {
            if (foreign is not null)
            {
                await state.NoticeAsync(foreign, key.ToString(), cancellationToken).ConfigureAwait(false);
            }

            // Most often a runner took its own job, or two changed places: then nobody waits and nobody is free, and there is nothing to count or to launch.
            if (unbalanced.Count > 0)
            {
                await demand.ReconcileQuietlyAsync(unbalanced, cancellationToken).ConfigureAwait(false);
                await hints.DrainAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
            }

            if (completed && runnerId is not null)
            {
                await hints.DrainAsync(TimeSpan.FromSeconds(options.CurrentValue.Timing.ExitGraceSeconds), cancellationToken).ConfigureAwait(false);
            }
        }
        else
        {
            logger.WebhookIgnored(null, $"Job {key}: news of {to} changes nothing.");
        }

        return result;
    }

    private static WebhookOutcome.Recorded Standing(Job job, string outcome = "duplicate") => new()
    {
        Outcome = outcome,
        Job = job.Key,
        RunnerId = job.RunnerId,
        Diagnostic = job.Diagnostic,
    };

    private Job Recorded(Job? before, JobNews news, JobKey key, Judgement judgement, JobState to, DateTimeOffset now)
    {
        var timing = options.CurrentValue.Timing;
        var cause = judgement.Refusal ?? Reason.Of(ReasonCodes.Queued, to == JobState.Waiting ? "The job waits for an approval at GitHub." : "The job is queued at GitHub.");
        var job = before?.Move(to, cause, now) ?? First(news, key, judgement, to, cause, now);
        return job with
        {
            Scope = judgement.Scope,
            DemandKey = DemandKey.Of(judgement.Scope, job.Labels),
            Spec = judgement.Spec,
            RunnerId = to == JobState.Refused ? null : job.RunnerId,
            Diagnostic = judgement.Refusal,
            Deadline = to == JobState.Refused ? null : now.AddSeconds(timing.JobCheckSeconds),
            ExpiresAt = to switch
            {
                JobState.Refused => now.AddDays(timing.HistoryDays),
                JobState.Waiting => now + WaitingKeep,
                _ => null,
            },
        };
    }

    private static Job MovedOn(Job? before, JobNews news, JobKey key, Judgement judgement, JobState to, Reason cause, string? takerId, DateTimeOffset now, TimingOptions timing)
    {
        var job = before?.Move(to, cause, now) ?? First(news, key, judgement, to, cause, now);
        return job with
        {
            RunnerId = takerId ?? (to == JobState.Completed && job.RunnerName is not null ? job.RunnerId : null),
            RunnerName = news.RunnerName ?? job.RunnerName,
            Conclusion = news.Conclusion,
            Diagnostic = cause.Code == ReasonCodes.ForeignJob ? cause : before?.State is JobState.Refused or JobState.GaveUp ? before.Diagnostic : null,
            Deadline = to == JobState.Completed ? null : now.AddSeconds(timing.JobCheckSeconds),
            ExpiresAt = to == JobState.Completed ? now.AddDays(timing.HistoryDays) : null,
        };
    }

    private static Job First(JobNews news, JobKey key, Judgement judgement, JobState to, Reason cause, DateTimeOffset now) => new()
    {
        Key = key,
        Version = 0,
        State = to,
        Repository = news.Repository,
        Scope = judgement.Scope,
        RunId = news.RunId,
        RunAttempt = news.RunAttempt,
        Name = news.Name,
        WorkflowName = news.WorkflowName,
        Url = news.Url,
        Labels = news.Labels,
        DemandKey = DemandKey.Of(judgement.Scope, news.Labels),
        Spec = judgement.Spec,
        QueuedAt = news.CreatedAt is { } created && created < now ? created : now,
        CreatedAt = now,
        StateSince = now,
        History = [new JobMove { At = now, To = to, Cause = cause }],
    };

    /// <summary>The taker runs the job; when the job is completed, its end begins too. An end that had begun for another reason gives way to the job.</summary>
    private static Runner Taken(Runner taker, JobKey key, Reason cause, bool completed, DateTimeOffset now, TimingOptions timing)
    {
        var running = taker.State == RunnerState.Running || !RunnerTransitions.CanMove(taker.State, RunnerState.Running)
            ? taker.Note(cause, now)
            : taker.Move(RunnerState.Running, cause, now) with { NotBefore = null };
        running = running with
        {
            Job = key,
            OnlineAt = taker.OnlineAt ?? now,
            IdleSince = null,
            Closing = taker.Closing is { Force: true } ? taker.Closing : null,
            Deadline = taker.Closing is { Force: true } ? now : now.AddSeconds(timing.JobCheckSeconds),
        };
        if (!completed || running.Closing is not null)
        {
            return running;
        }

        // The runner exits by itself now; only when it does not is it stopped, after the grace.
        return running with
        {
            Closing = new Closing { Cause = cause, At = now },
            Deadline = now.AddSeconds(timing.ExitGraceSeconds),
        };
    }

    private static bool IsForeign(Job? before, Judgement judgement) =>
        before is null ? judgement.Spec is null : before.State == JobState.Refused;

    private static Reason ForeignReason(JobKey key, JobNews news, Runner taker) =>
        Reason.Of(ReasonCodes.ForeignJob, $"Job {key} of {news.Repository} is not served by this fleet, but GitHub gave it runner {taker.Id}. Narrow the runner group, or give the fleet's jobs a label of their own (RunnerFleet:Labels:RequiredLabel).");
}
