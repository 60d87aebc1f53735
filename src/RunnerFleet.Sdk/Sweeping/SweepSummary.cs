using RunnerFleet.Provisioning;

namespace RunnerFleet.Sweeping;

/// <summary>What a sweep did.</summary>
public sealed record SweepSummary
{
    /// <summary>Whether another host held the sweep, so that nothing was done.</summary>
    public bool Skipped { get; init; }

    /// <summary>What its drain did.</summary>
    public DrainSummary Drain { get; init; } = new();

    /// <summary>How much compute without a live record was found.</summary>
    public int OrphanedCompute { get; init; }

    /// <summary>How many registrations without a live record were found.</summary>
    public int GhostRegistrations { get; init; }

    /// <summary>How many live records were found whose compute has ended.</summary>
    public int ComputeEnded { get; init; }

    /// <summary>Whether clean-up of compute halted because too much of it has no record.</summary>
    public bool Halted { get; init; }

    /// <summary>How many jobs were found of which GitHub knew something that no webhook had told.</summary>
    public int MissedJobs { get; init; }

    /// <summary>How many failed webhook deliveries GitHub was asked to repeat.</summary>
    public int Redelivered { get; init; }

    /// <summary>How many steps failed and are tried again: each is logged with its cause.</summary>
    public int Errors { get; init; }
}
