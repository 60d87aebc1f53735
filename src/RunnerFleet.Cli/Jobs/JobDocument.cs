using RunnerFleet.Cli.Output;
using RunnerFleet.Cli.Runners;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Jobs;

/// <summary>A job as programs see it; members that the HTTP API has too are called as there.</summary>
internal sealed record JobDocument
{
    public required long Id { get; init; }

    public required string Host { get; init; }

    public required JobState State { get; init; }

    public required string Repository { get; init; }

    public required string Scope { get; init; }

    public string? Name { get; init; }

    public string? WorkflowName { get; init; }

    public long RunId { get; init; }

    public int RunAttempt { get; init; }

    public string? Url { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>Our runner for it; <see langword="null"/> while unserved.</summary>
    public string? RunnerId { get; init; }

    /// <summary>The runner that took it, as GitHub told; it may not be ours.</summary>
    public string? RunnerName { get; init; }

    public int Launches { get; init; }

    public int Displacements { get; init; }

    /// <summary>Why it is refused, given up or unserved.</summary>
    public ReasonDocument? Diagnostic { get; init; }

    public string? Conclusion { get; init; }

    public required DateTimeOffset QueuedAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset StateSince { get; init; }

    public static JobDocument Of(Job job) => new()
    {
        Id = job.Key.Id,
        Host = job.Key.Host,
        State = job.State,
        Repository = job.Repository.FullName,
        Scope = job.Scope.ToString(),
        Name = job.Name,
        WorkflowName = job.WorkflowName,
        RunId = job.RunId,
        RunAttempt = job.RunAttempt,
        Url = ReasonDocument.LinkOf(job.Url),
        Labels = job.Labels,
        RunnerId = job.RunnerId,
        RunnerName = job.RunnerName,
        Launches = job.Launches,
        Displacements = job.Displacements,
        Diagnostic = ReasonDocument.Of(job.Diagnostic),
        Conclusion = job.Conclusion,
        QueuedAt = job.QueuedAt,
        CreatedAt = job.CreatedAt,
        StateSince = job.StateSince,
    };
}

/// <summary>Everything of a job.</summary>
/// <param name="Why">Why it is where it is.</param>
/// <param name="Job">The job.</param>
/// <param name="Runner">Its runner, where that is on record.</param>
/// <param name="History">What happened, oldest first.</param>
internal sealed record JobDetailsDocument(WhyDocument Why, JobDocument Job, RunnerDocument? Runner, IReadOnlyList<MoveDocument<JobState>> History)
{
    public static JobDetailsDocument Of(JobExplanation why, Job job, Runner? runner) => new(
        new WhyDocument(why.Reason?.Code, why.Text, ReasonDocument.LinkOf(why.Reason?.Link)),
        JobDocument.Of(job),
        runner is null ? null : RunnerDocument.Of(runner),
        [.. job.History.Select(move => new MoveDocument<JobState>(move.At, move.From, move.To, ReasonDocument.Of(move.Cause)))]);
}

/// <summary>An explanation, and the code of the stored reason that it rests on.</summary>
internal sealed record WhyDocument(string? Code, string Text, string? Link);
