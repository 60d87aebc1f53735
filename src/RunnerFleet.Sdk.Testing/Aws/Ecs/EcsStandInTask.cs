namespace RunnerFleet.Testing.Aws;

/// <summary>A task as it stands, for tests to look at.</summary>
public sealed record EcsStandInTask
{
    /// <summary>Its ARN.</summary>
    public required string Arn { get; init; }

    /// <summary>The name of its cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The ARN of its task definition.</summary>
    public required string TaskDefinition { get; init; }

    /// <summary>The image of its container.</summary>
    public required string Image { get; init; }

    /// <summary>The processor architecture of its task definition.</summary>
    public required string CpuArchitecture { get; init; }

    /// <summary>What the request said.</summary>
    public string? StartedBy { get; init; }

    /// <summary><c>FARGATE</c>, <c>FARGATE_SPOT</c>, or the name of another capacity provider.</summary>
    public required string CapacityProvider { get; init; }

    /// <summary>Processor units.</summary>
    public required int Cpu { get; init; }

    /// <summary>Memory in MiB.</summary>
    public required int MemoryMiB { get; init; }

    /// <summary>Ephemeral storage in GiB.</summary>
    public required int EphemeralStorageGiB { get; init; }

    /// <summary>The environment that the request gave its container.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The tags that it was started with.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>Where it is.</summary>
    public required string LastStatus { get; init; }

    /// <summary>Where it shall be.</summary>
    public required string DesiredStatus { get; init; }

    /// <summary>A word for why it stopped, or is stopping.</summary>
    public string? StopCode { get; init; }

    /// <summary>A sentence for it.</summary>
    public string? StoppedReason { get; init; }

    /// <summary>The exit code of its container.</summary>
    public int? ExitCode { get; init; }
}
