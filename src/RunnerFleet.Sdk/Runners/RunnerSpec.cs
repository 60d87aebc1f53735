using System.Text.Json.Serialization;

namespace RunnerFleet.Runners;

/// <summary>How the compute is paid for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CapacityKind>))]
public enum CapacityKind
{
    /// <summary>Full price, not taken away while a job runs.</summary>
    [JsonStringEnumMemberName("on-demand")] OnDemand,

    /// <summary>Cheaper, and may be taken away with two minutes' notice.</summary>
    [JsonStringEnumMemberName("spot")] Spot,
}

/// <summary>What a job's labels ask for. A member that is <see langword="null"/> was not asked for and takes the class's or the fleet's default.</summary>
public sealed record RunnerSpec
{
    /// <summary>The name of the runner class, from <c>class:&lt;name&gt;</c>; lower case.</summary>
    public string? ClassName { get; init; }

    /// <summary>The base image, normalised, from <c>image:&lt;base&gt;</c>.</summary>
    public string? Image { get; init; }

    /// <summary>Ephemeral disk in GiB, from <c>disk:&lt;GiB&gt;</c>.</summary>
    public int? DiskGiB { get; init; }

    /// <summary>The operating system. Fleets run Linux.</summary>
    public string OperatingSystem { get; init => field = value ?? "linux"; } = "linux";

    /// <summary>The processor architecture as GitHub writes it in labels: <c>x64</c> or <c>arm64</c>.</summary>
    public string? Architecture { get; init; }

    /// <summary>From <c>capacity:spot</c> or <c>capacity:on-demand</c>.</summary>
    public CapacityKind? Capacity { get; init; }
}
