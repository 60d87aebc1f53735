using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RunnerFleet;
using RunnerFleet.AspNetCore.Health;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the fleet to a host's own health checks.</summary>
public static class RunnerFleetHealthCheckExtensions
{
    /// <summary>
    /// Adds <c>runnerfleet-store</c> (unhealthy while the store cannot be read), <c>runnerfleet-classes</c>, <c>runnerfleet-launches</c> and
    /// <c>runnerfleet-compute</c> (degraded while launches wait for something that an operator must mend), for hosts that map health checks of their own.
    /// </summary>
    /// <param name="builder">What <c>AddHealthChecks()</c> returned.</param>
    /// <param name="tags">Tags to choose the checks by.</param>
    /// <returns>The same builder.</returns>
    public static IHealthChecksBuilder AddRunnerFleetChecks(this IHealthChecksBuilder builder, params string[] tags)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<ComputeCheck>();
        return builder
            .Add(new HealthCheckRegistration("runnerfleet-store", services => new StoreCheck(services.GetRequiredService<IRunnerFleet>()), HealthStatus.Unhealthy, tags, Readiness.Limit))
            .Add(new HealthCheckRegistration("runnerfleet-classes", services => new ClassesCheck(services.GetRequiredService<IRunnerFleet>()), HealthStatus.Degraded, tags, Readiness.Limit))
            .Add(new HealthCheckRegistration("runnerfleet-launches", services => new LaunchesCheck(services.GetRequiredService<IRunnerFleet>(), services.GetRequiredService<IControlPlaneAddress>()), HealthStatus.Degraded, tags, Readiness.Limit))
            .Add(new HealthCheckRegistration("runnerfleet-compute", services => services.GetRequiredService<ComputeCheck>(), HealthStatus.Degraded, tags, Readiness.Limit));
    }
}
