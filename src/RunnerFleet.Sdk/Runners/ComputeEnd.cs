namespace RunnerFleet.Runners;

/// <summary>How compute ended.</summary>
public sealed record ComputeEnd
{
    /// <summary>When what it cost began, as far as known: on Fargate with the pull of its image (AWS Fargate pricing).</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it stopped, as far as known.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The exit code of the runner's process; <see langword="null"/> where there is none.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The launcher's words for why it stopped.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether the compute was taken away by its provider (a spot interruption).</summary>
    public bool Interrupted { get; init; }

    /// <summary>Whether it never started because its image could not be pulled.</summary>
    public bool ImageUnavailable { get; init; }
}
