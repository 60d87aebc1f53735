using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace RunnerFleet.Testing.Aws;

/// <summary>An <see cref="AwsStandIn"/> on a port of 127.0.0.1: what <c>AWS_ENDPOINT_URL</c> is set to for a process of its own.</summary>
public sealed class AwsStandInServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private AwsStandInServer(WebApplication app, Uri url)
    {
        _app = app;
        Url = url;
    }

    /// <summary>Its address.</summary>
    public Uri Url { get; }

    /// <summary>Starts to serve a stand-in.</summary>
    /// <param name="standIn">The stand-in.</param>
    /// <param name="port">The port; 0 takes a free one.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    public static async Task<AwsStandInServer> StartAsync(AwsStandIn standIn, int port = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(standIn);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var app = builder.Build();
        app.Run(context => AnswerAsync(context, standIn));
        await app.StartAsync(cancellationToken).ConfigureAwait(false);
        return new(app, new Uri(app.Urls.First()));
    }

    /// <summary>Stops to serve; open connections break.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task AnswerAsync(HttpContext context, AwsStandIn standIn)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted).ConfigureAwait(false); // Kestrel refuses more than 30 MB
        var headers = context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(",", header.Value.ToArray()), StringComparer.Ordinal);
        var reply = await standIn.AnswerAsync(new(context.Request.Method, context.Request.Host.Value ?? "", context.Request.Path.Value ?? "/", headers, body.ToArray()), context.RequestAborted).ConfigureAwait(false);
        if (reply.IsLost)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = reply.Status;
        context.Response.ContentType = "application/x-amz-json-1.1";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(reply.Body), context.RequestAborted).ConfigureAwait(false);
    }
}
