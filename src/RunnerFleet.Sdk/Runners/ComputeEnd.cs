namespace RunnerFleet.Runners;

/// <summary>How compute ended.</summary>
public sealed record ComputeEnd
{
    /// <summary>When it stopped, as far as known.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The exit code of the runner's process; <see langword="null"/> where there is none.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The launcher's words for why it stopped.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether the compute was taken away by its provider (a spot interruption).</summary>
    public bool Interrupted { get; init; }
}
