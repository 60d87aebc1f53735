namespace RunnerFleet.Testing.GitHub;

// What the stand-in's world is made of. Read and written under the world's lock only.

internal sealed record RepositoryRow(long Id, long OwnerId, string Owner, string Name, bool IsPrivate, bool OwnerIsUser)
{
    public string FullName => $"{Owner}/{Name}";
}

/// <summary>Where a runner is registered.</summary>
internal sealed record ScopeRow(string Kind, string Owner, string? Repository)
{
    public string Path => Kind == "repos" ? $"repos/{Owner}/{Repository}" : $"{Kind}/{Owner}";

    public string Key => Path.ToUpperInvariant();
}

internal sealed class RunRow
{
    public required long Id { get; init; }

    public required RepositoryRow Repository { get; init; }

    public required string WorkflowName { get; init; }

    public required int Number { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public int Attempt { get; set; } = 1;
}

internal sealed class JobRow
{
    public required long Id { get; init; }

    public required RunRow Run { get; init; }

    public required StandInJobOptions Options { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public required int Attempt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string Status { get; set; }

    public string? Conclusion { get; set; }

    public long? RunnerId { get; set; }

    public string? RunnerName { get; set; }

    public long? RunnerGroupId { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? CompletedAt { get; set; }

    public bool IsCancelAsked { get; set; }

    /// <summary>A later attempt runs it again.</summary>
    public bool IsSuperseded { get; set; }

    public StandInJob Snapshot() => new()
    {
        Id = Id,
        RunId = Run.Id,
        RunAttempt = Attempt,
        Repository = Run.Repository.FullName,
        Name = Options.Name,
        Labels = Labels,
        Status = Status,
        Conclusion = Conclusion,
        RunnerId = RunnerId,
        RunnerName = RunnerName,
        CreatedAt = CreatedAt,
        StartedAt = StartedAt,
        CompletedAt = CompletedAt,
    };
}

internal sealed class RunnerRow
{
    public required long Id { get; init; }

    public required string Name { get; init; }

    public required ScopeRow Scope { get; init; }

    public required long GroupId { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>What the runner itself shows; in its configuration.</summary>
    public required string Credential { get; init; }

    public string? SessionId { get; set; }

    /// <summary>Connected by the test itself, so silence means nothing.</summary>
    public bool IsHeld { get; set; }

    public int OpenPolls { get; set; }

    public bool HasEverConnected { get; set; }

    public DateTimeOffset LastContact { get; set; }

    public JobRow? Job { get; set; }
}
