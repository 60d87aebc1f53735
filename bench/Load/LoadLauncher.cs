using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Bench.Load;

/// <summary>A launcher whose compute lives outside the host, as that of Docker or ECS does: each call is a request, and changes come by a stream.</summary>
internal sealed class LoadLauncher(WorldAddress world) : IComputeLauncher, IComputeEventSource, IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = world.Url, Timeout = Timeout.InfiniteTimeSpan };

    public string Name => "load";

    public LauncherCapabilities Capabilities { get; } = new();

    public async Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        using var answer = await _http.PostAsJsonAsync("compute", request, cancellationToken);
        var compute = new ComputeRef { Launcher = Name, Location = "loopback", Id = request.Identity.Token };
        return answer.StatusCode switch
        {
            HttpStatusCode.Created => new LaunchOutcome.Launched(compute),
            HttpStatusCode.OK => new LaunchOutcome.Existing(compute),
            var other => new LaunchOutcome.Unknown($"it answered {(int)other}"),
        };
    }

    public async Task<FindOutcome> FindAsync(ComputeIdentity identity, CancellationToken cancellationToken) => await LookAsync(identity.Token, cancellationToken);

    public async Task<StopOutcome> StopAsync(ComputeRef compute, string reason, CancellationToken cancellationToken)
    {
        using var answer = await _http.DeleteAsync(Path(compute.Id), cancellationToken);
        return answer.IsSuccessStatusCode ? StopOutcome.Stopping.Instance : new StopOutcome.Unknown($"it answered {(int)answer.StatusCode}");
    }

    public async Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, CancellationToken cancellationToken)
    {
        var found = new Dictionary<ComputeRef, FindOutcome>();
        foreach (var compute in computes)
        {
            found[compute] = await LookAsync(compute.Id, cancellationToken);
        }

        return found;
    }

    public async Task<Page<ComputeDescription>> ListAsync(string fleet, string? continuation, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fleet);
        return new Page<ComputeDescription> { Items = await _http.GetFromJsonAsync<ComputeDescription[]>("compute", cancellationToken) ?? [] };
    }

    public async IAsyncEnumerable<ComputeDescription> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var stream = await _http.GetStreamAsync("compute-events", cancellationToken);
        using var lines = new StreamReader(stream);
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length > 0)
            {
                yield return JsonSerializer.Deserialize<ComputeDescription>(line, JsonSerializerOptions.Web)!;
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<FindOutcome> LookAsync(string token, CancellationToken cancellationToken)
    {
        using var answer = await _http.GetAsync(Path(token), cancellationToken);
        return answer.StatusCode switch
        {
            HttpStatusCode.OK => new FindOutcome.Found((await answer.Content.ReadFromJsonAsync<ComputeDescription>(cancellationToken))!),
            HttpStatusCode.NotFound => FindOutcome.ConfirmedAbsent.Instance,
            var other => new FindOutcome.Unknown($"it answered {(int)other}"),
        };
    }

    private static string Path(string token) => $"compute/{Uri.EscapeDataString(token)}";
}
