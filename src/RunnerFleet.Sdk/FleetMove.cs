using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet;

/// <summary>A move of a runner or of a job, as it was stored.</summary>
public sealed record FleetMove
{
    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The runner; <see langword="null"/> for a job's move that has none.</summary>
    public string? RunnerId { get; init; }

    /// <summary>The job; <see langword="null"/> for a free runner.</summary>
    public JobKey? Job { get; init; }

    /// <summary>The runner's state before; <see langword="null"/> when it was just recorded, or for a job's move.</summary>
    public RunnerState? RunnerFrom { get; init; }

    /// <summary>The runner's state after; <see langword="null"/> for a job's move.</summary>
    public RunnerState? RunnerTo { get; init; }

    /// <summary>The job's state before; <see langword="null"/> when it was just recorded, or for a runner's move.</summary>
    public JobState? JobFrom { get; init; }

    /// <summary>The job's state after; <see langword="null"/> for a runner's move.</summary>
    public JobState? JobTo { get; init; }

    /// <summary>Why.</summary>
    public required Reason Cause { get; init; }
}

/// <summary>Told of every move that this process stores, after it is stored. Register any number of them. Must be quick and must not throw.</summary>
public interface IFleetObserver
{
    /// <summary>A move was stored.</summary>
    void OnMove(FleetMove move);
}
