using System.Text.Json.Serialization;
using RunnerFleet.Jobs;

namespace RunnerFleet.AspNetCore.Api;

/// <summary>A job as it is shown.</summary>
internal sealed record JobAnswer
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
    public ReasonAnswer? Diagnostic { get; init; }

    public string? Conclusion { get; init; }

    public required DateTimeOffset QueuedAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset StateSince { get; init; }

    /// <summary>What happened, oldest first; left out in lists.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<HistoryAnswer<JobState>>? History { get; init; }

    public static JobAnswer Of(Job job) => new()
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
        Url = ReasonAnswer.WebLink(job.Url),
        Labels = job.Labels,
        RunnerId = job.RunnerId,
        RunnerName = job.RunnerName,
        Launches = job.Launches,
        Displacements = job.Displacements,
        Diagnostic = ReasonAnswer.Of(job.Diagnostic),
        Conclusion = job.Conclusion,
        QueuedAt = job.QueuedAt,
        CreatedAt = job.CreatedAt,
        StateSince = job.StateSince,
    };

    public static JobAnswer WithHistory(Job job) => Of(job) with
    {
        History = [.. job.History.Select(move => new HistoryAnswer<JobState>(move.At, move.From, move.To, ReasonAnswer.Of(move.Cause)))],
    };
}
