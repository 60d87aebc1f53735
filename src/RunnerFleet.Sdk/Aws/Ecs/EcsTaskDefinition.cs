namespace RunnerFleet.Aws.Ecs;

/// <summary>A task definition with one essential container in network mode <c>awsvpc</c>.</summary>
public sealed record EcsRegisterTaskDefinitionRequest
{
    /// <summary>Its name: at most 255 of letters, digits, <c>-</c> and <c>_</c>.</summary>
    public required string Family { get; init; }

    /// <summary>The container's name.</summary>
    public required string Container { get; init; }

    /// <summary>The container's image.</summary>
    public required string Image { get; init; }

    /// <summary><c>X86_64</c> or <c>ARM64</c>.</summary>
    public required string CpuArchitecture { get; init; }

    /// <summary>The operating system family, <c>LINUX</c>.</summary>
    public required string OperatingSystemFamily { get; init; }

    /// <summary>Whether it is checked for Fargate when it is registered (<c>requiresCompatibilities</c>).</summary>
    public required bool RequiresFargate { get; init; }

    /// <summary>Processor units of a task that is started without any.</summary>
    public required int Cpu { get; init; }

    /// <summary>Memory, in MiB, of a task that is started without any.</summary>
    public required int MemoryMiB { get; init; }

    /// <summary>The container's soft limit of memory, in MiB.</summary>
    public int? MemoryReservationMiB { get; init; }

    /// <summary>The role that pulls the image and writes the log; <see langword="null"/>: none.</summary>
    public string? ExecutionRoleArn { get; init; }

    /// <summary>The role that what runs in the container can use; <see langword="null"/>: none.</summary>
    public string? TaskRoleArn { get; init; }

    /// <summary>Seconds between SIGTERM and SIGKILL; <see langword="null"/>: ECS's 30.</summary>
    public int? StopTimeoutSeconds { get; init; }

    /// <summary>Whether an init process is process 1.</summary>
    public bool InitProcessEnabled { get; init; }

    /// <summary>The log driver; <see langword="null"/>: no log.</summary>
    public string? LogDriver { get; init; }

    /// <summary>The log driver's options.</summary>
    public IReadOnlyDictionary<string, string> LogOptions { get; init; } = new Dictionary<string, string>();
}

/// <summary>A registered revision.</summary>
public sealed record EcsTaskDefinition
{
    /// <summary>Its ARN, with family and revision.</summary>
    public required string TaskDefinitionArn { get; init; }

    /// <summary><c>ACTIVE</c>; any other can start no tasks.</summary>
    public required string Status { get; init; }
}
