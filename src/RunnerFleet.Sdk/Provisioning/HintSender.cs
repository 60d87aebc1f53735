using Microsoft.Extensions.Logging;

namespace RunnerFleet.Provisioning;

/// <summary>Sends hints. A hint that cannot be sent costs time, nothing else: the store is the truth and the clock drains too.</summary>
internal sealed class HintSender(IFleetQueue queue, ILogger<HintSender> logger)
{
    public async ValueTask DrainAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        try
        {
            await queue.HintAsync(delay, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // what asked for the hint is stored already
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            logger.HintLost(e);
        }
    }
}
