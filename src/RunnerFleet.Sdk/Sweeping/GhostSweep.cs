using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.GitHub;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Sweeping;

/// <summary>Looks through GitHub's own list for registrations of this fleet without a live record: what a crash between minting and storing leaves behind.</summary>
internal sealed class GhostSweep(
    IRunnerStore store,
    IRunnerRegistrar registrar,
    RegistrationRemoval removal,
    FleetState state,
    IOptionsMonitor<RunnerFleetOptions> options,
    TimeProvider clock,
    ILogger<GhostSweep> logger)
{
    // A listing costs GitHub calls by the page: a few scopes a sweep, the rest by turns.
    private const int ScopesPerSweep = 10;

    // A record may be younger than its registration looks, but never by this much.
    private static readonly TimeSpan GhostAge = TimeSpan.FromMinutes(15);

    private int _turn;

    public async Task<SweepSummary> SweepAsync(SweepSummary summary, CancellationToken cancellationToken)
    {
        var scopes = await state.ScopesAsync(cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < Math.Min(ScopesPerSweep, scopes.Count); i++)
        {
            var scope = scopes[_turn++ % scopes.Count];
            var listed = await registrar.ListRunnersAsync(scope, RunnerName.Prefix(options.CurrentValue.Name), cancellationToken).ConfigureAwait(false);
            foreach (var registered in listed.Value ?? [])
            {
                try
                {
                    if (await IsGhostAsync(scope, registered, cancellationToken).ConfigureAwait(false))
                    {
                        summary = summary with { GhostRegistrations = summary.GhostRegistrations + 1 };
                        if (await removal.RemoveStrangerAsync(scope, registered.Name, cancellationToken).ConfigureAwait(false) != RemovalOutcome.Gone)
                        {
                            continue;
                        }

                        await state.NoticeAsync(Reason.Of(ReasonCodes.GhostRegistration, $"Registration {registered.Name} had no live record and was removed."), registered.Name, cancellationToken).ConfigureAwait(false);
                    }
                }
#pragma warning disable CA1031 // one bad registration stays one bad registration
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
                {
                    logger.RunnerStepFailed(registered.Name, e);
                    summary = summary with { Errors = summary.Errors + 1 };
                }
            }
        }

        return summary;
    }

    private async Task<bool> IsGhostAsync(RunnerScope scope, GitHubRunner registered, CancellationToken cancellationToken)
    {
        if (registered.IsBusy || !RunnerName.TryParse(registered.Name, options.CurrentValue.Name, out var id, out var number))
        {
            return false;
        }

        var runner = await store.GetRunnerAsync(id, cancellationToken).ConfigureAwait(false);
        return runner switch
        {
            null => clock.GetUtcNow() - Ulid.Parse(id).Time > GhostAge,
            { IsTerminal: true } => true,
            _ => number < runner.Claims, // an earlier registration of a runner that claimed again
        };
    }
}
