using RunnerFleet.Runners;

namespace RunnerFleet.Jobs;

/// <summary>Our record of one <c>workflow_job</c>. Written like <see cref="Runner"/>: the next version, on condition that the stored one is the version before.</summary>
public sealed record Job
{
    /// <summary>Host and id.</summary>
    public required JobKey Key { get; init; }

    /// <summary>Counts the writes of this record, from 1.</summary>
    public required long Version { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required JobState State { get; init; }

    /// <summary>The repository it belongs to.</summary>
    public required RepositoryRef Repository { get; init; }

    /// <summary>Where its runner registers.</summary>
    public required RunnerScope Scope { get; init; }

    /// <summary>GitHub's id of the workflow run.</summary>
    public long RunId { get; init; }

    /// <summary>The run's attempt, from 1; 0 where GitHub did not say.</summary>
    public int RunAttempt { get; init; }

    /// <summary>The job's name in the workflow file.</summary>
    public string? Name { get; init; }

    /// <summary>The workflow's name.</summary>
    public string? WorkflowName { get; init; }

    /// <summary>The job's page at GitHub.</summary>
    public Uri? Url { get; init; }

    /// <summary>Its labels, exactly as <c>runs-on</c> wrote them.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>Scope and label set as one word (<see cref="Jobs.DemandKey"/>).</summary>
    public required string DemandKey { get; init; }

    /// <summary>What its labels ask for; <see langword="null"/> where they were refused.</summary>
    public RunnerSpec? Spec { get; init; }

    /// <summary>The runner launched for it, or the one that runs it. <see langword="null"/> while unserved.</summary>
    public string? RunnerId { get; init; }

    /// <summary>The name of the runner that took it, as GitHub told it; also of runners that are not ours.</summary>
    public string? RunnerName { get; init; }

    /// <summary>How many runners were recorded for it.</summary>
    public int Launches { get; init; }

    /// <summary>How often a job that is not ours took its runner.</summary>
    public int Displacements { get; init; }

    /// <summary>Whether a spot runner of its was taken away before the job began: its next runner may go on demand.</summary>
    public bool SpotFailed { get; init; }

    /// <summary>Why it is refused, given up, or unserved at present.</summary>
    public Reason? Diagnostic { get; init; }

    /// <summary>QUEUED and unserved: not before this moment, and not before GitHub was asked how it stands, is another runner recorded for it.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>GitHub's conclusion, such as <c>success</c>, <c>failure</c> or <c>cancelled</c>; an open set.</summary>
    public string? Conclusion { get; init; }

    /// <summary>When it was queued: GitHub's <c>created_at</c> where that was told, else when it was recorded.</summary>
    public required DateTimeOffset QueuedAt { get; init; }

    /// <summary>When it was first recorded here.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it entered its present state.</summary>
    public required DateTimeOffset StateSince { get; init; }

    /// <summary>When it is to be looked at again; <see langword="null"/> when there is nothing left to do.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>After this moment the record may vanish: 10 days after its end.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What happened, oldest first.</summary>
    public IReadOnlyList<JobMove> History { get; init => field = value ?? []; } = [];
}

/// <summary>One line of a job's history.</summary>
public sealed record JobMove
{
    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The state before; <see langword="null"/> for the first line.</summary>
    public JobState? From { get; init; }

    /// <summary>The state after. Equal to <see cref="From"/> where only something was noted.</summary>
    public required JobState To { get; init; }

    /// <summary>Why.</summary>
    public required Reason Cause { get; init; }
}
