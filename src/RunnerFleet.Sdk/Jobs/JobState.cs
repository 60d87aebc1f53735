using System.Text.Json.Serialization;

namespace RunnerFleet.Jobs;

/// <summary>Where a job is in its life, as this fleet sees it. Which moves are allowed is said once, in <see cref="JobTransitions"/>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JobState>))]
public enum JobState
{
    /// <summary>Waits for an approval at GitHub; nothing is launched.</summary>
    [JsonStringEnumMemberName("WAITING")] Waiting,

    /// <summary>Ready to run; a runner is launched for it.</summary>
    [JsonStringEnumMemberName("QUEUED")] Queued,

    /// <summary>Refused by policy or labels, with a coded diagnostic.</summary>
    [JsonStringEnumMemberName("REFUSED")] Refused,

    /// <summary>The tries to give it a runner are exhausted, with the reason of the last.</summary>
    [JsonStringEnumMemberName("GAVE_UP")] GaveUp,

    /// <summary>A runner took it. Never relaunched from here on.</summary>
    [JsonStringEnumMemberName("IN_PROGRESS")] InProgress,

    /// <summary>Ended at GitHub, whatever the outcome. Final.</summary>
    [JsonStringEnumMemberName("COMPLETED")] Completed,
}
