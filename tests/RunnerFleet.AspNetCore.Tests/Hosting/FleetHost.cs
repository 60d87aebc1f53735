using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace RunnerFleet.AspNetCore.Tests.Hosting;

/// <summary>A real Kestrel on a free loopback port, with all routes over a <see cref="FakeRunnerFleet"/>.</summary>
public sealed class FleetHost : IAsyncDisposable
{
    /// <summary>A request that carries this header counts as one from that peer: tests listen on loopback only.</summary>
    public const string PeerHeader = "Test-Peer";

    public const string ApiKey = "0123456789abcdef-key";

    private readonly WebApplication _app;

    private FleetHost(WebApplication app, FakeRunnerFleet fleet, FakeTimeProvider clock, RecordedLogs logs)
    {
        (_app, Fleet, Clock, Logs) = (app, fleet, clock, logs);
        Address = new Uri(app.Urls.First());
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public FakeRunnerFleet Fleet { get; }

    public FakeTimeProvider Clock { get; }

    public RecordedLogs Logs { get; }

    public HttpClient Client { get; }

    public Uri Address { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<FleetHost> StartAsync(Dictionary<string, string?>? settings = null, Action<WebApplication>? map = null, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var fleet = new FakeRunnerFleet();
        var clock = new FakeTimeProvider(SampleData.Now);
        var logs = new RecordedLogs();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(logs);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<IRunnerFleet>(fleet);
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddOptions<RunnerFleetOptions>().Configure(options => options.PublicUrl = builder.Configuration["RunnerFleet:PublicUrl"] is { } url ? new Uri(url) : null);
        configure?.Invoke(builder);
        new FleetBuilder(builder.Services).AddAspNetCore();

        var app = builder.Build();
        app.Use((context, next) =>
        {
            if (context.Request.Headers.TryGetValue(PeerHeader, out var peer))
            {
                context.Connection.RemoteIpAddress = peer == "none" ? null : IPAddress.Parse(peer.ToString());
            }

            return next(context);
        });
        (map ?? MapAll)(app);
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new FleetHost(app, fleet, clock, logs);
    }

    public static Dictionary<string, string?> WithKey => new() { ["RunnerFleet:Api:Key"] = ApiKey };

    public static void MapAll(WebApplication app)
    {
        app.MapRunnerFleet();
        app.MapRunnerFleetApi();
        app.MapRunnerFleetEvents();
        app.MapRunnerFleetHealth();
        app.MapRunnerFleetStatusPage();
    }

    public async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                throw new ArgumentException($"{name} is not a request header.");
            }
        }

        using var response = await Client.SendAsync(request);
        return await Answer.OfAsync(response);
    }

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    public Task<Answer> PostAsync(string path, string body, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, new StringContent(body, Encoding.UTF8, "application/json"), headers);

    /// <summary>Opens a connection that speaks whatever bytes a test wants.</summary>
    public async Task<NetworkStream> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Address.Port);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public Task StopAsync() => _app.StopAsync();

    /// <summary>What must never be in a log, and levels that must not be reached by bad input.</summary>
    public void LogsAreCalm(params string[] secrets)
    {
        Assert.DoesNotContain(Logs.Lines, line => line.Level >= LogLevel.Error || line.Exception is not null && line.Level > LogLevel.Debug);
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(Logs.Lines, line => line.ToString().Contains(secret, StringComparison.Ordinal));
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }

    private sealed record FleetBuilder(IServiceCollection Services) : IRunnerFleetBuilder;
}

/// <summary>A response, read to its end.</summary>
public sealed record Answer(int Status, string Body, string ContentType, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public static async Task<Answer> OfAsync(HttpResponseMessage response) => new(
        (int)response.StatusCode,
        await response.Content.ReadAsStringAsync(),
        response.Content.Headers.ContentType?.ToString() ?? "",
        response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase));

    /// <summary>Every refusal is problem details with its status and a sentence, and shows no inside.</summary>
    public Answer IsProblem(int status, string? saying = null)
    {
        Assert.True(status == Status, $"{Status} instead of {status}: {Body}");
        Assert.Equal("application/problem+json", ContentType);
        Assert.Equal(status, Json.GetProperty("status").GetInt32());
        var detail = Json.GetProperty("detail").GetString()!;
        Assert.EndsWith(".", detail.TrimEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Body, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", Body, StringComparison.Ordinal);
        if (saying is not null)
        {
            Assert.Contains(saying, detail, StringComparison.Ordinal);
        }

        return this;
    }
}

internal static class Eventually
{
    /// <summary>Waits, in real time, until something is so.</summary>
    public static async Task SoAsync(Func<bool> isSo, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(20), $"Not within 20 s: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
