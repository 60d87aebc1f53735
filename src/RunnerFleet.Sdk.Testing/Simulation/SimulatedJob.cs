namespace RunnerFleet.Testing.Simulation;

/// <summary>A job at the simulated GitHub.</summary>
internal sealed class SimulatedJob
{
    public required long Id { get; init; }

    public required SimulatedRepository Repository { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public required TimeSpan Duration { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether the fleet should serve it.</summary>
    public required bool IsOurs { get; init; }

    public string Status { get; set; } = "queued";

    public string? Conclusion { get; set; }

    public string? RunnerName { get; set; }

    public SimulatedRegistration? Runner { get; set; }

    /// <summary>The job of which this is a re-run.</summary>
    public SimulatedJob? Former { get; init; }

    public long RunId => Former?.RunId ?? Id * 10;

    public int RunAttempt => Former is null ? 1 : Former.RunAttempt + 1;

    public DateTimeOffset? BeganAt { get; set; }

    /// <summary>Somebody cancelled it: its runner is told, and ends it.</summary>
    public bool IsCancelled { get; set; }
}

internal sealed record SimulatedRepository(long Id, string Name, bool IsPrivate);

/// <summary>A runner's registration at the simulated GitHub.</summary>
internal sealed class SimulatedRegistration
{
    public required long Id { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public required string JitConfig { get; init; }

    public SimulatedRunner? Runner { get; set; }

    public SimulatedJob? Job { get; set; }

    /// <summary>When GitHub's answers show the busy flag wrongly: it lags, and sometimes it lies for a while.</summary>
    public (DateTimeOffset From, DateTimeOffset Until) ShownIdle { get; set; }
}
