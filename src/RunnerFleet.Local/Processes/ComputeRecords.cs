using System.Text.Json.Serialization;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Local.Processes;

/// <summary><c>launch.json</c>: what was asked for. For people and for clean-up; holds no secret.</summary>
internal sealed record LaunchRecord
{
    public required ComputeIdentity Identity { get; init; }

    public required LaunchPlan Plan { get; init; }

    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary>A process that was started: its id alone could be somebody else's by now.</summary>
internal sealed record ProcessRecord
{
    public required int Pid { get; init; }

    public required DateTimeOffset ProcessStartedAt { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary><c>stop.json</c>: nothing may start here any more, and what runs is to end.</summary>
internal sealed record StopRecord
{
    public required string Reason { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary><c>exit.json</c>: how it ended.</summary>
internal sealed record ExitRecord
{
    /// <summary>The exit code of the runner's process; <see langword="null"/> where it never started.</summary>
    public int? ExitCode { get; init; }

    public required DateTimeOffset At { get; init; }

    public string? Reason { get; init; }

    /// <summary>Whether nobody of its process tree was left.</summary>
    public required bool TreeGone { get; init; }
}

/// <summary>What the launcher tells a supervisor through its standard input: it holds the claim secret, so it is in no file, no argument and no environment block.</summary>
internal sealed record HandOver
{
    public required ComputeIdentity Identity { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public string? RunnerFolder { get; init; }

    public required IReadOnlyList<string> Command { get; init; }

    public required int StopGraceSeconds { get; init; }

    public override string ToString() => $"hand-over of {Identity.Token}";
}

internal sealed record ClaimBody
{
    public required string RunnerId { get; init; }

    public required int Attempt { get; init; }
}

internal sealed record ClaimReply
{
    public required string RunnerName { get; init; }

    public required string JitConfig { get; init; }

    public required string ReportToken { get; init; }

    public override string ToString() => $"registration of {RunnerName}";
}

internal sealed record StatusBody
{
    public required string RunnerId { get; init; }

    public required string Status { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LaunchRecord))]
[JsonSerializable(typeof(ProcessRecord))]
[JsonSerializable(typeof(StopRecord))]
[JsonSerializable(typeof(ExitRecord))]
[JsonSerializable(typeof(HandOver))]
[JsonSerializable(typeof(ClaimBody))]
[JsonSerializable(typeof(ClaimReply))]
[JsonSerializable(typeof(StatusBody))]
internal sealed partial class ProcessJson : JsonSerializerContext;
