using Microsoft.AspNetCore.HttpLogging;
using Microsoft.AspNetCore.Routing;
using RunnerFleet.AspNetCore;
using RunnerFleet.AspNetCore.Api;
using RunnerFleet.AspNetCore.Events;
using RunnerFleet.AspNetCore.Health;
using RunnerFleet.AspNetCore.Http;
using RunnerFleet.AspNetCore.StatusPage;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the routes of a fleet, part by part. All need <c>AddRunnerFleet(...).AddAspNetCore()</c>.</summary>
/// <remarks>A prefix is a plain path such as <c>/fleet</c>; map each part once. The routes have access rules of their own; where a host has a fallback authorization policy, add <c>.AllowAnonymous()</c> to what is returned.</remarks>
public static class RunnerFleetEndpointRouteBuilderExtensions
{
    /// <summary>Maps what GitHub and runners call: <c>POST /webhook</c>, <c>POST /runner/claim</c> and <c>POST /runner/status</c>.</summary>
    /// <param name="endpoints">The host's routes.</param>
    /// <param name="prefix">Goes before each route. Where <c>RunnerFleet:PublicUrl</c> is set, it must end with the same prefix.</param>
    /// <returns>Takes conventions for all these routes.</returns>
    /// <exception cref="InvalidOperationException"><c>AddAspNetCore()</c> is missing.</exception>
    public static IEndpointConventionBuilder MapRunnerFleet(this IEndpointRouteBuilder endpoints, string prefix = "")
    {
        var group = Begin(endpoints, prefix, nameof(MapRunnerFleet), (routes, path) => routes.Runners = path);
        group.Post("/webhook", SharedRoute.At("/webhook"));

        // A host that logs requests with their bodies must not log these: they are credentials.
        const HttpLoggingFields NoSecrets = HttpLoggingFields.RequestMethod | HttpLoggingFields.RequestPath | HttpLoggingFields.ResponseStatusCode | HttpLoggingFields.Duration;
        group.Post("/runner/claim", SharedRoute.At("/runner/claim")).WithHttpLogging(NoSecrets);
        group.Post("/runner/status", SharedRoute.At("/runner/status")).WithHttpLogging(NoSecrets);
        return group;
    }

    /// <summary>Maps what people and tools ask: <c>GET /api/fleet</c>, <c>/api/classes</c>, <c>/api/runners</c>, <c>/api/runners/{id}</c>, <c>/api/jobs</c>, <c>/api/jobs/{id}</c>, and <c>POST /api/runners/{id}/terminate</c>.</summary>
    /// <param name="endpoints">The host's routes.</param>
    /// <param name="prefix">Goes before each route.</param>
    /// <returns>Takes conventions for all these routes.</returns>
    /// <exception cref="InvalidOperationException"><c>AddAspNetCore()</c> is missing.</exception>
    public static IEndpointConventionBuilder MapRunnerFleetApi(this IEndpointRouteBuilder endpoints, string prefix = "")
    {
        var group = Begin(endpoints, prefix, nameof(MapRunnerFleetApi), (routes, path) => routes.Api = path);
        ApiRoutes.Map(group);
        return group;
    }

    /// <summary>Maps <c>GET /api/stream</c>: server-sent events of every move that this process makes, under the API's access rule.</summary>
    /// <param name="endpoints">The host's routes.</param>
    /// <param name="prefix">Goes before the route.</param>
    /// <returns>Takes conventions for the route.</returns>
    /// <exception cref="InvalidOperationException"><c>AddAspNetCore()</c> is missing.</exception>
    public static IEndpointConventionBuilder MapRunnerFleetEvents(this IEndpointRouteBuilder endpoints, string prefix = "")
    {
        var group = Begin(endpoints, prefix, nameof(MapRunnerFleetEvents), (routes, path) => routes.Events = path);
        group.Get("/api/stream", FleetRoute.ForThoseWithAccess(StreamRoute.HandleAsync));
        return group;
    }

    /// <summary>Maps <c>GET /healthz</c> (this process answers) and <c>GET /readyz</c> (the store can be reached; details only for those who may use the API).</summary>
    /// <param name="endpoints">The host's routes.</param>
    /// <param name="prefix">Goes before each route.</param>
    /// <returns>Takes conventions for both routes.</returns>
    /// <exception cref="InvalidOperationException"><c>AddAspNetCore()</c> is missing.</exception>
    public static IEndpointConventionBuilder MapRunnerFleetHealth(this IEndpointRouteBuilder endpoints, string prefix = "")
    {
        var group = Begin(endpoints, prefix, nameof(MapRunnerFleetHealth), static (_, _) => { });
        HealthRoutes.Map(group);
        return group;
    }

    /// <summary>
    /// Maps <c>GET /</c>: a plain status page that reads <see cref="MapRunnerFleetApi"/> and <see cref="MapRunnerFleetEvents"/>. The page itself holds no data: with an API key
    /// anyone may load it, and it asks for the key; without one it is served to this machine only.
    /// </summary>
    /// <param name="endpoints">The host's routes.</param>
    /// <param name="prefix">Where the page is.</param>
    /// <returns>Takes conventions for the route.</returns>
    /// <exception cref="InvalidOperationException"><c>AddAspNetCore()</c> is missing.</exception>
    public static IEndpointConventionBuilder MapRunnerFleetStatusPage(this IEndpointRouteBuilder endpoints, string prefix = "")
    {
        var group = Begin(endpoints, prefix, nameof(MapRunnerFleetStatusPage), (routes, path) => routes.StatusPage = path);
        group.Get("/", PageRoute.HandleAsync);
        return group;
    }

    private static RouteGroupBuilder Begin(IEndpointRouteBuilder endpoints, string prefix, string verb, Action<MappedRoutes, string> note)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var routes = MappedRoutes.Of(endpoints, verb);
        var path = MappedRoutes.Normalize(prefix);
        note(routes, path);
        return endpoints.MapGroup(path);
    }
}
