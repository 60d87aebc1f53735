using System.Text.Json.Serialization;

namespace RunnerFleet.Runners;

/// <summary>Where a single-use runner is in its life. Which moves are allowed is said once, in <see cref="RunnerTransitions"/>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunnerState>))]
public enum RunnerState
{
    /// <summary>Recorded. Waits for its image, for a place under a limit, or for a not-before time, with the reason stored.</summary>
    [JsonStringEnumMemberName("PENDING")] Pending,

    /// <summary>A build of its image runs. Holds no place.</summary>
    [JsonStringEnumMemberName("IMAGE_CREATING")] ImageCreating,

    /// <summary>Its places are taken and its launch is under way.</summary>
    [JsonStringEnumMemberName("STARTING")] Starting,

    /// <summary>Compute was started; the runner is expected to register and to take a job.</summary>
    [JsonStringEnumMemberName("WAITING_FOR_JOB")] WaitingForJob,

    /// <summary>GitHub, or the runner itself, said that it runs a job.</summary>
    [JsonStringEnumMemberName("RUNNING")] Running,

    /// <summary>Ended as intended; its compute is proven gone. Final.</summary>
    [JsonStringEnumMemberName("OFFLINE")] Offline,

    /// <summary>Ended by a fault, which is stored; its compute is proven gone. Final.</summary>
    [JsonStringEnumMemberName("FAILED")] Failed,
}
