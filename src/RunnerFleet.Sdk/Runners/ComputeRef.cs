namespace RunnerFleet.Runners;

/// <summary>Names what a launcher started.</summary>
public sealed record ComputeRef
{
    /// <summary>The launcher's name, such as <c>ecs</c>, <c>docker</c> or <c>process</c>.</summary>
    public required string Launcher { get; init; }

    /// <summary>Where it runs: a cluster, an engine, a folder. May be empty.</summary>
    public required string Location { get; init; }

    /// <summary>The launcher's own id for it: a task ARN, a container id, a process folder.</summary>
    public required string Id { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Location.Length == 0 ? $"{Launcher}:{Id}" : $"{Launcher}:{Location}/{Id}";
}
