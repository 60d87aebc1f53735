using RunnerFleet.GitHub;
using RunnerFleet.Runners;

namespace RunnerFleet.Provisioning;

/// <summary>What GitHub told of a job, by webhook or when asked.</summary>
internal sealed record JobNews
{
    public required RepositoryRef Repository { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public long RunId { get; init; }

    public int RunAttempt { get; init; }

    public string? Name { get; init; }

    public string? WorkflowName { get; init; }

    public Uri? Url { get; init; }

    public string? RunnerName { get; init; }

    public string? Conclusion { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public static JobNews Of(WorkflowJobEvent job) => new()
    {
        Repository = job.Repository,
        Labels = job.Labels,
        RunId = job.RunId,
        RunAttempt = job.RunAttempt,
        Name = job.Name,
        WorkflowName = job.WorkflowName,
        Url = job.Url,
        RunnerName = job.RunnerName,
        Conclusion = job.Conclusion,
        CreatedAt = job.CreatedAt,
    };

    public static JobNews Of(GitHubJob job, RepositoryRef repository) => new()
    {
        Repository = repository,
        Labels = job.Labels,
        RunId = job.RunId,
        RunAttempt = job.RunAttempt,
        Name = job.Name,
        WorkflowName = job.WorkflowName,
        Url = job.Url,
        RunnerName = job.RunnerName,
        Conclusion = job.Conclusion,
        CreatedAt = job.CreatedAt,
    };
}
