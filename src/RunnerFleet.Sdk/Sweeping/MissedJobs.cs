using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Sweeping;

/// <summary>Asks GitHub for the active jobs of one repository, and takes what the store does not know as if its webhook had come.</summary>
internal sealed class MissedJobs(
    IRunnerStore store,
    IRunnerRegistrar registrar,
    Looks looks,
    JobJudge judge,
    FleetState state,
    CallBudget budget,
    IOptionsMonitor<RunnerFleetOptions> options,
    TimeProvider clock,
    ILogger<MissedJobs> logger)
{
    // Webhooks take seconds, at bad times minutes (webhooks, throttled deliveries). One that comes later than this finds its job recorded and changes nothing.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    // A look at a repository with many runs must not hold the sweep, which waits for each answer: the next look goes on.
    private const int MostRequests = 50;

    public async Task<LookEnd> LookAsync(SeenRepository seen, long afterRun, CancellationToken cancellationToken)
    {
        var most = (int)Math.Clamp(await budget.LeftAsync(cancellationToken).ConfigureAwait(false), 1, MostRequests);
        var active = await registrar.ListActiveJobsAsync(seen.Scope, seen.Repository, afterRun, most, cancellationToken).ConfigureAwait(false);
        await budget.SpendAsync(active.Requests, cancellationToken).ConfigureAwait(false);
        if (active.Status != GitHubStatus.Ok)
        {
            return new LookEnd(active.Status, active.Reason, active.RetryAfter);
        }

        var end = new LookEnd(GitHubStatus.Ok) { AfterRun = active.Requests >= most && active.Value!.Count > 0 ? active.Value[^1].RunId : 0 };
        var unknown = 0;
        foreach (var job in active.Value!)
        {
            try
            {
                // Policy judges by what GitHub says now, not by what a webhook said days ago. Where nobody ever said whether the repository is private, nothing is concluded.
                if ((job.Repository ?? seen.Repository) is { Id: not 0 } repository
                    && await IsNewsAsync(job, repository, seen.Scope, cancellationToken).ConfigureAwait(false) is { } isUnknown)
                {
                    await looks.TellAsync(job, repository, seen.Scope, cancellationToken).ConfigureAwait(false);
                    end = end with { Found = end.Found + 1 };
                    unknown += isUnknown ? 1 : 0;
                }
            }
#pragma warning disable CA1031 // one bad job stays one bad job; the next look finds it again
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                logger.JobStepFailed($"{seen.Scope.Host}/{job.Id}", e);
                end = end with { Errors = end.Errors + 1 };
            }
        }

        if (unknown > 0)
        {
            await state.NoticeAsync(Reason.Of(ReasonCodes.MissedWebhooks, $"{unknown} jobs of {seen.Repository} were found by asking GitHub: no webhook told of them. Look at the webhook's recent deliveries at GitHub."), seen.Repository.FullName, cancellationToken).ConfigureAwait(false);
        }

        return end;
    }

    /// <returns>Nothing when the store knows it, or need not; else whether the store knows nothing at all of the job.</returns>
    private async Task<bool?> IsNewsAsync(GitHubJob job, RepositoryRef repository, RunnerScope scope, CancellationToken cancellationToken)
    {
        if (Looks.StateOf(job) is not ({ } real and not JobState.Waiting))
        {
            return null;
        }

        if (await store.GetJobAsync(new JobKey(scope.Host, job.Id), cancellationToken).ConfigureAwait(false) is { } known)
        {
            // A refused job that is queued still is no news: its refusal is.
            var isOlder = JobTransitions.CanMove(known.State, real) && !(known.State == JobState.Refused && real == JobState.Queued);
            return isOlder ? false : null;
        }

        if (clock.GetUtcNow() - job.CreatedAt < Grace)
        {
            return null;
        }

        if (RunnerName.TryParse(job.RunnerName, options.CurrentValue.Name, out _, out _))
        {
            return true; // whosever job it is: a runner of ours has it
        }

        if (real == JobState.Completed)
        {
            return null;
        }

        var judgement = await judge.JudgeAsync(job.Labels, repository, scope.Host, scope.InstallationId, cancellationToken).ConfigureAwait(false);
        return judgement.NotOurs is null ? true : null;
    }
}
