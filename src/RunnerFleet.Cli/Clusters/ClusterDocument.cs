using System.Text.Json.Serialization;
using RunnerFleet.Aws.Ecs;
using RunnerFleet.Cli.Runners;

namespace RunnerFleet.Cli.Clusters;

/// <summary>A cluster's tasks beside the fleet's records, as programs see them.</summary>
/// <param name="Cluster">Name or ARN, as given.</param>
/// <param name="Tasks">All tasks that ECS knows; stopped ones for about an hour.</param>
/// <param name="RunnersWithoutTask">Runners whose records name a task that ECS does not know.</param>
internal sealed record ClusterDocument(string Cluster, IReadOnlyList<TaskDocument> Tasks, IReadOnlyList<RunnerDocument> RunnersWithoutTask);

/// <summary>A task.</summary>
/// <param name="Owner">Whose it is.</param>
/// <param name="RunnerId">Its runner, of this fleet or of another; <see langword="null"/> for tasks of others.</param>
/// <param name="HasRecord">Whether this fleet has a record of the runner; <see langword="null"/> for tasks that have stopped, or are not this fleet's.</param>
/// <param name="TaskId">The last part of its ARN.</param>
/// <param name="TaskArn">Its ARN.</param>
/// <param name="LastStatus">Where it is.</param>
/// <param name="DesiredStatus">Where it shall be.</param>
/// <param name="StartedAt">When it began to run.</param>
/// <param name="StopCode">A word for why it stopped.</param>
/// <param name="StoppedReason">A sentence for it.</param>
internal sealed record TaskDocument(
    TaskOwner Owner, string? RunnerId, bool? HasRecord, string TaskId, string TaskArn, string LastStatus, string? DesiredStatus, DateTimeOffset? StartedAt, string? StopCode, string? StoppedReason)
{
    public static TaskDocument Of(EcsTask task, TaskOwner owner, string? runnerId, bool? hasRecord) => new(
        owner, runnerId, hasRecord, task.TaskArn[(task.TaskArn.LastIndexOf('/') + 1)..], task.TaskArn, task.LastStatus, task.DesiredStatus, task.StartedAt, task.StopCode, task.StoppedReason);
}

/// <summary>Whose a task is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskOwner>))]
internal enum TaskOwner
{
    /// <summary>This fleet's.</summary>
    [JsonStringEnumMemberName("thisFleet")] ThisFleet,

    /// <summary>Another fleet's, by its name.</summary>
    [JsonStringEnumMemberName("anotherFleet")] AnotherFleet,

    /// <summary>Somebody else's.</summary>
    [JsonStringEnumMemberName("others")] Others,
}
