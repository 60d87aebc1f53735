using Microsoft.Extensions.Logging;
using RunnerFleet.Compute;
using RunnerFleet.Storage;

namespace RunnerFleet.Http;

/// <summary>
/// What GitHub and runners call, for any host that can hand over a request: <c>POST /webhook</c>, <c>POST /runner/claim</c> and <c>POST /runner/status</c>. Every host that answers by this gives the same answers. Safe for any
/// number of callers.
/// </summary>
/// <param name="fleet">The fleet.</param>
/// <param name="clock">Tells the time.</param>
/// <param name="logger">Told of what fails. Routes are logged, never what a caller wrote.</param>
public sealed class FleetHttp(IRunnerFleet fleet, TimeProvider clock, ILogger<FleetHttp> logger)
{
    private static readonly TimeSpan StoreRetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>Answers a request. Each route has a limit of its own for how long it may take, within which it answers in any case.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">The end of the host's own time, if it has one: what is not done by then is answered 503. That the caller left is no reason to cancel; what a delivery asks for is recorded all the same.</param>
    /// <returns>The answer; 404 without a body for a path that is none of these.</returns>
    /// <exception cref="OperationCanceledException">Reading the body was cancelled: there is nobody to answer.</exception>
    public async Task<FleetHttpResponse> HandleAsync(FleetHttpRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (RouteOf(request.Path) is not { } route)
        {
            return FleetHttpResponse.NotFound;
        }

        if (!request.Method.Equals("POST", StringComparison.OrdinalIgnoreCase))
        {
            return FleetHttpResponse.Problem(405, "This address takes POST only.").With("Allow", "POST");
        }

        using var limit = new CancellationTokenSource(route.Limit, clock);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await route.HandleAsync(new(request, fleet, () => logger.RequestTimedOut(route.Path, route.Limit.TotalSeconds), deadline.Token)).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            logger.RequestUnavailable(route.Path, e.Message);
            return FleetHttpResponse.Problem(503, "The fleet's store cannot be reached at present. Ask again.", StoreRetryAfter);
        }
        catch (ClassesUnavailableException e)
        {
            logger.RequestUnavailable(route.Path, e.Message);
            return FleetHttpResponse.Problem(503, "The runner classes cannot be read at present. Ask again.", StoreRetryAfter);
        }
#pragma warning disable CA1031 // whatever happens is answered
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            logger.RequestFailed(route.Path, e);
            return FleetHttpResponse.Problem(500, "This should not happen. The host's log tells more.");
        }
    }

    private static FleetRoute? RouteOf(string path)
    {
        var plain = path.Length > 1 && path[^1] == '/' ? path[..^1] : path;
        return Array.Find(FleetRoute.All, route => route.Path.Equals(plain, StringComparison.OrdinalIgnoreCase));
    }
}
