using RunnerFleet.Provisioning;

namespace RunnerFleet.Aws.Events;

/// <summary>What a payload turned out to be.</summary>
internal abstract record AwsEvent
{
    private AwsEvent() { }

    /// <summary>News for the fleet.</summary>
    public sealed record News(FleetEvent Event) : AwsEvent;

    /// <summary>A drain is worth while.</summary>
    public sealed record Drain : AwsEvent;

    /// <summary>A sweep is due.</summary>
    public sealed record Sweep : AwsEvent;

    /// <summary>Messages of a queue, each with what it holds.</summary>
    public sealed record Batch(IReadOnlyList<(string Id, AwsEvent Event)> Messages) : AwsEvent;

    /// <summary>Well understood, and nothing for this fleet.</summary>
    public sealed record NotOurs(string Reason) : AwsEvent;

    /// <summary>Nothing that is known here. Somebody should look at it.</summary>
    public sealed record Unreadable(string Reason) : AwsEvent;
}
