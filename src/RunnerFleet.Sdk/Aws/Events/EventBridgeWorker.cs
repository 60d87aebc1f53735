using Microsoft.Extensions.Hosting;

namespace RunnerFleet.Aws.Events;

/// <summary>Publishes moves in the background, and what is left when the host stops.</summary>
internal sealed class EventBridgeWorker(EventBridgePublisher publisher) : BackgroundService
{
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await publisher.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => publisher.RunAsync(stoppingToken);
}
