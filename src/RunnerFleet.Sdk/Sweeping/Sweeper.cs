using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Sweeping;

/// <summary>Makes right what events made fast: compares records with the launcher's list and with GitHub's, clears what has no live record, and finds what webhooks missed. Each part fails alone.</summary>
internal sealed class Sweeper(
    IRunnerStore store,
    FleetState state,
    ComputeSweep compute,
    GhostSweep ghosts,
    MissedWebhooks missed,
    IRunnerClassCatalog classes,
    IOptionsMonitor<RunnerFleetOptions> options,
    TimeProvider clock,
    ILogger<Sweeper> logger)
{
    private const string Lease = "sweep";

    public async Task<SweepSummary> SweepAsync(Func<CancellationToken, Task<DrainSummary>> drain, CancellationToken cancellationToken)
    {
        // Shorter than the interval, so that a host that died with the lease costs at most one sweep.
        var duration = TimeSpan.FromSeconds(options.CurrentValue.Timing.SweepIntervalSeconds * 0.8);
        if (!await state.TryLeaseAsync(Lease, duration, cancellationToken).ConfigureAwait(false))
        {
            return new SweepSummary { Skipped = true };
        }

        try
        {
            var summary = new SweepSummary();
            summary = await PartAsync(summary, async s => await compute.SweepAsync(s, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            summary = await PartAsync(summary, async s => await ghosts.SweepAsync(s, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            summary = await PartAsync(summary, async s => s with { Drain = await drain(cancellationToken).ConfigureAwait(false) }, cancellationToken).ConfigureAwait(false);
            summary = await PartAsync(summary, async s =>
            {
                await store.PurgeExpiredAsync(clock.GetUtcNow(), cancellationToken).ConfigureAwait(false);
                return s;
            }, cancellationToken).ConfigureAwait(false);

            summary = await PartAsync(summary, async s =>
            {
                await SayWhatIsInUseAsync(cancellationToken).ConfigureAwait(false);
                return s;
            }, cancellationToken).ConfigureAwait(false);

            // Last: it may take long, and its host may not live to the end of it.
            summary = await PartAsync(summary, async s => await missed.SweepAsync(s, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            logger.SweepDone(summary.Drain.Due, summary.Drain.Launched, summary.OrphanedCompute, summary.GhostRegistrations, summary.MissedJobs, summary.Errors);
            return summary;
        }
        finally
        {
            await state.ReleaseAsync(Lease, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task SayWhatIsInUseAsync(CancellationToken cancellationToken)
    {
        if (!logger.IsEnabled(LogLevel.Information))
        {
            return;
        }

        List<string> names;
        try
        {
            names = [.. (await classes.GetClassesAsync(cancellationToken).ConfigureAwait(false)).Keys.Order(StringComparer.Ordinal)];
        }
        catch (ClassesUnavailableException)
        {
            return; // their catalog says so itself
        }

        var taken = await store.GetPlacesAsync([.. names.Select(Places.Class)], cancellationToken).ConfigureAwait(false);
        foreach (var name in names)
        {
            logger.ClassInUse(name, taken.GetValueOrDefault(Places.Class(name)));
        }
    }

    private async Task<SweepSummary> PartAsync(SweepSummary summary, Func<SweepSummary, Task<SweepSummary>> part, CancellationToken cancellationToken)
    {
        try
        {
            return await part(summary).ConfigureAwait(false);
        }
        catch (ComputeUnavailableException unavailable)
        {
            logger.ComputeUnavailable(unavailable.Message);
            return summary with { Errors = summary.Errors + 1 };
        }
#pragma warning disable CA1031 // one failed part does not end the sweep
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            logger.SweepFailed(e);
            return summary with { Errors = summary.Errors + 1 };
        }
    }
}
