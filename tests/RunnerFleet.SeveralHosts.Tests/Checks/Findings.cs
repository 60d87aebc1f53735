using System.Collections.Concurrent;

namespace RunnerFleet.SeveralHosts.Tests.Checks;

/// <summary>What must hold, whatever several hosts do at once.</summary>
internal enum Rule
{
    /// <summary>No more live compute, and no more places taken, than fleet, class and repository allow.</summary>
    LimitsHold,

    /// <summary>No second runner for a job while the first is alive and its own; no compute for a runner that has ended, or that has compute already.</summary>
    NoDouble,

    /// <summary>A runner never has two registrations that are valid.</summary>
    OneRegistration,

    /// <summary>A final state is never left, and holds no place.</summary>
    TerminalIsFinal,

    /// <summary>In the end every place is free, and none was freed twice.</summary>
    PlacesAreFreedOnce,

    /// <summary>In the end every job is completed.</summary>
    NoJobIsLost,

    /// <summary>Two sweeps after the end there is neither compute nor registration, and what was minted was used or removed.</summary>
    NothingIsLeft,
}

/// <summary>Everything that did not hold, each with the history of the job or runner that it is about.</summary>
internal sealed class Findings
{
    private readonly ConcurrentQueue<(Rule Rule, string Message)> _all = new();

    public IReadOnlyList<(Rule Rule, string Message)> All => [.. _all];

    public void Add(Rule rule, string message) => _all.Enqueue((rule, message));

    public void AssertNone() => Assert.True(_all.IsEmpty, $"{_all.Count} findings, the first of them:\n\n{string.Join("\n\n", _all.Take(5).Select(f => $"{f.Rule}: {f.Message}"))}");

    /// <summary>A broken world was found out, by this check and in these words.</summary>
    public void AssertSome(Rule rule, string words) => Assert.True(
        _all.Any(f => f.Rule == rule && f.Message.Contains(words, StringComparison.Ordinal)),
        $"{rule} did not find \"{words}\". Found:\n{string.Join('\n', _all.Select(f => $"{f.Rule}: {f.Message.Split('\n')[0]}").Distinct().Take(20))}");
}
