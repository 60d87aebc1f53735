namespace RunnerFleet.Aws.CodeBuild;

/// <summary>A build, as far as a fleet looks at it.</summary>
public sealed record CodeBuildBuild
{
    /// <summary>Project and number, such as <c>image-builder:8745a7a9-c340-456a-9166-edf953571bEX</c>.</summary>
    public required string Id { get; init; }

    /// <summary><c>IN_PROGRESS</c>, <c>SUCCEEDED</c>, <c>FAILED</c>, <c>FAULT</c>, <c>TIMED_OUT</c>, <c>STOPPED</c>, or what AWS adds one day.</summary>
    public string? BuildStatus { get; init; }

    /// <summary>Whether it has ended.</summary>
    public bool BuildComplete { get; init; }

    /// <summary>When it was accepted.</summary>
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>Its phases so far, in order.</summary>
    public IReadOnlyList<CodeBuildPhase> Phases { get; init; } = [];

    /// <summary>Its environment variables, those of the request and those of the project.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentVariables { get; init; } = new Dictionary<string, string>();

    /// <summary>What its buildspec lets out, of the variables named there under <c>exported-variables</c>.</summary>
    public IReadOnlyDictionary<string, string> ExportedEnvironmentVariables { get; init; } = new Dictionary<string, string>();

    /// <summary>The address of its log in the console.</summary>
    public string? LogsDeepLink { get; init; }
}

/// <summary>A phase of a build.</summary>
public sealed record CodeBuildPhase
{
    /// <summary>Such as <c>PRE_BUILD</c> or <c>BUILD</c>.</summary>
    public required string PhaseType { get; init; }

    /// <summary>How it ended; <see langword="null"/> while it lasts.</summary>
    public string? PhaseStatus { get; init; }

    /// <summary>What CodeBuild says to it, code and sentence of each of its contexts: of a failed command, its exit status.</summary>
    public string? Message { get; init; }
}
