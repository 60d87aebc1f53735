namespace RunnerFleet.Runners;

/// <summary>
/// Everything one attempt to launch a runner was decided to be, without its secret. It is stored before the launch, so that the
/// same attempt can be sent again, identical to the byte, by whichever host comes next.
/// </summary>
public sealed record LaunchPlan
{
    /// <summary>Counts the launch attempts of one runner, from 1. A new plan needs a new attempt, and the old one proven not launched.</summary>
    public required int Attempt { get; init; }

    /// <summary>The class that gave the size.</summary>
    public required string ClassName { get; init; }

    /// <summary>Processor units: 1024 are one virtual CPU (Amazon ECS, task size).</summary>
    public required int Cpu { get; init; }

    /// <summary>Memory in MiB.</summary>
    public required int MemoryMiB { get; init; }

    /// <summary>Ephemeral disk in GiB; <see langword="null"/> leaves the launcher's default.</summary>
    public int? DiskGiB { get; init; }

    /// <summary><c>x64</c> or <c>arm64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>How the compute is paid for.</summary>
    public CapacityKind Capacity { get; init; }

    /// <summary>The image to run, with digest where one is known; <see langword="null"/> where the launcher runs no images.</summary>
    public string? Image { get; init; }

    /// <summary>Where the runner reaches the control plane.</summary>
    public required Uri ControlPlaneUrl { get; init; }

    /// <summary>Which claim key made the claim secret of this attempt: a short hash of the key, never the key.</summary>
    public required string ClaimKeyId { get; init; }
}
