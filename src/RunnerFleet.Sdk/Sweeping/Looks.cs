using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;

namespace RunnerFleet.Sweeping;

/// <summary>Looks at the world outside, with the rule that unknown is not absent.</summary>
internal sealed class Looks(
    IComputeLauncher launcher,
    LaunchRequests requests,
    IRunnerRegistrar registrar,
    JobJudge judge,
    JobEvents jobs,
    IOptionsMonitor<RunnerFleetOptions> options,
    TimeProvider clock)
{
    private TimeSpan CallLimit => TimeSpan.FromSeconds(options.CurrentValue.Timing.LaunchTimeoutSeconds);

    /// <summary>How the compute of the present attempt stands.</summary>
    public async Task<FindOutcome> ComputeAsync(Runner runner, CancellationToken cancellationToken)
    {
        try
        {
            if (runner.Compute is { } compute)
            {
                var described = await Bounded.CallAsync(t => launcher.DescribeAsync([compute], t), CallLimit, clock, cancellationToken).ConfigureAwait(false);
                return described.GetValueOrDefault(compute) ?? new FindOutcome.Unknown("the launcher did not describe it");
            }

            return await Bounded.CallAsync(t => launcher.FindAsync(requests.Identity(runner), t), CallLimit, clock, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // an exception from a launcher counts as Unknown (IComputeLauncher)
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return new FindOutcome.Unknown($"the launcher failed ({e.GetType().Name})");
        }
    }

    /// <summary>Whether compute is proven not to run any more.</summary>
    public static bool IsGone(FindOutcome outcome) => outcome is FindOutcome.ConfirmedAbsent or FindOutcome.Found { Description.Status: ComputeStatus.Stopped };

    /// <summary>Finds the job that a busy runner of ours runs, and binds the two. Its name is what GitHub knows it by.</summary>
    public async Task<bool> BindJobOfAsync(Runner runner, CancellationToken cancellationToken)
    {
        if (runner.Registration?.Name is not { } name)
        {
            return false;
        }

        var active = await registrar.ListActiveJobsAsync(runner.Scope, runner.Repository, afterRunId: 0, mostRequests: int.MaxValue, cancellationToken).ConfigureAwait(false);
        var job = active.Value?.FirstOrDefault(j => j.RunnerName == name && j.Status == "in_progress");
        if (job is null)
        {
            return false;
        }

        await TellAsync(job, runner.Repository, runner.Scope, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>The state that GitHub's word for it means; nothing for a word that says nothing to a fleet.</summary>
    public static JobState? StateOf(GitHubJob job) => job.Status switch
    {
        "queued" => JobState.Queued,
        "waiting" => JobState.Waiting,
        "in_progress" => JobState.InProgress,
        "completed" => JobState.Completed,
        _ => null,
    };

    /// <summary>Takes what GitHub answered about a job as if its webhook had come.</summary>
    public async Task TellAsync(GitHubJob job, RepositoryRef repository, RunnerScope scope, CancellationToken cancellationToken)
    {
        var key = new JobKey(scope.Host, job.Id);
        var judgement = await judge.JudgeAsync(job.Labels, repository, scope.Host, scope.InstallationId, cancellationToken).ConfigureAwait(false);
        var news = JobNews.Of(job, repository);
        switch (job.Status)
        {
            case "in_progress":
                await jobs.InProgressAsync(news, key, judgement, cancellationToken).ConfigureAwait(false);
                break;
            case "completed":
                await jobs.CompletedAsync(news, key, judgement, cancellationToken).ConfigureAwait(false);
                break;
            case "queued" when judgement.NotOurs is null:
                await jobs.QueuedAsync(news, key, judgement, waits: false, cancellationToken).ConfigureAwait(false);
                break;
        }
    }
}
