using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet;

/// <summary>The fleet at a glance.</summary>
public sealed record FleetOverview
{
    /// <summary>The fleet's name.</summary>
    public required string Name { get; init; }

    /// <summary>Runners by state.</summary>
    public required IReadOnlyDictionary<RunnerState, long> Runners { get; init; }

    /// <summary>Jobs by state.</summary>
    public required IReadOnlyDictionary<JobState, long> Jobs { get; init; }

    /// <summary>Limits, and how much of them is taken.</summary>
    public required IReadOnlyList<PlaceUse> Places { get; init; }

    /// <summary>Open breakers: why launches wait.</summary>
    public required IReadOnlyList<OpenBreaker> Breakers { get; init; }

    /// <summary>What an operator may want to know, newest first; kept for a day.</summary>
    public required IReadOnlyList<Notice> Notices { get; init; }
}

/// <summary>A limit, and how much of it is taken.</summary>
public sealed record PlaceUse
{
    /// <summary>The counter's key.</summary>
    public required string Key { get; init; }

    /// <summary>How many places are taken.</summary>
    public required int Taken { get; init; }

    /// <summary>How many there are.</summary>
    public required int Limit { get; init; }
}

/// <summary>A breaker that holds launches back.</summary>
public sealed record OpenBreaker
{
    /// <summary>What it stands for: a scope, or <c>network</c>.</summary>
    public required string Key { get; init; }

    /// <summary>Why it opened, and what to do.</summary>
    public required Reason Reason { get; init; }

    /// <summary>When it opened.</summary>
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>When the next single launch may probe.</summary>
    public required DateTimeOffset ProbeAt { get; init; }
}

/// <summary>Something an operator may want to know.</summary>
public sealed record Notice
{
    /// <summary>When it was last seen.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What it is.</summary>
    public required Reason Reason { get; init; }

    /// <summary>What it is about: a job, a runner, a name.</summary>
    public required string Subject { get; init; }
}
