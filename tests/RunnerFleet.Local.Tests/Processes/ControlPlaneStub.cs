using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace RunnerFleet.Local.Tests.Processes;

/// <summary>The two routes that a runner calls, on 127.0.0.1.</summary>
internal sealed class ControlPlaneStub : IAsyncDisposable
{
    public const string JitConfig = "jit-config-of-the-runner";
    public const string ReportToken = "report-token-of-the-runner";

    private readonly ConcurrentQueue<(string Bearer, string RunnerId, int Attempt)> _claims = new();
    private readonly ConcurrentQueue<(string Bearer, string RunnerId, string Status)> _reports = new();
    private WebApplication? _app;

    /// <summary>The answer to the n-th claim, from 1; <see langword="null"/> registers the runner.</summary>
    public Func<int, IResult?> ClaimAnswer { get; set; } = _ => null;

    public IReadOnlyList<(string Bearer, string RunnerId, int Attempt)> Claims => [.. _claims];

    public IReadOnlyList<(string Bearer, string RunnerId, string Status)> Reports => [.. _reports];

    public string Url { get; private set; } = "";

    public static async Task<ControlPlaneStub> StartAsync(int port = 0)
    {
        var stub = new ControlPlaneStub();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var app = stub._app = builder.Build();
        app.Run(stub.AnswerAsync);
        await app.StartAsync();
        stub.Url = app.Urls.Single();
        return stub;
    }

    public async ValueTask DisposeAsync() => await _app!.DisposeAsync();

    private static string BearerOf(HttpRequest http) => http.Headers.Authorization.ToString()["Bearer ".Length..];

    private async Task AnswerAsync(HttpContext http)
    {
        var body = (await JsonNode.ParseAsync(http.Request.Body))!;
        var runnerId = (string)body["runnerId"]!;
        if (http.Request.Path == "/runner/status")
        {
            _reports.Enqueue((BearerOf(http.Request), runnerId, (string)body["status"]!));
            http.Response.StatusCode = 204;
            return;
        }

        if (http.Request.Path != "/runner/claim")
        {
            http.Response.StatusCode = 404;
            return;
        }

        _claims.Enqueue((BearerOf(http.Request), runnerId, (int)body["attempt"]!));
        if (ClaimAnswer(_claims.Count) is StatusCodeHttpResult { StatusCode: var status })
        {
            http.Response.StatusCode = status;
            http.Response.Headers.RetryAfter = "1";
            return;
        }

        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync($$"""{"runnerName":"rf-test-{{runnerId}}-1","jitConfig":"{{JitConfig}}","reportToken":"{{ReportToken}}","later":"unknown members are ignored"}""");
    }
}
