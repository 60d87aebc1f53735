using Microsoft.Extensions.Hosting;

namespace RunnerFleet.Aws.Secrets;

/// <summary>Reads again, by the clock, what settings refer to.</summary>
internal sealed class SecretsWorker(SecretValues values, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = values.UntilNextRead;
            await Task.Delay(wait > Least ? wait : Least, clock, stoppingToken).ConfigureAwait(false);
            await values.RefreshAsync(stoppingToken).ConfigureAwait(false);
        }
    }
}
