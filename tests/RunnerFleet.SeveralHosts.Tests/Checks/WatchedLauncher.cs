using System.Collections.Concurrent;
using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.SeveralHosts.Tests.Checks;

/// <summary>Counts the compute that lives at each launch. A place is taken before compute starts and freed after it is gone, so at no moment may more live than the limits say.</summary>
internal sealed class WatchedLauncher(FakeComputeLauncher inner, Ledger ledger, FleetLimits limits, Findings findings) : IComputeLauncher
{
    private readonly ConcurrentDictionary<string, LaunchRequest> _requests = new(StringComparer.Ordinal);

    public string Name => inner.Name;

    public LauncherCapabilities Capabilities => inner.Capabilities;

    /// <summary>The request that started a runner's latest compute.</summary>
    public LaunchRequest RequestOf(string runnerId) => _requests[runnerId];

    public IReadOnlyList<ComputeDescription> Live => [.. inner.Computes.Where(c => c.Status != ComputeStatus.Stopped)];

    public async Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        var id = request.Identity.RunnerId;
        _requests[id] = request;
        var hadEnded = ledger.FindRunner(id) is { IsTerminal: true };
        var outcome = await inner.LaunchAsync(request, cancellationToken);
        Look(id, hadEnded);
        return outcome;
    }

    public Task<FindOutcome> FindAsync(ComputeIdentity identity, CancellationToken cancellationToken) => inner.FindAsync(identity, cancellationToken);

    public Task<StopOutcome> StopAsync(ComputeRef compute, string reason, CancellationToken cancellationToken) => inner.StopAsync(compute, reason, cancellationToken);

    public Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, CancellationToken cancellationToken) => inner.DescribeAsync(computes, cancellationToken);

    public Task<Page<ComputeDescription>> ListAsync(string fleet, string? continuation, CancellationToken cancellationToken) => inner.ListAsync(fleet, continuation, cancellationToken);

    private void Look(string launched, bool hadEnded)
    {
        var live = Live;
        var own = live.Where(c => c.RunnerId == launched).ToList();
        if (own.Count > 1)
        {
            findings.Add(Rule.NoDouble, $"Runner {launched} has {own.Count} computes at once: attempts {string.Join(", ", own.Select(c => c.Attempt))}.\n{ledger.HistoryOf(launched)}");
        }

        if (hadEnded && own.Count > 0)
        {
            findings.Add(Rule.NoDouble, $"Compute was started for runner {launched} after its end.\n{ledger.HistoryOf(launched)}");
        }

        var requests = live.Select(c => (Id: c.RunnerId!, Request: _requests[c.RunnerId!])).ToList();
        Look("fleet", launched, requests, _ => true);
        foreach (var name in requests.Select(r => r.Request.Plan.ClassName).Distinct())
        {
            Look($"class/{name}", launched, requests, r => r.Plan.ClassName == name);
        }

        foreach (var name in requests.Select(r => r.Request.Tags["repository"]).Distinct())
        {
            Look($"repository/{name}", launched, requests, r => r.Tags["repository"] == name);
        }
    }

    private void Look(string key, string launched, IReadOnlyList<(string Id, LaunchRequest Request)> live, Func<LaunchRequest, bool> counts)
    {
        var counted = live.Where(l => counts(l.Request)).ToList();
        if (counted.Count > limits.Of(key))
        {
            var strangers = counted.Where(c => ledger.FindRunner(c.Id) is not { IsTerminal: false, Places.Count: > 0 }).Select(c => ledger.HistoryOf(c.Id));
            findings.Add(Rule.LimitsHold, $"{counted.Count} computes live under {key}, and {limits.Of(key)} is its limit. The last was launched for:\n{ledger.HistoryOf(launched)}\nWithout a place:\n{string.Join('\n', strangers)}");
        }
    }
}
