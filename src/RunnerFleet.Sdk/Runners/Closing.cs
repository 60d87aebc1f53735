namespace RunnerFleet.Runners;

/// <summary>The mark with which a runner's end begins. From here on it gives out no registration; the final state follows when its compute is proven gone.</summary>
public sealed record Closing
{
    /// <summary>Why the runner ends.</summary>
    public required Reason Cause { get; init; }

    /// <summary>When the end began.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Whether the runner may be stopped even while a job runs: only for its own time limit or an explicit forced stop.</summary>
    public bool Force { get; init; }

    /// <summary>Whether the end counts as a fault: the final state is then FAILED, not OFFLINE.</summary>
    public bool Fault { get; init; }
}
