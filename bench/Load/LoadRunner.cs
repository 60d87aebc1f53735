using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using RunnerFleet.Compute;

namespace RunnerFleet.Bench.Load;

/// <summary>What runs on compute: claims a registration, waits for a job, reports, works, reports, exits.</summary>
internal sealed class LoadRunner(LoadSettings settings, LoadSender sender) : IDisposable
{
    private static readonly TimeSpan ExitDelay = TimeSpan.FromMilliseconds(20);
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(2) };
    private readonly Random _random = new(1);
    private readonly ConcurrentQueue<double> _claims = new();
    private int _done;
    private int _paced;
    private int _failed;

    /// <summary>How many jobs are done.</summary>
    public int Done => _done;

    /// <summary>How many claims were answered with "ask again".</summary>
    public int Paced => _paced;

    /// <summary>How many runners ended without a job.</summary>
    public int Failed => _failed;

    /// <summary>How long compute waited for its registration, in milliseconds.</summary>
    public double[] Claims => [.. _claims.Order()];

    public async Task<int> RunAsync(LaunchRequest launch, LoadWorld world)
    {
        try
        {
            var start = Stopwatch.GetTimestamp();
            if (await ClaimAsync(launch) is not { } claim)
            {
                Interlocked.Increment(ref _failed);
                return 1;
            }

            _claims.Enqueue(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            var (runnerName, token) = ((string)claim["runnerName"]!, (string)claim["reportToken"]!);
            if (await world.TakeJobAsync(runnerName) is not { } job)
            {
                Interlocked.Increment(ref _failed);
                return 0;
            }

            var began = sender.SendAsync(job, "in_progress", runnerName);
            await ReportAsync(launch, token, "started");
            await Task.Delay(Duration(), TimeProvider.System, CancellationToken.None);
            await ReportAsync(launch, token, "completed");
            world.Complete(job, runnerName);
            var ended = sender.SendAsync(job, "completed", runnerName);
            Interlocked.Increment(ref _done);
            await Task.Delay(ExitDelay, TimeProvider.System, CancellationToken.None);
            _ = Task.WhenAll(began, ended);
            return 0;
        }
        catch (HttpRequestException)
        {
            Interlocked.Increment(ref _failed);
            return 2;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode?> ClaimAsync(LaunchRequest launch)
    {
        while (true)
        {
            using var answer = await PostAsync(launch, "runner/claim", launch.Environment[RunnerEnvironment.ClaimSecret], new { runnerId = launch.Identity.RunnerId, attempt = launch.Identity.Attempt });
            switch (answer.StatusCode)
            {
                case HttpStatusCode.OK:
                    return await answer.Content.ReadFromJsonAsync<JsonNode>();
                case HttpStatusCode.ServiceUnavailable:
                    Interlocked.Increment(ref _paced);
                    await Task.Delay(answer.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), TimeProvider.System, CancellationToken.None);
                    break;
                default:
                    return null;
            }
        }
    }

    private async Task ReportAsync(LaunchRequest launch, string token, string status)
    {
        using var answer = await PostAsync(launch, "runner/status", token, new { runnerId = launch.Identity.RunnerId, status });
    }

    private Task<HttpResponseMessage> PostAsync(LaunchRequest launch, string path, string secret, object body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"{launch.Environment[RunnerEnvironment.ControlPlaneUrl]}/{path}") { Content = JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return _http.SendAsync(request);
    }

    private TimeSpan Duration()
    {
        lock (_random)
        {
            return TimeSpan.FromMilliseconds(settings.RunMs * (0.5 + _random.NextDouble()));
        }
    }
}
