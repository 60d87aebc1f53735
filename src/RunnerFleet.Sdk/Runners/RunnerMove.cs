namespace RunnerFleet.Runners;

/// <summary>One line of a runner's history: a move, or something that happened within a state.</summary>
public sealed record RunnerMove
{
    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The state before; <see langword="null"/> for the first line.</summary>
    public RunnerState? From { get; init; }

    /// <summary>The state after. Equal to <see cref="From"/> where only something was noted.</summary>
    public required RunnerState To { get; init; }

    /// <summary>Why.</summary>
    public required Reason Cause { get; init; }
}
