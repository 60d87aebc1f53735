using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.GitHub;
using RunnerFleet.Policy;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;

namespace RunnerFleet.Sweeping;

/// <summary>How one look at GitHub ended.</summary>
internal sealed record LookEnd(GitHubStatus Status, string? Reason = null, TimeSpan? RetryAfter = null)
{
    /// <summary>How many deliveries were sent again, or jobs found.</summary>
    public int Found { get; init; }

    /// <summary>How many steps failed and are tried again.</summary>
    public int Errors { get; init; }

    /// <summary>The run after which the next look goes on, where this one did not come to the end.</summary>
    public long AfterRun { get; init; }
}

/// <summary>
/// Finds what webhooks never told: GitHub does not repeat a delivery by itself, and some never leave it. The fleet's webhook and the repositories seen lately
/// take turns, as far as the budget of calls goes. A look that fails never delays the others.
/// </summary>
internal sealed class MissedWebhooks(
    FleetState state,
    LookTurns turns,
    CallBudget budget,
    FailedDeliveries deliveries,
    MissedJobs jobs,
    RunnerPolicy policy,
    IOptionsMonitor<RunnerFleetOptions> options,
    ILogger<MissedWebhooks> logger)
{
    private const string Hook = "webhook";

    // So many looks without an answer, each until its request's deadline, and GitHub itself is silent: the other parts of the next sweep must not wait for all of them.
    private const int MostSilent = 3;

    public async Task<SweepSummary> SweepAsync(SweepSummary summary, CancellationToken cancellationToken)
    {
        if (options.CurrentValue.GitHub.ReconcileCallsPerHour == 0)
        {
            return summary;
        }

        var looks = new Dictionary<string, Func<Turn, Task<LookEnd>>>(StringComparer.Ordinal);
        if (options.CurrentValue.GitHub.WebhookId is { } hook && policy.FixedScope is { } scope)
        {
            looks[Hook] = _ => deliveries.LookAsync(scope, hook, cancellationToken);
        }

        foreach (var seen in await RepositoriesAsync(cancellationToken).ConfigureAwait(false))
        {
            looks[FleetState.RepositoryKey(seen)] = turn => jobs.LookAsync(seen, turn.AfterRun, cancellationToken);
        }

        var silent = 0;
        foreach (var (name, turn) in await turns.DueAsync(looks.Keys, cancellationToken).ConfigureAwait(false))
        {
            if (silent == MostSilent || await budget.LeftAsync(cancellationToken).ConfigureAwait(false) <= 0)
            {
                break;
            }

            if (await turns.TakeAsync(name, turn, cancellationToken).ConfigureAwait(false))
            {
                var end = await LookAsync(name, () => looks[name](turn), cancellationToken).ConfigureAwait(false);
                silent += end.Status == GitHubStatus.Unknown ? 1 : 0;
                summary = summary with
                {
                    Redelivered = summary.Redelivered + (name == Hook ? end.Found : 0),
                    MissedJobs = summary.MissedJobs + (name == Hook ? 0 : end.Found),
                    Errors = summary.Errors + end.Errors,
                };
            }
        }

        return summary;
    }

    private async Task<LookEnd> LookAsync(string name, Func<Task<LookEnd>> look, CancellationToken cancellationToken)
    {
        try
        {
            var end = await look().ConfigureAwait(false);
            switch (end.Status)
            {
                case GitHubStatus.Ok:
                    await turns.AnsweredAsync(name, end.AfterRun, cancellationToken).ConfigureAwait(false);
                    break;
                case GitHubStatus.Throttled:
                    // The limit is the credential's and not the repository's: nobody asks before it is over, and then the others come first.
                    await budget.StopAsync(end.RetryAfter ?? TimeSpan.FromMinutes(1), cancellationToken).ConfigureAwait(false);
                    break;
                case GitHubStatus.Unknown:
                    break; // its next turn: when GitHub was out, its webhooks were too, and their jobs are to be found soon
                default:
                    await turns.RefusedAsync(name, cancellationToken).ConfigureAwait(false);
                    await state.NoticeAsync(Reason.Of(ReasonCodes.NotReconciled, $"Missed webhooks cannot be looked for here: {end.Reason}"), name, cancellationToken).ConfigureAwait(false);
                    break;
            }

            return end;
        }
#pragma warning disable CA1031 // one bad look stays one bad look; its turn is taken, so the others come first
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            logger.LookForMissedFailed(name, e);
            return new LookEnd(GitHubStatus.Unknown) { Errors = 1 };
        }
    }

    private async Task<IReadOnlyList<SeenRepository>> RepositoriesAsync(CancellationToken cancellationToken)
    {
        var seen = await state.RepositoriesAsync(cancellationToken).ConfigureAwait(false);

        // The one configured is looked at though none of its webhooks ever came: the first may be the one that is lost.
        return policy.FixedScope is { Kind: RunnerScopeKind.Repository, Repository: { } name } own
            && !seen.Any(s => string.Equals(s.Repository.FullName, $"{own.Owner}/{name}", StringComparison.OrdinalIgnoreCase))
            ? [.. seen, new SeenRepository { Repository = new RepositoryRef { Owner = own.Owner, Name = name }, Scope = own with { Host = OwnHost } }]
            : seen;
    }

    // As webhooks name it (WebhookIntake): only a GitHub Enterprise Server says its own name, and its API lies below /api/v3.
    private string OwnHost => options.CurrentValue.GitHub.ApiUrl is { } api && api.AbsolutePath.StartsWith("/api/v3", StringComparison.Ordinal) ? api.Host.ToLowerInvariant() : "github.com";
}
