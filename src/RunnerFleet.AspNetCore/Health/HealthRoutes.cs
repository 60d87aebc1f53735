using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.AspNetCore.Access;
using RunnerFleet.AspNetCore.Api;
using RunnerFleet.AspNetCore.Http;

namespace RunnerFleet.AspNetCore.Health;

/// <summary><c>/healthz</c>: this process answers. <c>/readyz</c>: it can do its work; how each part stands is told only to those who may see the fleet.</summary>
internal static class HealthRoutes
{
    public static void Map(RouteGroupBuilder group)
    {
        group.Get("/healthz", context => context.Response.WriteJsonAsync(StatusCodes.Status200OK, ReadyAnswer.Live, FleetJson.Default.ReadyAnswer));
        group.Get("/readyz", ReadyAsync);
    }

    private static async Task ReadyAsync(HttpContext context)
    {
        var readiness = context.RequestServices.GetRequiredService<Readiness>();
        var mayKnowMore = context.RequestServices.GetRequiredService<ApiAccess>().Judge(context.Request) is null;
        var answer = mayKnowMore
            ? await readiness.DescribeAsync(context.RequestAborted).ConfigureAwait(false)
            : ReadyAnswer.Of(await readiness.IsReadyAsync(context.RequestAborted).ConfigureAwait(false), null);
        var status = answer.Status == ReadyAnswer.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await context.Response.WriteJsonAsync(status, answer, FleetJson.Default.ReadyAnswer).ConfigureAwait(false);
    }
}

/// <summary>One word, and where the caller may know it, how each part stands.</summary>
internal sealed record ReadyAnswer(string Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<CheckAnswer>? Checks)
{
    public const string Ready = "ready";

    public static ReadyAnswer Live { get; } = new("live", null);

    public static ReadyAnswer Of(bool ready, IReadOnlyList<CheckAnswer>? checks) => new(ready ? Ready : "not ready", checks);
}

internal sealed record CheckAnswer(string Name, string Status, string Detail);
