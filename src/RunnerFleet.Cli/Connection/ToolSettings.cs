using RunnerFleet.Cli.Output;

namespace RunnerFleet.Cli.Connection;

/// <summary>Which fleet is meant, where it is, and how the answer is written.</summary>
internal sealed record ToolSettings
{
    public string? Profile { get; init; }

    public string? Region { get; init; }

    public required string Fleet { get; init; }

    public string? RunnerTable { get; init; }

    public string? StateTable { get; init; }

    public string? Cluster { get; init; }

    public string? ClassSizesParameter { get; init; }

    public required OutputFormat Output { get; init; }

    public required TimeSpan Timeout { get; init; }

    public bool Debug { get; init; }

    public string RegionInWords => Region ?? "the profile's region";

    public string NeededRunnerTable => RunnerTable ?? throw new UsageException("Which table? Set RUNNER_TABLE (or RUNNER_STATE_TABLE), or give --runner-table.");

    public string NeededCluster => Cluster ?? throw new UsageException("Which cluster? Set RUNNERFLEET_CLUSTER (or ECS_CLUSTER), or give --cluster.");

    public string NeededClassSizesParameter => ClassSizesParameter ?? throw new UsageException("Which parameter? Set CLASS_SIZES_PARAM, or give --class-sizes-param.");
}

/// <summary>Something that the caller has to give, or to correct. The message is for people.</summary>
internal sealed class UsageException(string message) : Exception(message);
