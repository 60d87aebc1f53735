using RunnerFleet.Runners;

namespace RunnerFleet.GitHub;

/// <summary>What is kept of a <c>workflow_job</c> webhook. Texts are at most 256 characters and hold no control characters.</summary>
internal sealed record WorkflowJobEvent
{
    /// <summary>One of <see cref="WorkflowJobActions"/>, or one that GitHub added since.</summary>
    public required string Action { get; init; }

    /// <summary>GitHub's id of the job.</summary>
    public required long JobId { get; init; }

    /// <summary>GitHub's id of the workflow run.</summary>
    public required long RunId { get; init; }

    /// <summary>The run's attempt, from 1; 0 where the payload does not say.</summary>
    public int RunAttempt { get; init; }

    /// <summary>The job's name in the workflow file.</summary>
    public string? Name { get; init; }

    /// <summary>The workflow's name.</summary>
    public string? WorkflowName { get; init; }

    /// <summary>The job's page at GitHub.</summary>
    public Uri? Url { get; init; }

    /// <summary>An open set: <c>queued</c>, <c>waiting</c>, <c>in_progress</c>, <c>completed</c> and others.</summary>
    public string? Status { get; init; }

    /// <summary>An open set; <see langword="null"/> until completed.</summary>
    public string? Conclusion { get; init; }

    /// <summary>The labels exactly as <c>runs-on</c> wrote them.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>The runner that took it; <see langword="null"/> where the payload says nothing, null or 0.</summary>
    public long? RunnerId { get; init; }

    /// <summary>The name of the runner that took it; <see langword="null"/> where the payload says nothing or <c>""</c>.</summary>
    public string? RunnerName { get; init; }

    /// <summary>When the job was created.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Set even while queued: no sign that work began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it was done.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>The repository; private only where the payload says so.</summary>
    public required RepositoryRef Repository { get; init; }

    /// <summary>The organization's login; <see langword="null"/> for repositories of a user.</summary>
    public string? Organization { get; init; }

    /// <summary>The enterprise's slug.</summary>
    public string? Enterprise { get; init; }

    /// <summary>The App installation; only on deliveries to an App.</summary>
    public long? InstallationId { get; init; }
}

/// <summary>The actions of <c>workflow_job</c> that are known. GitHub may add more at any time; those are acknowledged and ignored.</summary>
internal static class WorkflowJobActions
{
    internal const string Queued = "queued";
    internal const string Waiting = "waiting";
    internal const string InProgress = "in_progress";
    internal const string Completed = "completed";

    internal static bool IsKnown(string action) => action is Queued or Waiting or InProgress or Completed;
}
