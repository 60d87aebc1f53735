using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Bench.Load;

/// <summary>
/// What is outside of the host: compute and GitHub, on loopback. It starts nothing, but keeps the promises of a real one: one compute for each attempt, a
/// registration for each name, a job for one runner only. It counts what lives, and whether a limit was passed.
/// </summary>
/// <remarks>The GitHub of RunnerFleet.Sdk.Testing behaves more like GitHub, and searches all its jobs for it: with ten thousand that would be what is measured.</remarks>
internal sealed class LoadWorld : IAsyncDisposable
{
    private static readonly string s_jitConfig = Convert.ToBase64String(new byte[3700]); // about as long as GitHub's

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ComputeDescription> _computes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Live, int Most)> _live = new(StringComparer.Ordinal);
    private readonly List<ChannelWriter<ComputeDescription>> _watchers = [];
    private readonly Dictionary<long, Registration> _registrations = [];
    private readonly ConcurrentDictionary<string, Channel<LoadJob>> _queues = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, string> _jobs = new();
    private readonly LoadSettings _settings;
    private readonly Func<LaunchRequest, LoadWorld, Task<int>> _run;
    private readonly WebApplication _app;
    private long _lastRegistration;

    public LoadWorld(LoadSettings settings, Func<LaunchRequest, LoadWorld, Task<int>> run)
    {
        (_settings, _run) = (settings, run);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<IHostLifetime, NotThisProcess>();
        _app = builder.Build();
        MapCompute();
        MapGitHub();
    }

    public Uri Url => new(_app.Urls.First());

    /// <summary>How many computes were started.</summary>
    public int Started { get; private set; }

    /// <summary>How often the launch of one attempt was sent again.</summary>
    public int SentAgain { get; private set; }

    /// <summary>How many launches passed a limit.</summary>
    public int OverLimit { get; private set; }

    public int Live => MostLive(LiveKey.Fleet).Live;

    public Task StartAsync() => _app.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>From now on GitHub gives the job to whoever asks first with its labels.</summary>
    public void Queue(LoadJob job)
    {
        _jobs[job.Id] = "queued";
        Jobs(job.Queue).Writer.TryWrite(job);
    }

    /// <summary>What a runner's listener does: waits for a job of its repository and labels, until its registration is removed.</summary>
    public async Task<LoadJob?> TakeJobAsync(string runnerName)
    {
        Registration? registration;
        lock (_gate)
        {
            registration = _registrations.Values.FirstOrDefault(r => r.Name == runnerName);
            if (registration is null)
            {
                return null;
            }

            registration.IsOnline = true;
        }

        try
        {
            var job = await Jobs(registration.Queue).Reader.ReadAsync(registration.Removed.Token);
            registration.IsBusy = true;
            _jobs[job.Id] = "in_progress";
            return job;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>The job is done, and with it the single-use registration.</summary>
    public void Complete(LoadJob job, string runnerName)
    {
        _jobs[job.Id] = "completed";
        lock (_gate)
        {
            foreach (var registration in _registrations.Values.Where(r => r.Name == runnerName).ToList())
            {
                _registrations.Remove(registration.Id);
            }
        }
    }

    public (int Live, int Most) MostLive(string key)
    {
        lock (_gate)
        {
            return _live.GetValueOrDefault(key);
        }
    }

    private void MapCompute()
    {
        _app.MapPost("/compute", (LaunchRequest request) => Launch(request) ? Results.StatusCode(StatusCodes.Status201Created) : Results.Ok());
        _app.MapGet("/compute", () =>
        {
            lock (_gate)
            {
                return _computes.Values.Where(c => c.Status != ComputeStatus.Stopped).ToArray();
            }
        });
        _app.MapGet("/compute/{token}", (string token) =>
        {
            lock (_gate)
            {
                return _computes.TryGetValue(Uri.UnescapeDataString(token), out var compute) ? Results.Ok(compute) : Results.NotFound();
            }
        });
        _app.MapDelete("/compute/{token}", () => Results.Accepted()); // a runner without a registration exits by itself, and no other is stopped
        _app.MapGet("/compute-events", async (HttpContext context) =>
        {
            var channel = Channel.CreateUnbounded<ComputeDescription>();
            lock (_gate)
            {
                _watchers.Add(channel.Writer);
            }

            await context.Response.StartAsync();
            await context.Response.Body.FlushAsync();
            await foreach (var compute in channel.Reader.ReadAllAsync(context.RequestAborted))
            {
                await JsonSerializer.SerializeAsync(context.Response.Body, compute, JsonSerializerOptions.Web);
                await context.Response.WriteAsync("\n");
                await context.Response.Body.FlushAsync();
            }
        });
    }

    private bool Launch(LaunchRequest request)
    {
        var compute = new ComputeDescription
        {
            Compute = new ComputeRef { Launcher = "load", Location = "loopback", Id = request.Identity.Token },
            RunnerId = request.Identity.RunnerId,
            Attempt = request.Identity.Attempt,
            Status = ComputeStatus.Running,
            StartedAt = TimeProvider.System.GetUtcNow(),
        };
        lock (_gate)
        {
            if (!_computes.TryAdd(request.Identity.Token, compute))
            {
                SentAgain++;
                return false;
            }

            Started++;
            var isOver = false;
            foreach (var (key, limit) in Keys(request))
            {
                var (live, most) = _live.GetValueOrDefault(key);
                _live[key] = (live + 1, Math.Max(most, live + 1));
                isOver |= live + 1 > limit;
            }

            OverLimit += isOver ? 1 : 0;
            Tell(compute);
        }

        _ = Task.Run(async () =>
        {
            var exitCode = await _run(request, this);
            lock (_gate)
            {
                foreach (var (key, _) in Keys(request))
                {
                    var (live, most) = _live[key];
                    _live[key] = (live - 1, most);
                }

                var ended = compute with { Status = ComputeStatus.Stopped, End = new ComputeEnd { At = TimeProvider.System.GetUtcNow(), ExitCode = exitCode } };
                _computes[request.Identity.Token] = ended;
                Tell(ended);
            }
        });
        return true;
    }

    private IEnumerable<(string Key, int Limit)> Keys(LaunchRequest request) =>
    [
        (LiveKey.Fleet, _settings.Limit),
        (LiveKey.Class(request.Plan.ClassName), request.Plan.ClassName == "large" ? _settings.LargeLimit : _settings.Limit),
        (LiveKey.Repository(request.Tags["repository"]), _settings.RepositoryLimit),
    ];

    private void Tell(ComputeDescription compute)
    {
        foreach (var watcher in _watchers)
        {
            watcher.TryWrite(compute);
        }
    }

    private void MapGitHub()
    {
        var runners = _app.MapGroup("/github/repos/{owner}/{repository}/actions");
        runners.MapPost("/runners/generate-jitconfig", (string owner, string repository, JsonElement body) =>
        {
            var labels = body.GetProperty("labels").EnumerateArray().Select(l => l.GetString()!);
            var runnerClass = labels.First(l => l.StartsWith("class:", StringComparison.Ordinal))["class:".Length..];
            var registration = new Registration(Interlocked.Increment(ref _lastRegistration), $"{owner}/{repository}", body.GetProperty("name").GetString()!, runnerClass);
            lock (_gate)
            {
                if (_registrations.Values.Any(r => r.Name == registration.Name))
                {
                    return Results.Conflict(new { message = "Already exists" });
                }

                _registrations.Add(registration.Id, registration);
            }

            return Results.Json(new { runner = Json(registration), encoded_jit_config = s_jitConfig }, statusCode: StatusCodes.Status201Created);
        });
        runners.MapGet("/runners", (string owner, string repository, string? name) =>
        {
            lock (_gate)
            {
                var found = _registrations.Values.Where(r => r.Repository == $"{owner}/{repository}" && (name is null || r.Name == name)).Select(Json).ToArray();
                return Results.Json(new { total_count = found.Length, runners = found });
            }
        });
        runners.MapDelete("/runners/{id:long}", (long id) =>
        {
            lock (_gate)
            {
                if (!_registrations.TryGetValue(id, out var registration))
                {
                    return Results.NotFound(new { message = "Not Found" });
                }

                if (registration.IsBusy)
                {
                    return Results.UnprocessableEntity(new { message = "Runner is still running a job" });
                }

                _registrations.Remove(id);
                registration.Removed.Cancel();
                return Results.NoContent();
            }
        });
        runners.MapGet("/jobs/{id:long}", (long id) => _jobs.TryGetValue(id, out var status)
            ? Results.Json(new { id, run_id = 1, status, conclusion = status == "completed" ? "success" : null, labels = Array.Empty<string>() })
            : Results.NotFound(new { message = "Not Found" }));
        runners.MapGet("/runs", () => Results.Json(new { total_count = 0, workflow_runs = Array.Empty<object>() }));
    }

    private static object Json(Registration r) => new { id = r.Id, name = r.Name, status = r.IsOnline ? "online" : "offline", busy = r.IsBusy };

    private Channel<LoadJob> Jobs(string queue) => _queues.GetOrAdd(queue, _ => Channel.CreateUnbounded<LoadJob>());

    /// <summary>Ctrl+C ends the measurement, not only the server within it.</summary>
    private sealed class NotThisProcess : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed record Registration(long Id, string Repository, string Name, string Class)
    {
        public string Queue => LoadJob.QueueOf(Repository, Class);

        public bool IsOnline { get; set; }

        public bool IsBusy { get; set; }

        public CancellationTokenSource Removed { get; } = new();
    }
}

/// <summary>What compute is counted by.</summary>
internal static class LiveKey
{
    public const string Fleet = "fleet";

    public static string Class(string name) => $"class/{name}";

    public static string Repository(string name) => $"repository/{name}";
}
