using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Http;

namespace RunnerFleet.AspNetCore.Http;

/// <summary>A route that every kind of host has, and that is answered alike in all of them.</summary>
internal static class SharedRoute
{
    public static RequestDelegate At(string path) => async context =>
    {
        var answer = await context.RequestServices.GetRequiredService<FleetHttp>().HandleAsync(new HttpContextRequest(context, path), CancellationToken.None).ConfigureAwait(false);
        await WriteAsync(context.Response, answer).ConfigureAwait(false);
    };

    private static async Task WriteAsync(HttpResponse response, FleetHttpResponse answer)
    {
        response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers)
        {
            response.Headers[name] = value;
        }

        if (!answer.Body.IsEmpty)
        {
            response.ContentLength = answer.Body.Length;
            await response.Body.WriteAsync(answer.Body, response.HttpContext.RequestAborted).ConfigureAwait(false);
        }
    }
}
