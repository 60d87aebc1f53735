using System.Text.Json.Serialization;

namespace RunnerFleet.Cli.Runners;

/// <summary>What became of a request to end a runner.</summary>
internal sealed record TerminationDocument(TerminationResult Result, bool Forced, TaskStop? Task, RunnerDocument Runner);

[JsonConverter(typeof(JsonStringEnumConverter<TerminationResult>))]
internal enum TerminationResult
{
    /// <summary>Its end has begun.</summary>
    [JsonStringEnumMemberName("ending")] Ending,

    /// <summary>It had ended before.</summary>
    [JsonStringEnumMemberName("alreadyEnded")] AlreadyEnded,

    /// <summary>It runs a job and was left alone.</summary>
    [JsonStringEnumMemberName("runsJob")] RunsJob,
}

/// <summary>What became of the stop of its task; <see langword="null"/> where none was asked for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskStop>))]
internal enum TaskStop
{
    /// <summary>ECS stops it, or has.</summary>
    [JsonStringEnumMemberName("stopping")] Stopping,

    /// <summary>There is none that ECS knows: not yet, or no longer.</summary>
    [JsonStringEnumMemberName("none")] None,

    /// <summary>ECS could not be asked. The fleet stops it.</summary>
    [JsonStringEnumMemberName("failed")] Failed,
}
