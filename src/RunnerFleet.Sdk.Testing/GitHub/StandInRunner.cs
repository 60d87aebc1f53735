using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.GitHub;

/// <summary>A small program that behaves towards a <see cref="GitHubStandIn"/> as the listener of GitHub's runner does towards GitHub: connects, waits for one job, "runs" it, and exits.</summary>
public sealed class StandInRunner
{
    /// <summary>The exit code of a job done, or of a runner stopped in good order.</summary>
    public const int Done = 0;

    /// <summary>The exit code of a runner that GitHub does not know, or that has no usable configuration.</summary>
    public const int Terminated = 1;

    /// <summary>The exit code of a runner that was told to stop.</summary>
    public const int Stopped = 143;

    private const int MostTries = 30;
    private static readonly TimeSpan TryEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RenewEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ShutdownGrace = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http;
    private readonly TextWriter _output;
    private readonly TimeProvider _clock;

    private StandInRunner(HttpClient http, TextWriter output, TimeProvider clock)
    {
        _http = http;
        _output = output;
        _clock = clock;
    }

    /// <summary>Runs until the one job is done, the registration is gone, or it is cancelled.</summary>
    /// <param name="encodedJitConfig">What <c>generate-jitconfig</c> gave.</param>
    /// <param name="output">Where it writes what the real listener writes.</param>
    /// <param name="clock">Its time.</param>
    /// <param name="cancellationToken">What SIGTERM is to a program: an idle runner leaves and its registration stays; a running job is reported as failed.</param>
    /// <returns>The exit code: <see cref="Done"/>, <see cref="Terminated"/> or <see cref="Stopped"/>.</returns>
    public static Task<int> RunAsync(string encodedJitConfig, TextWriter output, TimeProvider clock, CancellationToken cancellationToken) =>
        RunAsync(encodedJitConfig, output, clock, new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }, cancellationToken);

    /// <summary>The same through a handler, such as <see cref="GitHubStandIn.CreateHandler"/>, which it disposes.</summary>
    public static async Task<int> RunAsync(string encodedJitConfig, TextWriter output, TimeProvider clock, HttpMessageHandler handler, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(encodedJitConfig);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(clock);
        using var http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        var runner = new StandInRunner(http, output, clock);
        if (JitConfig.Decode(encodedJitConfig) is not { } config)
        {
            await runner.WriteAsync("The just-in-time configuration cannot be read.").ConfigureAwait(false);
            return Terminated;
        }

        http.BaseAddress = new Uri(config.ServerUrl + "/_runner/");
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", config.Credential);
        try
        {
            return await runner.ListenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await runner.WriteAsync("Exiting...").ConfigureAwait(false);
            return Stopped;
        }
        catch (HttpRequestException)
        {
            await runner.WriteAsync("GitHub cannot be reached.").ConfigureAwait(false);
            return Terminated;
        }
    }

    private async Task<int> ListenAsync(CancellationToken cancellationToken)
    {
        var (status, session) = await SendAsync(HttpMethod.Post, "sessions", null, cancellationToken).ConfigureAwait(false);
        if (status == HttpStatusCode.Conflict)
        {
            // A runner that was killed a moment ago still counts as connected; the real listener waits it out too.
            for (var i = 0; i < MostTries && status == HttpStatusCode.Conflict; i++)
            {
                await Task.Delay(TryEvery, _clock, cancellationToken).ConfigureAwait(false);
                (status, session) = await SendAsync(HttpMethod.Post, "sessions", null, cancellationToken).ConfigureAwait(false);
            }
        }

        if (status != HttpStatusCode.Created || (string?)session?["sessionId"] is not { } sessionId)
        {
            await WriteAsync("The runner registration has been deleted from the server, please re-configure.").ConfigureAwait(false);
            return Terminated;
        }

        await WriteAsync("").ConfigureAwait(false);
        await WriteAsync("√ Connected to GitHub").ConfigureAwait(false);
        await WriteAsync("").ConfigureAwait(false);
        await WriteAsync("Current runner version: '2.336.0'").ConfigureAwait(false);
        await WriteTimedAsync("Listening for Jobs").ConfigureAwait(false);
        try
        {
            while (true)
            {
                (status, var job) = await SendAsync(HttpMethod.Get, $"sessions/{sessionId}/job?wait=20", null, cancellationToken).ConfigureAwait(false);
                if (status == HttpStatusCode.OK && job is not null)
                {
                    return await RunJobAsync(sessionId, job, cancellationToken).ConfigureAwait(false);
                }

                if (status == HttpStatusCode.NotFound)
                {
                    await WriteAsync("The runner registration has been deleted from the server.").ConfigureAwait(false);
                    return Terminated;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await LastWordAsync(HttpMethod.Delete, $"sessions/{sessionId}", null).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<int> RunJobAsync(string sessionId, JsonObject job, CancellationToken cancellationToken)
    {
        var name = (string?)job["name"] ?? "job";
        var path = string.Create(CultureInfo.InvariantCulture, $"sessions/{sessionId}/jobs/{(long?)job["jobId"]}");
        var end = TimeSpan.FromSeconds((double?)job["seconds"] ?? 1);
        var conclusion = (string?)job["conclusion"] ?? "success";
        await WriteTimedAsync($"Running job: {name}").ConfigureAwait(false);
        var start = _clock.GetTimestamp();
        try
        {
            for (var left = end; left > TimeSpan.Zero; left = end - _clock.GetElapsedTime(start))
            {
                await Task.Delay(left < RenewEvery ? left : RenewEvery, _clock, cancellationToken).ConfigureAwait(false);
                var (_, renewed) = await SendAsync(HttpMethod.Post, path + "/renew", null, cancellationToken).ConfigureAwait(false);
                if ((bool?)renewed?["cancel"] == true)
                {
                    conclusion = "cancelled";
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await LastWordAsync(HttpMethod.Post, path + "/complete", new() { ["conclusion"] = "failure" }).ConfigureAwait(false);
            await WriteTimedAsync($"Job {name} completed with result: Failed").ConfigureAwait(false);
            throw;
        }

        await SendAsync(HttpMethod.Post, path + "/complete", new() { ["conclusion"] = conclusion }, cancellationToken).ConfigureAwait(false);
        var result = conclusion switch
        {
            "success" => "Succeeded",
            "cancelled" => "Canceled",
            _ => "Failed",
        };
        await WriteTimedAsync($"Job {name} completed with result: {result}").ConfigureAwait(false);
        return Done;
    }

    /// <summary>Sends a request, again for a while when nobody answers.</summary>
    private async Task<(HttpStatusCode Status, JsonObject? Body)> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        for (var i = 1; ; i++)
        {
            try
            {
                return await SendOnceAsync(method, path, body, cancellationToken).ConfigureAwait(false);
            }
            catch (HttpRequestException) when (i < MostTries)
            {
                await Task.Delay(TryEvery, _clock, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<(HttpStatusCode Status, JsonObject? Body)> SendOnceAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        return (response.StatusCode, response.IsSuccessStatusCode && text.Length > 0 ? JsonNode.Parse(text) as JsonObject : null);
    }

    /// <summary>Says one thing more although it was told to stop, but not for long.</summary>
    private async Task LastWordAsync(HttpMethod method, string path, JsonObject? body)
    {
        using var grace = new CancellationTokenSource(ShutdownGrace, _clock);
        try
        {
            await SendOnceAsync(method, path, body, grace.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            // GitHub notices the silence.
        }
    }

    private Task WriteTimedAsync(string line) => WriteAsync($"{_clock.GetUtcNow():yyyy-MM-dd HH:mm:ss}Z: {line}");

    private async Task WriteAsync(string line)
    {
        await _output.WriteLineAsync(line).ConfigureAwait(false);
        await _output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }
}
