namespace RunnerFleet.Aws.Ecs;

/// <summary>Which tasks to list.</summary>
public sealed record EcsListTasksRequest
{
    /// <summary>Name or ARN of the cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Only those whose request said so.</summary>
    public string? StartedBy { get; init; }

    /// <summary><c>RUNNING</c> or <c>STOPPED</c>: where ECS means them to be. <see langword="null"/>: ECS takes <c>RUNNING</c>.</summary>
    public string? DesiredStatus { get; init; }

    /// <summary>How many at most: 1 to 100; <see langword="null"/> for 100.</summary>
    public int? MaxResults { get; init; }

    /// <summary>The end of the page before.</summary>
    public string? NextToken { get; init; }
}

/// <summary>A page of tasks.</summary>
public sealed record EcsListTasksResult
{
    /// <summary>Their ARNs.</summary>
    public IReadOnlyList<string> TaskArns { get; init; } = [];

    /// <summary>Where the next page begins; <see langword="null"/> after the last.</summary>
    public string? NextToken { get; init; }
}
