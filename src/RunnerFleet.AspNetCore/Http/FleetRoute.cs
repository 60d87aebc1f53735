using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RunnerFleet.AspNetCore.Access;
using RunnerFleet.Compute;
using RunnerFleet.Storage;

namespace RunnerFleet.AspNetCore.Http;

/// <summary>Maps a route such that whatever happens in it is answered: other methods with 405, failures with problem details.</summary>
internal static class FleetRoute
{
    private static readonly TimeSpan StoreRetryAfter = TimeSpan.FromSeconds(5);

    public static IEndpointConventionBuilder Get(this RouteGroupBuilder group, string pattern, RequestDelegate handler) => group.Add(pattern, ["GET", "HEAD"], handler);

    public static IEndpointConventionBuilder Post(this RouteGroupBuilder group, string pattern, RequestDelegate handler) => group.Add(pattern, ["POST"], handler);

    /// <summary>Lets only those through who may see the fleet.</summary>
    public static RequestDelegate ForThoseWithAccess(RequestDelegate handler) => context =>
    {
        var refusal = context.RequestServices.GetRequiredService<ApiAccess>().Judge(context.Request);
        if (refusal is null)
        {
            return handler(context);
        }

        context.Logger().AccessRefused(context.Route(), refusal.Status, refusal.Detail);
        return refusal.WriteAsync(context.Response);
    };

    public static ILogger Logger(this HttpContext context) => context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("RunnerFleet.AspNetCore");

    public static IRunnerFleet Fleet(this HttpContext context) => context.RequestServices.GetRequiredService<IRunnerFleet>();

    public static TimeProvider Clock(this HttpContext context) => context.RequestServices.GetRequiredService<TimeProvider>();

    /// <summary>The route's pattern, for logs.</summary>
    public static string Route(this HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { Length: > 0 } pattern ? pattern : "/";

    private static IEndpointConventionBuilder Add(this RouteGroupBuilder group, string pattern, string[] methods, RequestDelegate handler)
    {
        // An endpoint without methods is taken only where the one with methods does not match.
        group.Map(pattern, context =>
        {
            context.Response.Headers.Allow = string.Join(", ", methods);
            return Problem.Of(StatusCodes.Status405MethodNotAllowed, $"This address takes {string.Join(" and ", methods)} only.").WriteAsync(context.Response);
        });
        return group.MapMethods(pattern, methods, context => RunAsync(context, handler));
    }

    private static async Task RunAsync(HttpContext context, RequestDelegate handler)
    {
        try
        {
            await handler(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller left: there is nobody to answer.
        }
        catch (Exception failure)
        {
            await AnswerAsync(context, failure).ConfigureAwait(false);
        }
    }

    private static Task AnswerAsync(HttpContext context, Exception failure)
    {
        switch (failure)
        {
            case BadHttpRequestException bad:
                context.Logger().BodyNotRead(bad.Message);
                return Problem.Of(bad.StatusCode, "The request could not be read.").WriteAsync(context.Response);
            case StoreUnavailableException:
                context.Logger().RequestUnavailable(context.Route(), failure.Message);
                return Problem.Of(StatusCodes.Status503ServiceUnavailable, "The fleet's store cannot be reached at present. Ask again.").WriteAsync(context.Response, StoreRetryAfter);
            case ClassesUnavailableException:
                context.Logger().RequestUnavailable(context.Route(), failure.Message);
                return Problem.Of(StatusCodes.Status503ServiceUnavailable, "The runner classes cannot be read at present. Ask again.").WriteAsync(context.Response, StoreRetryAfter);
            default:
                context.Logger().RequestFailed(context.Route(), failure);
                return Problem.Of(StatusCodes.Status500InternalServerError, "This should not happen. The host's log tells more.").WriteAsync(context.Response);
        }
    }
}
