using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace RunnerFleet.AspNetCore.Health;

/// <summary>Runs the fleet's checks, each bounded in time and none able to break the others.</summary>
internal sealed class Readiness(IRunnerFleet fleet, IControlPlaneAddress address, ComputeCheck compute, TimeProvider clock, ILogger<Readiness> logger)
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly NamedCheck _store = new("store", new StoreCheck(fleet));
    private readonly NamedCheck[] _others = [new("classes", new ClassesCheck(fleet)), new("launches", new LaunchesCheck(fleet, address)), new("compute", compute)];

    /// <summary>Says whether the host can do its work: only the store decides.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken) => IsReady(await RunAsync(_store, cancellationToken).ConfigureAwait(false));

    /// <summary>Says how each part stands.</summary>
    public async Task<ReadyAnswer> DescribeAsync(CancellationToken cancellationToken)
    {
        var checks = await Task.WhenAll(_others.Prepend(_store).Select(check => RunAsync(check, cancellationToken))).ConfigureAwait(false);
        return ReadyAnswer.Of(IsReady(checks[0]), checks);
    }

    private static bool IsReady(CheckAnswer store) => store.Status != "unhealthy";

    private async Task<CheckAnswer> RunAsync(NamedCheck named, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var context = new HealthCheckContext { Registration = new HealthCheckRegistration(named.Name, named.Check, HealthStatus.Unhealthy, null) };
        try
        {
            var result = await named.Check.CheckHealthAsync(context, either.Token).WaitAsync(either.Token).ConfigureAwait(false);
            return Answer(named.Name, result.Status, result.Description ?? "");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Answer(named.Name, HealthStatus.Unhealthy, $"No answer within {Limit.TotalSeconds:0} s.");
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            logger.CheckFailed(named.Name, failure);
            return Answer(named.Name, HealthStatus.Unhealthy, "The check itself failed. The host's log tells more.");
        }
    }

    private static CheckAnswer Answer(string name, HealthStatus status, string detail) => new(name, status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Degraded => "degraded",
        _ => "unhealthy",
    }, detail);

    private sealed record NamedCheck(string Name, IHealthCheck Check);
}
