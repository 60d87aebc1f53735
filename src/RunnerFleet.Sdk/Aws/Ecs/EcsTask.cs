namespace RunnerFleet.Aws.Ecs;

/// <summary>A task as ECS describes it. Words such as statuses are as ECS spells them, and may be new ones.</summary>
public sealed record EcsTask
{
    /// <summary>Its ARN.</summary>
    public required string TaskArn { get; init; }

    /// <summary>The ARN of its cluster.</summary>
    public required string ClusterArn { get; init; }

    /// <summary>Where it is: <c>PROVISIONING</c>, <c>PENDING</c>, <c>ACTIVATING</c>, <c>RUNNING</c>, <c>DEACTIVATING</c>, <c>STOPPING</c>, <c>DEPROVISIONING</c>, <c>STOPPED</c>.</summary>
    public required string LastStatus { get; init; }

    /// <summary>Where it shall be: <c>RUNNING</c> or <c>STOPPED</c>.</summary>
    public string? DesiredStatus { get; init; }

    /// <summary>What its request said.</summary>
    public string? StartedBy { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When the pull of its image began.</summary>
    public DateTimeOffset? PullStartedAt { get; init; }

    /// <summary>When it began to run.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it stopped.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>A word for why it stopped, such as <c>EssentialContainerExited</c> or <c>SpotInterruption</c>.</summary>
    public string? StopCode { get; init; }

    /// <summary>A sentence for it.</summary>
    public string? StoppedReason { get; init; }

    /// <summary>Its containers.</summary>
    public IReadOnlyList<EcsContainer> Containers { get; init; } = [];
}

/// <summary>A container of a task.</summary>
public sealed record EcsContainer
{
    /// <summary>Its name in the task definition.</summary>
    public string? Name { get; init; }

    /// <summary>The exit code of its process; <see langword="null"/> while it runs, and where it never ran.</summary>
    public int? ExitCode { get; init; }

    /// <summary>More of why it stopped, such as <c>OutOfMemoryError</c>.</summary>
    public string? Reason { get; init; }
}

/// <summary>What ECS says of the tasks that were asked for.</summary>
public sealed record EcsDescribeTasksResult
{
    /// <summary>Those it knows.</summary>
    public IReadOnlyList<EcsTask> Tasks { get; init; } = [];

    /// <summary>The others, with the reason <c>MISSING</c> where it does not know them: not yet, or no longer.</summary>
    public IReadOnlyList<EcsFailure> Failures { get; init; } = [];
}
