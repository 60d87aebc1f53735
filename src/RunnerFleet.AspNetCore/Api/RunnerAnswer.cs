using System.Text.Json.Serialization;
using RunnerFleet.Runners;

namespace RunnerFleet.AspNetCore.Api;

/// <summary>A runner as it is shown.</summary>
internal sealed record RunnerAnswer
{
    public required string Id { get; init; }

    public required RunnerState State { get; init; }

    public long? JobId { get; init; }

    public string? JobHost { get; init; }

    /// <summary>The name at GitHub; <see langword="null"/> before the first registration.</summary>
    public string? Name { get; init; }

    public required string Repository { get; init; }

    public required string Scope { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public string? Class { get; init; }

    public string? Image { get; init; }

    public string? Architecture { get; init; }

    public int Attempt { get; init; }

    public ComputeAnswer? Compute { get; init; }

    public bool Online { get; init; }

    /// <summary>What it waits for, or why it ended.</summary>
    public ReasonAnswer? Reason { get; init; }

    /// <summary>Why its end has begun; <see langword="null"/> while it has not.</summary>
    public ReasonAnswer? Closing { get; init; }

    public required DateTimeOffset QueuedAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset StateSince { get; init; }

    public DateTimeOffset? NotBefore { get; init; }

    public DateTimeOffset? Deadline { get; init; }

    /// <summary>What happened, oldest first; left out in lists.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<HistoryAnswer<RunnerState>>? History { get; init; }

    public static RunnerAnswer Of(Runner runner) => new()
    {
        Id = runner.Id,
        State = runner.State,
        JobId = runner.Job?.Id,
        JobHost = runner.Job?.Host,
        Name = runner.Registration?.Name,
        Repository = runner.Repository.FullName,
        Scope = runner.Scope.ToString(),
        Labels = runner.Labels,
        Class = runner.Plan?.ClassName ?? runner.Spec.ClassName,
        Image = runner.Plan?.Image ?? runner.Spec.Image,
        Architecture = runner.Plan?.Architecture ?? runner.Spec.Architecture,
        Attempt = runner.Attempt,
        Compute = ComputeAnswer.Of(runner),
        Online = runner.OnlineAt is not null,
        Reason = ReasonAnswer.Of(runner.Reason),
        Closing = ReasonAnswer.Of(runner.Closing?.Cause),
        QueuedAt = runner.QueuedAt,
        CreatedAt = runner.CreatedAt,
        StateSince = runner.StateSince,
        NotBefore = runner.NotBefore,
        Deadline = runner.Deadline,
    };

    public static RunnerAnswer WithHistory(Runner runner) => Of(runner) with
    {
        History = [.. runner.History.Select(move => new HistoryAnswer<RunnerState>(move.At, move.From, move.To, ReasonAnswer.Of(move.Cause)))],
    };
}

/// <summary>What a runner runs on, and how that ended.</summary>
internal sealed record ComputeAnswer(string Launcher, string Location, string Id, bool Gone, int? ExitCode, string? StopReason)
{
    public static ComputeAnswer? Of(Runner runner) => runner.Compute is { } compute
        ? new(compute.Launcher, compute.Location, compute.Id, runner.ComputeGone, runner.ComputeEnd?.ExitCode, runner.ComputeEnd?.Reason)
        : null;
}
