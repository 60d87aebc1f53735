using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace RunnerFleet.Testing.GitHub;

/// <summary>A <see cref="GitHubStandIn"/> on a port of 127.0.0.1.</summary>
public sealed class GitHubStandInServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GitHubStandInServer(WebApplication app, Uri url)
    {
        _app = app;
        Url = url;
    }

    /// <summary>Its address: what <c>RunnerFleet:GitHub:ApiUrl</c> is set to.</summary>
    public Uri Url { get; }

    /// <summary>Starts to serve a stand-in.</summary>
    /// <param name="standIn">The stand-in; it stays the caller's to dispose.</param>
    /// <param name="port">The port; 0 takes a free one.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    public static async Task<GitHubStandInServer> StartAsync(GitHubStandIn standIn, int port = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(standIn);

        // The empty builder, so that neither environment nor files of whoever runs the test have a say.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var app = builder.Build();
        app.Run(context => GitHubStandInEndpoints.AnswerAsync(context, standIn, ""));
        await app.StartAsync(cancellationToken).ConfigureAwait(false);
        return new(app, new Uri(app.Urls.First()));
    }

    /// <summary>Stops to serve; open connections break.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }
}
