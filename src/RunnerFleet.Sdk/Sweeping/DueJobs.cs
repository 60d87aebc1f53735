using Microsoft.Extensions.Options;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Sweeping;

/// <summary>What to do with a job whose deadline has passed: ask GitHub how it really stands, should its webhooks be lost, and see that a queued one has a runner.</summary>
internal sealed class DueJobs(
    IRunnerStore store,
    FleetWriter writer,
    IRunnerRegistrar registrar,
    Looks looks,
    Demand demand,
    IOptionsMonitor<RunnerFleetOptions> options,
    TimeProvider clock)
{
    // GitHub ends a self-hosted job after 5 days (usage limits); a day more, and no news will come.
    private static readonly TimeSpan LongestJob = TimeSpan.FromDays(6);

    public async Task StepAsync(Job job, CancellationToken cancellationToken)
    {
        // The new deadline comes first: whatever follows may fail.
        if (await PutOffAsync(job, cancellationToken).ConfigureAwait(false) is not { } current || JobTransitions.IsTerminal(current.State))
        {
            return;
        }

        var asked = ShouldAsk(current)
            ? await registrar.GetJobAsync(current.Scope, current.Repository, current.Key.Id, cancellationToken).ConfigureAwait(false)
            : null;
        if (asked is { Status: GitHubStatus.Ok } && Looks.StateOf(asked.Value!) is { } real && real != current.State)
        {
            await looks.TellAsync(asked.Value!, current.Repository, current.Scope, cancellationToken).ConfigureAwait(false);
            current = await store.GetJobAsync(current.Key, cancellationToken).ConfigureAwait(false) ?? current;
        }

        else if (asked is { Status: GitHubStatus.Throttled or GitHubStatus.Unknown })
        {
            current = await AskAgainAsync(current, asked.RetryAfter, cancellationToken).ConfigureAwait(false);
        }

        else if (asked is { Status: GitHubStatus.Ok, Value.Status: "queued" } && current is { State: JobState.Queued, RunnerId: not null })
        {
            current = await FreeOfBusyRunnerAsync(current, cancellationToken).ConfigureAwait(false);
        }

        switch (current.State)
        {
            case JobState.Queued:
                if (current.NotBefore <= clock.GetUtcNow() && asked is not { Status: GitHubStatus.Throttled or GitHubStatus.Unknown })
                {
                    await LetReplaceAsync(current, cancellationToken).ConfigureAwait(false);
                }

                await demand.ReconcileAsync(current.DemandKey, cancellationToken).ConfigureAwait(false);
                break;
            case JobState.InProgress when clock.GetUtcNow() - current.StateSince > LongestJob:
                await GiveUpWaitingAsync(current, cancellationToken).ConfigureAwait(false);
                break;
        }
    }

    /// <summary>A job that never had a runner needs no question: its runner is simply missing.</summary>
    private bool ShouldAsk(Job job) => job.State != JobState.Queued || job.NotBefore is not null || job.Launches > 0 && clock.GetUtcNow() - job.StateSince > TimeSpan.FromSeconds(options.CurrentValue.Timing.RetrySeconds);

    private async Task<Job?> PutOffAsync(Job job, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var next = now.AddSeconds(job is { State: JobState.Queued, RunnerId: null } ? options.CurrentValue.Timing.RetrySeconds : options.CurrentValue.Timing.JobCheckSeconds);
        var later = job with { Deadline = JobTransitions.IsTerminal(job.State) ? null : next, Version = job.Version + 1 };
        return await writer.CommitAsync(new FleetCommit().Put(job, later), cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed ? later : null;
    }

    /// <summary>Its runner works, and GitHub says that the job still waits: the runner works for somebody else, and the job needs another.</summary>
    private async Task<Job> FreeOfBusyRunnerAsync(Job job, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var lag = TimeSpan.FromSeconds(options.CurrentValue.Timing.IdleProofSeconds); // GitHub's answers lag by up to a minute
        if (await store.GetRunnerAsync(job.RunnerId!, cancellationToken).ConfigureAwait(false) is not { State: RunnerState.Running } runner || runner.Job != job.Key || now - runner.StateSince <= lag)
        {
            return job;
        }

        var note = Reason.Of(ReasonCodes.SeenAtGitHub, $"Runner {runner.Id} runs something else; job {job.Key} is still queued at GitHub and gets another runner.");
        var freed = job.Note(note, now) with { RunnerId = null, Diagnostic = note, Deadline = now, Version = job.Version + 1 };
        var commit = new FleetCommit().Put(job, freed).Put(runner, runner.Note(note, now) with { Job = null });
        return await writer.CommitAsync(commit, cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed ? freed : job;
    }

    /// <summary>GitHub does not say that the job moved on: another runner may serve it.</summary>
    private async Task LetReplaceAsync(Job job, CancellationToken cancellationToken) =>
        await writer.CommitAsync(new FleetCommit().Put(job, job with { NotBefore = null }), cancellationToken).ConfigureAwait(false); // on a conflict the job stays due

    /// <summary>A question without an answer is asked again sooner than one that was answered.</summary>
    private async Task<Job> AskAgainAsync(Job job, TimeSpan? retryAfter, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var wait = Backoff.Since(job.StateSince, now, options.CurrentValue.Timing);
        var again = job with { Deadline = now + (retryAfter > wait ? retryAfter.Value : wait), Version = job.Version + 1 };
        return job.Deadline > again.Deadline && await writer.CommitAsync(new FleetCommit().Put(job, again), cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed ? again : job;
    }

    private async Task GiveUpWaitingAsync(Job job, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var cause = Reason.Of(ReasonCodes.SeenAtGitHub, "No news of its end came within 6 days; GitHub lets no self-hosted job run longer than 5.");
        await writer.CommitAsync(new FleetCommit().Put(job, job.Move(JobState.Completed, cause, now) with
        {
            Deadline = null,
            ExpiresAt = now.AddDays(options.CurrentValue.Timing.HistoryDays),
        }), cancellationToken).ConfigureAwait(false);
    }
}
