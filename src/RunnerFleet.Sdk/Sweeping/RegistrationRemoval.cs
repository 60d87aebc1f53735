using Microsoft.Extensions.Options;
using RunnerFleet.GitHub;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;

namespace RunnerFleet.Sweeping;

/// <summary>How the removal of a registration stands.</summary>
internal enum RemovalOutcome
{
    /// <summary>Proven gone.</summary>
    Gone,

    /// <summary>GitHub says that it runs a job.</summary>
    Busy,

    /// <summary>There, and not busy.</summary>
    Idle,

    /// <summary>Nothing may be concluded.</summary>
    Unknown,
}

/// <summary>
/// Removes registrations, with proof: 204, or absence from a listing that the same credential was just answered with 200. A lone 404 proves nothing, since GitHub
/// answers 404 also for lack of permission.
/// </summary>
internal sealed class RegistrationRemoval(IRunnerRegistrar registrar, FleetState state, IOptionsMonitor<RunnerFleetOptions> options, TimeProvider clock)
{
    public async Task<(RemovalOutcome Outcome, GitHubRunner? Runner)> LookAsync(RunnerScope scope, string name, CancellationToken cancellationToken)
    {
        var found = await registrar.FindRunnerAsync(scope, name, cancellationToken).ConfigureAwait(false);
        return found switch
        {
            { Status: not GitHubStatus.Ok } => (RemovalOutcome.Unknown, null),
            { Value: null } => (RemovalOutcome.Gone, null),
            { Value.IsBusy: true } => (RemovalOutcome.Busy, found.Value),
            _ => (RemovalOutcome.Idle, found.Value),
        };
    }

    /// <summary>The same for a runner's own registration. While its minting may be under way, that GitHub does not have it proves nothing.</summary>
    public async Task<(RemovalOutcome Outcome, GitHubRunner? Runner)> LookAsync(RunnerScope scope, Registration registration, CancellationToken cancellationToken)
    {
        var look = await LookAsync(scope, registration.Name, cancellationToken).ConfigureAwait(false);
        return look.Outcome == RemovalOutcome.Gone && MayYetBeMinted(registration) ? (RemovalOutcome.Unknown, null) : look;
    }

    // Twice the limit of the request: the call begins a moment after its mark, and GitHub may be at it when nobody waits for the answer any more.
    private bool MayYetBeMinted(Registration registration) =>
        registration.GitHubId is null && clock.GetUtcNow() < registration.MintedAt.AddSeconds(2 * options.CurrentValue.GitHub.RequestTimeoutSeconds);

    public async Task<RemovalOutcome> RemoveAsync(RunnerScope scope, string name, long id, CancellationToken cancellationToken)
    {
        var deleted = await registrar.DeleteRunnerAsync(scope, id, cancellationToken).ConfigureAwait(false);
        return deleted.Status switch
        {
            GitHubStatus.Ok => RemovalOutcome.Gone,
            GitHubStatus.Busy => RemovalOutcome.Busy,
            GitHubStatus.NotFound => (await LookAsync(scope, name, cancellationToken).ConfigureAwait(false)).Outcome == RemovalOutcome.Gone ? RemovalOutcome.Gone : RemovalOutcome.Unknown,
            _ => RemovalOutcome.Unknown,
        };
    }

    /// <summary>Removes a registration that no live record speaks for: only after two idle readings, far enough apart.</summary>
    public async Task<RemovalOutcome> RemoveStrangerAsync(RunnerScope scope, string name, CancellationToken cancellationToken)
    {
        var (outcome, runner) = await LookAsync(scope, name, cancellationToken).ConfigureAwait(false);
        if (outcome == RemovalOutcome.Idle && await state.WasIdleAsync(name, TimeSpan.FromSeconds(options.CurrentValue.Timing.IdleProofSeconds), cancellationToken).ConfigureAwait(false))
        {
            return await RemoveAsync(scope, name, runner!.Id, cancellationToken).ConfigureAwait(false);
        }

        if (outcome == RemovalOutcome.Busy)
        {
            await state.NotIdleAsync(name, cancellationToken).ConfigureAwait(false);
        }

        return outcome;
    }

    /// <summary>Removes a registration of which only the name is known, unless it is busy.</summary>
    public async Task<RemovalOutcome> RemoveByNameAsync(RunnerScope scope, Registration registration, CancellationToken cancellationToken)
    {
        var (outcome, runner) = await LookAsync(scope, registration, cancellationToken).ConfigureAwait(false);
        return outcome == RemovalOutcome.Idle ? await RemoveAsync(scope, registration.Name, runner!.Id, cancellationToken).ConfigureAwait(false) : outcome;
    }
}
