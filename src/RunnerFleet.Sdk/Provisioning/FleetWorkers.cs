using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;

namespace RunnerFleet.Provisioning;

/// <summary>Drains on every hint, and by the clock. Never parallel to itself: one drain launches in parallel.</summary>
internal sealed class DrainWorker(IRunnerFleet fleet, IFleetQueue queue, IOptionsMonitor<RunnerFleetOptions> options, TimeProvider clock, ILogger<DrainWorker> logger) : BackgroundService
{
    private static readonly TimeSpan WithoutQueue = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await fleet.DrainAsync(stoppingToken).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // the worker outlives every failure
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                logger.DrainFailed(e);
            }

            try
            {
                await queue.WaitAsync(TimeSpan.FromSeconds(options.CurrentValue.Timing.DrainIntervalSeconds), stoppingToken).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // a queue that fails must not end the host: the clock drains too
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                logger.HintLost(e);
                await Task.Delay(WithoutQueue, clock, stoppingToken).ConfigureAwait(false);
            }
        }
    }
}

/// <summary>Sweeps once at start, since a host may start after a crash, and then by the clock.</summary>
internal sealed class SweepWorker(IRunnerFleet fleet, IOptionsMonitor<RunnerFleetOptions> options, TimeProvider clock, ILogger<SweepWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await fleet.SweepAsync(stoppingToken).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // the worker outlives every failure
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                logger.SweepFailed(e);
            }

            await Task.Delay(TimeSpan.FromSeconds(options.CurrentValue.Timing.SweepIntervalSeconds), clock, stoppingToken).ConfigureAwait(false);
        }
    }
}

/// <summary>Passes a launcher's own events on.</summary>
internal sealed class ComputeEventWorker(IRunnerFleet fleet, IComputeLauncher launcher, IEnumerable<IComputeEventSource> sources, IOptionsMonitor<RunnerFleetOptions> options, TimeProvider clock, ILogger<ComputeEventWorker> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => 
        Task.WhenAll(sources.Concat(new[] { launcher }.OfType<IComputeEventSource>()).Distinct().Select(s => WatchAsync(s, stoppingToken)));

    private async Task WatchAsync(IComputeEventSource source, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var description in source.WatchAsync(stoppingToken).ConfigureAwait(false))
                {
                    await HandleAsync(description, stoppingToken).ConfigureAwait(false);
                }
            }
            catch (ComputeUnavailableException unavailable)
            {
                logger.ComputeUnavailable(unavailable.Message);
            }
#pragma warning disable CA1031 // the worker outlives every failure
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                logger.WatchFailed(e);
            }

            await Task.Delay(TimeSpan.FromSeconds(options.CurrentValue.Timing.RetrySeconds), clock, stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task HandleAsync(ComputeDescription description, CancellationToken stoppingToken)
    {
        try
        {
            await fleet.HandleEventAsync(new FleetEvent.ComputeChanged(description), stoppingToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // one event must not end the watch
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            logger.RunnerStepFailed(description.RunnerId ?? description.Compute.ToString(), e);
        }
    }
}
