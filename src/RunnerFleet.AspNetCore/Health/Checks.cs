using Microsoft.Extensions.Diagnostics.HealthChecks;
using RunnerFleet.Compute;
using RunnerFleet.Storage;

namespace RunnerFleet.AspNetCore.Health;

/// <summary>Unhealthy while the store cannot be read: nothing can be recorded then.</summary>
internal sealed class StoreCheck(IRunnerFleet fleet) : IHealthCheck
{
    // A read by key is the cheapest consistent question a store can be asked. No runner has the very last ULID.
    private const string NoRunner = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await fleet.GetRunnerAsync(NoRunner, cancellationToken).ConfigureAwait(false);
            return HealthCheckResult.Healthy("The store answers.");
        }
        catch (StoreUnavailableException unavailable)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "The store cannot be reached.", unavailable);
        }
    }
}

/// <summary>Degraded while the runner classes cannot be read: jobs are recorded, launches wait.</summary>
internal sealed class ClassesCheck(IRunnerFleet fleet) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await fleet.GetClassesAsync(cancellationToken).ConfigureAwait(false);
            return HealthCheckResult.Healthy("The runner classes can be read.");
        }
        catch (ClassesUnavailableException unavailable)
        {
            return HealthCheckResult.Degraded("The runner classes cannot be read; launches wait.", unavailable);
        }
    }
}

/// <summary>Degraded while launches are held back, or runners could not be told where to claim.</summary>
internal sealed class LaunchesCheck(IRunnerFleet fleet, IControlPlaneAddress address) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (address.Url is null)
        {
            return HealthCheckResult.Degraded("This host knows no address that runners can reach; launches wait. Set RunnerFleet:PublicUrl.");
        }

        var breakers = (await fleet.GetOverviewAsync(cancellationToken).ConfigureAwait(false)).Breakers;
        return breakers.Count == 0
            ? HealthCheckResult.Healthy("Nothing holds launches back.")
            : HealthCheckResult.Degraded("Launches are held back. " + string.Join(" ", breakers.Select(breaker => $"{breaker.Key}: {breaker.Reason}")));
    }
}
