using System.Globalization;
using RunnerFleet.Compute;

namespace RunnerFleet.Local.Docker;

/// <summary>One attempt, and what everything that the engine keeps of it is called and labelled.</summary>
internal sealed record Attempt
{
    /// <summary>On containers and volumes: the fleet.</summary>
    public const string FleetLabel = "runnerfleet.fleet";

    /// <summary>On containers and volumes: the runner's id.</summary>
    public const string RunnerLabel = "runnerfleet.runner";

    /// <summary>On containers and volumes: the attempt.</summary>
    public const string AttemptLabel = "runnerfleet.attempt";

    private const string EndSuffix = "-end";
    private const string BarSuffix = "-barred";

    private Attempt(ComputeIdentity identity, string container) => (Identity, Container) = (identity, container);

    public ComputeIdentity Identity { get; }

    public string Container { get; }

    /// <summary>The volume that says how it ended.</summary>
    public string EndVolume => Container + EndSuffix;

    /// <summary>The volume that says that it may not start any more.</summary>
    public string BarVolume => Container + BarSuffix;

    public IReadOnlyDictionary<string, string> Labels => new Dictionary<string, string>
    {
        [FleetLabel] = Identity.Fleet,
        [RunnerLabel] = Identity.RunnerId,
        [AttemptLabel] = Identity.Attempt.ToString(CultureInfo.InvariantCulture),
    };

    public static Attempt? Of(ComputeIdentity identity) => ContainerName.Of(identity) is { } name ? new Attempt(identity with { Compute = null }, name) : null;

    public static Attempt? OfContainer(string name) => ContainerName.Parse(name) is { } identity ? new Attempt(identity, name) : null;

    public static Attempt? OfVolume(string name) =>
        name.EndsWith(EndSuffix, StringComparison.Ordinal) ? OfContainer(name[..^EndSuffix.Length])
        : name.EndsWith(BarSuffix, StringComparison.Ordinal) ? OfContainer(name[..^BarSuffix.Length])
        : null;

    public override string ToString() => Container;
}
