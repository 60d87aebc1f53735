using RunnerFleet.Aws.Ecs;

namespace RunnerFleet.Aws.Tests.Ecs;

/// <summary>Answers what a test says, also what ECS would hardly ever answer.</summary>
internal sealed class StubEcs : IEcsApi
{
    public EcsRunTaskResult Result { get; init; } = new();

    /// <summary>Thrown by RunTask instead.</summary>
    public Exception? Trouble { get; init; }

    /// <summary>What is listed and described.</summary>
    public IReadOnlyList<EcsTask> Known { get; set; } = [];

    /// <summary>What is listed and not described.</summary>
    public IReadOnlyList<string> ListedOnly { get; set; } = [];

    /// <summary>What DescribeTasks says of others.</summary>
    public IReadOnlyList<EcsFailure> Failures { get; set; } = [];

    public List<(string Cluster, int Count)> Described { get; } = [];

    public List<string> StopReasons { get; } = [];

    public static EcsTask Task(string lastStatus, string id = "1", string? startedBy = null, string desiredStatus = "RUNNING") => new()
    {
        TaskArn = $"arn:aws:ecs:eu-central-1:123456789012:task/runners/{id}",
        ClusterArn = "arn:aws:ecs:eu-central-1:123456789012:cluster/runners",
        LastStatus = lastStatus,
        DesiredStatus = desiredStatus,
        StartedBy = startedBy,
    };

    public Task<EcsRunTaskResult> RunTaskAsync(EcsRunTaskRequest request, CancellationToken cancellationToken) => Trouble is null ? System.Threading.Tasks.Task.FromResult(Result) : throw Trouble;

    public Task<EcsTask?> StopTaskAsync(string cluster, string task, string reason, CancellationToken cancellationToken)
    {
        StopReasons.Add(reason);
        return System.Threading.Tasks.Task.FromResult(Known.FirstOrDefault(known => known.TaskArn == task));
    }

    public Task<EcsDescribeTasksResult> DescribeTasksAsync(string cluster, IReadOnlyCollection<string> tasks, CancellationToken cancellationToken)
    {
        Described.Add((cluster, tasks.Count));
        return System.Threading.Tasks.Task.FromResult(new EcsDescribeTasksResult { Tasks = [.. Known.Where(known => tasks.Contains(known.TaskArn))], Failures = Failures });
    }

    public Task<EcsListTasksResult> ListTasksAsync(EcsListTasksRequest request, CancellationToken cancellationToken) =>
        System.Threading.Tasks.Task.FromResult(new EcsListTasksResult { TaskArns = [.. Known.Select(known => known.TaskArn), .. ListedOnly] });

    public Task<EcsTaskDefinition> RegisterTaskDefinitionAsync(EcsRegisterTaskDefinitionRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<EcsTaskDefinition?> DescribeTaskDefinitionAsync(string taskDefinition, CancellationToken cancellationToken) =>
        System.Threading.Tasks.Task.FromResult<EcsTaskDefinition?>(new() { TaskDefinitionArn = $"arn:aws:ecs:eu-central-1:123456789012:task-definition/{taskDefinition}:1", Status = "ACTIVE" });
}
