namespace RunnerFleet.Aws.Ecs;

/// <summary>A task to start.</summary>
public sealed record EcsRunTaskRequest
{
    /// <summary>Name or ARN of the cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>ARN of the task definition, with its revision.</summary>
    public required string TaskDefinition { get; init; }

    /// <summary>ECS starts one task for a token in a cluster, however often the request comes: 1 to 64 characters.</summary>
    public required string ClientToken { get; init; }

    /// <summary>Comes back with every description and event of the task: 1 to 128 of letters, digits, <c>-</c>, <c>_</c> and <c>/</c>.</summary>
    public required string StartedBy { get; init; }

    /// <summary>The one item, with weight 1, of the capacity provider strategy; <see langword="null"/>: no strategy but the launch type <c>FARGATE</c>.</summary>
    public string? CapacityProvider { get; init; }

    /// <summary>The Fargate platform version; <see langword="null"/>: ECS's choice.</summary>
    public string? PlatformVersion { get; init; }

    /// <summary>Subnets of the task's network interface: 1 to 16, of one VPC.</summary>
    public required IReadOnlyList<string> Subnets { get; init; }

    /// <summary>Security groups of it: at most 5. None: the VPC's default group.</summary>
    public IReadOnlyList<string> SecurityGroups { get; init; } = [];

    /// <summary>Whether it has a public IP address.</summary>
    public bool AssignPublicIp { get; init; }

    /// <summary>The container that <see cref="Environment"/> is for.</summary>
    public required string Container { get; init; }

    /// <summary>Environment variables of the container, beside those of the task definition.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Processor units of the task, in place of the definition's.</summary>
    public required int Cpu { get; init; }

    /// <summary>Memory of the task in MiB, in place of the definition's.</summary>
    public required int MemoryMiB { get; init; }

    /// <summary>Ephemeral storage in GiB, 21 to 200; <see langword="null"/>: the 20 that every Fargate task has.</summary>
    public int? EphemeralStorageGiB { get; init; }

    /// <summary>Tags of the task, at most 50.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether tags of the task definition become tags of the task too (<c>TASK_DEFINITION</c>).</summary>
    public bool PropagateTags { get; init; }

    /// <summary>Whether ECS adds its own tags, such as <c>aws:ecs:clusterName</c>.</summary>
    public bool EnableEcsManagedTags { get; init; }

    /// <summary>Whether ECS Exec may open a shell in the task.</summary>
    public bool EnableExecuteCommand { get; init; }
}

/// <summary>What became of it. One of the three lists has something in it, or nothing is known.</summary>
public sealed record EcsRunTaskResult
{
    /// <summary>The task: the one of an earlier request with the same token, where there is one.</summary>
    public IReadOnlyList<EcsTask> Tasks { get; init; } = [];

    /// <summary>Why it was not placed; ECS answers so with HTTP 200.</summary>
    public IReadOnlyList<EcsFailure> Failures { get; init; } = [];

    /// <summary>The token stands for another request already (ConflictException): the ARNs of its tasks, as far as ECS names them. <see langword="null"/>: no conflict.</summary>
    public IReadOnlyList<string>? ConflictingTasks { get; init; }
}

/// <summary>What ECS says of something that it could not do.</summary>
public sealed record EcsFailure
{
    /// <summary>What it is about; <see langword="null"/> where ECS does not say.</summary>
    public string? Arn { get; init; }

    /// <summary>A word such as <c>RESOURCE:CPU</c>, or a sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>More of it.</summary>
    public string? Detail { get; init; }
}
