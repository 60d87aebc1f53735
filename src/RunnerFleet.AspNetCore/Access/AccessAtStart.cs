using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RunnerFleet.AspNetCore.Access;

/// <summary>Refuses to start a host that the world can reach and whose API would be open. Runs before any server listens, when all routes of a <c>WebApplication</c> are mapped.</summary>
internal sealed class AccessAtStart(MappedRoutes routes, ApiAccess access, ILogger<AccessAtStart> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        if (!routes.ShowTheFleet || access.HasKey)
        {
            return Task.CompletedTask;
        }

        if (access.IsPublic)
        {
            throw new OptionsValidationException(nameof(RunnerFleetApiOptions), typeof(RunnerFleetApiOptions), [ApiAccess.KeyNeeded]);
        }

        logger.KeylessApi();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
