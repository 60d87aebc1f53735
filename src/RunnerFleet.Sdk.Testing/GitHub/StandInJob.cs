namespace RunnerFleet.Testing.GitHub;

/// <summary>What to queue besides repository and labels.</summary>
public sealed record StandInJobOptions
{
    /// <summary>The job's name.</summary>
    public string Name { get; init; } = "build";

    /// <summary>The workflow's name.</summary>
    public string WorkflowName { get; init; } = "CI";

    /// <summary>Whether the repository is private, where this call is the first to name it.</summary>
    public bool IsPrivate { get; init; } = true;

    /// <summary>The job waits for an approval (<see cref="GitHubStandIn.ApproveJob"/>).</summary>
    public bool IsWaiting { get; init; }

    /// <summary>Announce a waiting job as GitHub also does: action <c>queued</c> with status <c>waiting</c>.</summary>
    public bool AnnounceWaitingAsQueued { get; init; }

    /// <summary>How long a runner works on it.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How it ends at a runner: <c>success</c> or <c>failure</c>.</summary>
    public string Conclusion { get; init; } = "success";

    /// <summary>The workflow run it joins; a new one by default.</summary>
    public long? RunId { get; init; }

    /// <summary>The job's id, for a job that somebody else announced already; a new one by default.</summary>
    public long? Id { get; init; }

    /// <summary>Whether a webhook announces it.</summary>
    public bool Announce { get; init; } = true;
}

/// <summary>A job as the stand-in holds it at one moment.</summary>
public sealed record StandInJob
{
    /// <summary>GitHub's id.</summary>
    public required long Id { get; init; }

    /// <summary>The workflow run.</summary>
    public required long RunId { get; init; }

    /// <summary>The run's attempt, from 1.</summary>
    public required int RunAttempt { get; init; }

    /// <summary><c>owner/name</c>.</summary>
    public required string Repository { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its labels.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary><c>waiting</c>, <c>queued</c>, <c>in_progress</c> or <c>completed</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The conclusion, once completed.</summary>
    public string? Conclusion { get; init; }

    /// <summary>The runner that took it.</summary>
    public long? RunnerId { get; init; }

    /// <summary>The name of the runner that took it.</summary>
    public string? RunnerName { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When a runner took it.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it was completed.</summary>
    public DateTimeOffset? CompletedAt { get; init; }
}

/// <summary>A registered runner as the stand-in holds it at one moment: the truth, without the lag of the API's <c>busy</c>.</summary>
public sealed record StandInRegistration
{
    /// <summary>GitHub's id.</summary>
    public required long Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is registered, as in API paths: <c>repos/o/r</c>, <c>orgs/o</c> or <c>enterprises/e</c>.</summary>
    public required string Scope { get; init; }

    /// <summary>Its labels.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>Whether it is connected.</summary>
    public required bool IsOnline { get; init; }

    /// <summary>The job it runs.</summary>
    public long? JobId { get; init; }
}
