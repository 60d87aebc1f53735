using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;

namespace RunnerFleet.Testing.GitHub;

/// <summary>Serves a <see cref="GitHubStandIn"/> from an ASP.NET Core application.</summary>
public static class GitHubStandInEndpoints
{
    private const int LargestBody = 1024 * 1024;

    /// <summary>Maps a stand-in below a path. The fleet's <c>RunnerFleet:GitHub:ApiUrl</c> is then the application's address and that path.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="standIn">The stand-in; it stays the caller's to dispose.</param>
    /// <param name="prefix">Such as <c>/standin/github</c>; empty for the root.</param>
    public static IEndpointConventionBuilder MapGitHubStandIn(this IEndpointRouteBuilder endpoints, GitHubStandIn standIn, string prefix)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(standIn);
        ArgumentNullException.ThrowIfNull(prefix);
        var root = prefix.Trim('/') is { Length: > 0 } path ? "/" + path : "";
        return endpoints.Map(root + "/{**path}", context => AnswerAsync(context, standIn, root));
    }

    internal static async Task AnswerAsync(HttpContext context, GitHubStandIn standIn, string root)
    {
        var request = context.Request;
        if (await ReadBodyAsync(request, context.RequestAborted).ConfigureAwait(false) is not { } body)
        {
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return;
        }

        StandInReply reply;
        try
        {
            reply = await standIn.AnswerAsync(
                new(
                    request.Method,
                    (request.Path.Value ?? "")[root.Length..],
                    request.QueryString.Value ?? "",
                    request.Headers.Authorization,
                    body,
                    UriHelper.BuildAbsolute(request.Scheme, request.Host, request.PathBase, root).TrimEnd('/')),
                context.RequestAborted).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        if (reply.IsLost)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = reply.Status;
        foreach (var (name, value) in reply.Headers)
        {
            context.Response.Headers[name] = value;
        }

        if (reply.Body is not null)
        {
            context.Response.ContentType = "application/json; charset=utf-8";
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(reply.Body.ToJsonString()), context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static async Task<byte[]?> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        var buffer = new byte[8192];
        int read;
        while ((read = await request.Body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (body.Length + read > LargestBody)
            {
                return null;
            }

            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }
}
