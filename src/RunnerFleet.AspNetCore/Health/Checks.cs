using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
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

/// <summary>
/// Degraded while what the launcher starts compute at cannot be reached: jobs are recorded and wait.
/// One answer serves all who ask within a few seconds, so that probes are no load for a provider.
/// </summary>
internal sealed class ComputeCheck(IRunnerFleet fleet, TimeProvider clock, ILogger<ComputeCheck> logger, IComputeLauncher? launcher = null) : IHealthCheck, IDisposable
{
    public static readonly TimeSpan Remembered = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(4); // less than what a whole check may take, so that silence has a sentence of its own

    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private (HealthCheckResult Result, long At)? _last;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (launcher is null)
        {
            return HealthCheckResult.Healthy("This host launches nothing itself.");
        }

        await _oneAtATime.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_last is not { } last || clock.GetElapsedTime(last.At) >= Remembered)
            {
                _last = last = (await AskAsync(launcher, cancellationToken).ConfigureAwait(false), clock.GetTimestamp());
            }

            return last.Result;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public void Dispose() => _oneAtATime.Dispose();

    private async Task<HealthCheckResult> AskAsync(IComputeLauncher asked, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await asked.ListAsync(fleet.Name, null, either.Token).WaitAsync(either.Token).ConfigureAwait(false);
            return HealthCheckResult.Healthy($"The {asked.Name} launcher answers.");
        }
        catch (ComputeUnavailableException unavailable)
        {
            return Waiting(unavailable.Message, unavailable);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Waiting($"The {asked.Name} launcher gave no answer within {Patience.TotalSeconds:0} s.");
        }
#pragma warning disable CA1031 // any other failure of a launcher means only that its compute cannot be listed (IComputeLauncher)
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            logger.CheckFailed("compute", failure);
            return Waiting($"The {asked.Name} launcher cannot list its compute; the host's log tells more.", failure);
        }
    }

    private static HealthCheckResult Waiting(string why, Exception? exception = null) => HealthCheckResult.Degraded($"{why} Jobs wait; nothing is lost.", exception);
}
