using RunnerFleet.Cli.Output;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Runners;

/// <summary>A runner as programs see it; members that the HTTP API has too are called as there.</summary>
internal sealed record RunnerDocument
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

    public int? Cpu { get; init; }

    public int? MemoryMiB { get; init; }

    public int? DiskGiB { get; init; }

    public string? Image { get; init; }

    public string? Architecture { get; init; }

    public CapacityKind? Capacity { get; init; }

    public int Attempt { get; init; }

    public ComputeDocument? Compute { get; init; }

    public bool Online { get; init; }

    /// <summary>What it waits for, or why it ended.</summary>
    public ReasonDocument? Reason { get; init; }

    /// <summary>Why its end has begun; <see langword="null"/> while it has not.</summary>
    public ReasonDocument? Closing { get; init; }

    /// <summary>Whether its end may kill its job.</summary>
    public bool Forced { get; init; }

    public required DateTimeOffset QueuedAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset StateSince { get; init; }

    public DateTimeOffset? NotBefore { get; init; }

    public DateTimeOffset? Deadline { get; init; }

    public static RunnerDocument Of(Runner runner) => new()
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
        Cpu = runner.Plan?.Cpu,
        MemoryMiB = runner.Plan?.MemoryMiB,
        DiskGiB = runner.Plan?.DiskGiB ?? runner.Spec.DiskGiB,
        Image = runner.Plan?.Image ?? runner.Spec.Image,
        Architecture = runner.Plan?.Architecture ?? runner.Spec.Architecture,
        Capacity = runner.Plan?.Capacity ?? runner.Spec.Capacity,
        Attempt = runner.Attempt,
        Compute = ComputeDocument.Of(runner),
        Online = runner.OnlineAt is not null,
        Reason = ReasonDocument.Of(runner.Reason),
        Closing = ReasonDocument.Of(runner.Closing?.Cause),
        Forced = runner.Closing is { Force: true },
        QueuedAt = runner.QueuedAt,
        CreatedAt = runner.CreatedAt,
        StateSince = runner.StateSince,
        NotBefore = runner.NotBefore,
        Deadline = runner.Deadline,
    };
}

/// <summary>What a runner runs on, and how that ended.</summary>
internal sealed record ComputeDocument(string Launcher, string Location, string Id, bool Gone, int? ExitCode, string? StopReason)
{
    public static ComputeDocument? Of(Runner runner) => runner.Compute is { } compute
        ? new(compute.Launcher, compute.Location, compute.Id, runner.ComputeGone, runner.ComputeEnd?.ExitCode, runner.ComputeEnd?.Reason)
        : null;
}
