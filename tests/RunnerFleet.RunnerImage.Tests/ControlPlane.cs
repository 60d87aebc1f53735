using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.RunnerImage.Tests;

/// <summary>A whole control plane in this process, on loopback: the real routes over the real engine, with a store in memory and a stand-in for GitHub. Its launcher starts nothing: the tests do.</summary>
internal sealed class ControlPlane : IAsyncDisposable
{
    private const string Repository = "octo-org/octo-repo";
    private const string WebhookSecret = "the webhook secret of these tests";

    private readonly InMemoryRunnerStore _store = new();
    private readonly FakeComputeLauncher _launcher = new();
    private readonly GitHubStandIn _gitHub;
    private readonly ConcurrentQueue<string> _requests = new();
    private WebApplication? _app;
    private int _port;

    private ControlPlane()
    {
        _gitHub = new GitHubStandIn(TimeProvider.System, new() { WebhookSecret = WebhookSecret, Token = "a-token", Receiver = ReceiveAsync });
        _gitHub.AddRepository(Repository);
    }

    /// <summary>Stands between the runner and the routes.</summary>
    public Func<HttpContext, RequestDelegate, Task>? Meddle { get; set; }

    /// <summary>What runners asked and were answered, in order: <c>claim 200</c>, <c>started 204</c>. An answer that never came is 0.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    public static async Task<ControlPlane> StartAsync()
    {
        ShellTools.NeedEntryPoint();
        var plane = new ControlPlane();
        await plane.ListenAsync();
        return plane;
    }

    /// <summary>Starts, or starts again on the same port over the same records.</summary>
    public async Task ListenAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, _port));
        builder.Services.AddSingleton<IRunnerStore>(_store);
        builder.Services.AddSingleton<IComputeLauncher>(_launcher);
        builder.Services.AddRunnerFleet(options =>
            {
                options.GitHub.WebhookSecret = WebhookSecret;
                options.GitHub.Token = "a-token";
            })
            .AddAspNetCore()
            .AddWorkers();
        builder.Services.AddHttpClient(RunnerFleetHttpClients.GitHub).ConfigurePrimaryHttpMessageHandler(_gitHub.CreateHandler);
        var app = builder.Build();
        app.Use(WatchAsync);
        app.MapRunnerFleet();
        await app.StartAsync();
        _port = new Uri(app.Urls.First()).Port;
        _app = app;
    }

    public async Task StopListeningAsync()
    {
        await _app!.StopAsync();
        await _app.DisposeAsync();
        _app = null;
    }

    /// <summary>Queues a job at GitHub, and gives what its runner is to be started with.</summary>
    public async Task<IReadOnlyDictionary<string, string>> LaunchAsync()
    {
        _gitHub.QueueJob(Repository, ["self-hosted"]);
        await Eventually.SoAsync(async () => _launcher.Launches.Count > 0 && (await RunnerAsync())?.State == RunnerState.WaitingForJob, () => "a runner was launched");
        return _launcher.Launches[0].Environment;
    }

    /// <summary>The runner as the fleet has it.</summary>
    public async Task<Runner?> RunnerAsync() => await Fleet.GetRunnerAsync(_launcher.Launches[0].Identity.RunnerId, CancellationToken.None);

    public Task TerminateAsync() => Fleet.TerminateAsync(_launcher.Launches[0].Identity.RunnerId, force: true, CancellationToken.None);

    public Task UntilAskedAsync(string request) => Eventually.SoAsync(() => Requests.Contains(request), () => $"{request}; so far: {string.Join(", ", Requests)}");

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await StopListeningAsync();
        }

        _gitHub.Dispose();
    }

    private IRunnerFleet Fleet => _app!.Services.GetRequiredService<IRunnerFleet>();

    private async Task WatchAsync(HttpContext context, RequestDelegate next)
    {
        context.Request.EnableBuffering();
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        context.Request.Body.Position = 0;
        var what = context.Request.Path == "/runner/claim" ? "claim" : body.RootElement.GetProperty("status").GetString();
        try
        {
            await (Meddle is { } meddle ? meddle(context, next) : next(context));
        }
        finally
        {
            _requests.Enqueue($"{what} {(context.RequestAborted.IsCancellationRequested ? 0 : context.Response.StatusCode)}");
        }
    }

    private async Task<int> ReceiveAsync(StandInDelivery delivery, CancellationToken cancellationToken) =>
        await Fleet.ReceiveAsync(new WebhookDelivery
        {
            Body = delivery.Body,
            Event = delivery.Event,
            DeliveryId = delivery.DeliveryId,
            Signature = delivery.Headers["X-Hub-Signature-256"],
            ContentType = "application/json",
        }, cancellationToken) is WebhookOutcome.Recorded ? 202 : 500;
}
