namespace RunnerFleet.Testing.Aws;

/// <summary>A build of a <see cref="CodeBuildStandIn"/>, as it stood when it was asked for.</summary>
public sealed record CodeBuildStandInBuild
{
    /// <summary>Project and number.</summary>
    public required string Id { get; init; }

    /// <summary>Its ARN, by which events call it.</summary>
    public required string Arn { get; init; }

    /// <summary>The project.</summary>
    public required string ProjectName { get; init; }

    /// <summary>Which build of the project it is, from 1.</summary>
    public required int Number { get; init; }

    /// <summary><c>IN_PROGRESS</c>, <c>SUCCEEDED</c>, <c>FAILED</c>, <c>FAULT</c>, <c>TIMED_OUT</c> or <c>STOPPED</c>.</summary>
    public string Status { get; init; } = CodeBuildStandIn.InProgress;

    /// <summary>The phase it is in, or in which it failed: <c>QUEUED</c>, <c>BUILD</c> and so on.</summary>
    public string Phase { get; init; } = "QUEUED";

    /// <summary>What CodeBuild says to its end.</summary>
    public string? Message { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>When it left the queue.</summary>
    public DateTimeOffset? BeganAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>The version of the source.</summary>
    public string? SourceVersion { get; init; }

    /// <summary>The kind of machine: <c>LINUX_CONTAINER</c>, unless the request says another.</summary>
    public required string EnvironmentType { get; init; }

    /// <summary>The image that it runs in.</summary>
    public required string Image { get; init; }

    /// <summary>Whether it may run a Docker daemon.</summary>
    public required bool PrivilegedMode { get; init; }

    /// <summary>How long it may run.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>How long it may wait for its turn.</summary>
    public required TimeSpan QueuedTimeout { get; init; }

    /// <summary>Its environment variables.</summary>
    public required IReadOnlyDictionary<string, string> EnvironmentVariables { get; init; }

    /// <summary>What it lets out.</summary>
    public IReadOnlyDictionary<string, string> ExportedVariables { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether it has ended.</summary>
    public bool IsComplete => Status != CodeBuildStandIn.InProgress;
}
