using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RunnerFleet.Compute;
using RunnerFleet.Provisioning;
using RunnerFleet.Storage;

namespace RunnerFleet;

/// <summary>Looks at the whole composition before anything starts: a fleet that cannot work should say so at once, and name the cure.</summary>
internal sealed class FleetStartup(IServiceProvider services, ILogger<FleetStartup> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        if (services.GetService<IComputeLauncher>() is null)
        {
            throw new InvalidOperationException("No launcher was chosen, so nothing can be launched. After AddRunnerFleet(…) add one: UseEcs(…), UseDocker(…) or UseProcessLauncher(…) of RunnerFleet.Local, or UseLauncher<T>() for your own.");
        }

        if (services.GetRequiredService<IRunnerStore>() is InMemoryRunnerStore)
        {
            logger.InMemoryStore();
        }

        services.GetRequiredService<IRunnerFleet>(); // a missing part shows now, not at the first webhook
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
