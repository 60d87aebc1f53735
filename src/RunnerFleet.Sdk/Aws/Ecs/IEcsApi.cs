using Amazon.Runtime;

namespace RunnerFleet.Aws.Ecs;

/// <summary>
/// The six operations of Amazon ECS that the launcher calls. The fleet brings a client of its own; register another before <c>UseEcs()</c>, such as an adapter over AWSSDK.ECS, and it is used instead.
/// </summary>
/// <remarks>What ECS refuses is an <see cref="AmazonServiceException"/> with ECS's <see cref="AmazonServiceException.ErrorCode"/>, except where a member says otherwise. A reply that does not come is any other exception.</remarks>
public interface IEcsApi
{
    /// <summary>
    /// Starts one task (<see href="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html">RunTask</see> with a count of 1). A ConflictException is part of the result.
    /// </summary>
    /// <exception cref="AmazonServiceException">ECS refused: no send of this request started a task, however often the client sent it again by itself.</exception>
    /// <exception cref="IOException">A task may have been started: a send broke off, and the last answer says nothing of it.</exception>
    Task<EcsRunTaskResult> RunTaskAsync(EcsRunTaskRequest request, CancellationToken cancellationToken);

    /// <summary>Tells a task to stop (StopTask). <see langword="null"/>: ECS does not know it, or no longer.</summary>
    /// <param name="cluster">Name or ARN of its cluster.</param>
    /// <param name="task">Its ARN.</param>
    /// <param name="reason">At most 255 characters; ECS shows it as part of the task's stopped reason.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<EcsTask?> StopTaskAsync(string cluster, string task, string reason, CancellationToken cancellationToken);

    /// <summary>Reads tasks (DescribeTasks).</summary>
    /// <param name="cluster">Name or ARN of their cluster.</param>
    /// <param name="tasks">Their ARNs, 1 to 100.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<EcsDescribeTasksResult> DescribeTasksAsync(string cluster, IReadOnlyCollection<string> tasks, CancellationToken cancellationToken);

    /// <summary>Reads a page of task ARNs (ListTasks).</summary>
    Task<EcsListTasksResult> ListTasksAsync(EcsListTasksRequest request, CancellationToken cancellationToken);

    /// <summary>Registers a revision of a task definition (RegisterTaskDefinition).</summary>
    Task<EcsTaskDefinition> RegisterTaskDefinitionAsync(EcsRegisterTaskDefinitionRequest request, CancellationToken cancellationToken);

    /// <summary>Reads a task definition (DescribeTaskDefinition). <see langword="null"/>: there is none, which ECS says by a ClientException.</summary>
    /// <param name="taskDefinition">A family, for its latest active revision, or an ARN.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<EcsTaskDefinition?> DescribeTaskDefinitionAsync(string taskDefinition, CancellationToken cancellationToken);
}
