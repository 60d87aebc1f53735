using System.Globalization;
using Amazon.ECS;
using Amazon.ECS.Model;
using RunnerFleet.Aws.Ecs;
using Threading = System.Threading.Tasks;

namespace RunnerFleet.Aws.Tests.Ecs.Official;

#region ecs-adapter
/// <summary>Lets the launcher speak to ECS through AWSSDK.ECS.</summary>
internal sealed class AmazonEcsAdapter(IAmazonECS ecs) : IEcsApi
{
    public async Threading.Task<EcsRunTaskResult> RunTaskAsync(EcsRunTaskRequest request, CancellationToken cancellationToken)
    {
        var call = new RunTaskRequest
        {
            Cluster = request.Cluster,
            TaskDefinition = request.TaskDefinition,
            Count = 1,
            ClientToken = request.ClientToken,
            StartedBy = request.StartedBy,
            LaunchType = request.CapacityProvider is null ? "FARGATE" : null,
            CapacityProviderStrategy = request.CapacityProvider is { } provider ? [new() { CapacityProvider = provider, Weight = 1 }] : null,
            PlatformVersion = request.PlatformVersion,
            NetworkConfiguration = new()
            {
                AwsvpcConfiguration = new()
                {
                    Subnets = [.. request.Subnets],
                    SecurityGroups = request.SecurityGroups.Count > 0 ? [.. request.SecurityGroups] : null,
                    AssignPublicIp = request.AssignPublicIp ? "ENABLED" : "DISABLED",
                },
            },
            Overrides = new()
            {
                Cpu = request.Cpu.ToString(CultureInfo.InvariantCulture),
                Memory = request.MemoryMiB.ToString(CultureInfo.InvariantCulture),
                EphemeralStorage = request.EphemeralStorageGiB is { } size ? new() { SizeInGiB = size } : null,
                ContainerOverrides = [new() { Name = request.Container, Environment = [.. request.Environment.Select(one => new Amazon.ECS.Model.KeyValuePair { Name = one.Key, Value = one.Value })] }],
            },
            Tags = [.. request.Tags.Select(tag => new Tag { Key = tag.Key, Value = tag.Value })],
            PropagateTags = request.PropagateTags ? "TASK_DEFINITION" : null,
            EnableECSManagedTags = request.EnableEcsManagedTags,
            EnableExecuteCommand = request.EnableExecuteCommand,
        };
        try
        {
            var answer = await ecs.RunTaskAsync(call, cancellationToken);
            return new() { Tasks = Read(answer.Tasks), Failures = Read(answer.Failures) };
        }
        catch (ConflictException conflict)
        {
            return new() { ConflictingTasks = conflict.ResourceIds ?? [] };
        }
    }

    public async Threading.Task<EcsTask?> StopTaskAsync(string cluster, string task, string reason, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await ecs.StopTaskAsync(new() { Cluster = cluster, Task = task, Reason = reason }, cancellationToken);
            return Read([answer.Task!])[0];
        }
        catch (InvalidParameterException refusal) when (refusal.Message.Contains("not found", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
    }

    public async Threading.Task<EcsDescribeTasksResult> DescribeTasksAsync(string cluster, IReadOnlyCollection<string> tasks, CancellationToken cancellationToken)
    {
        var answer = await ecs.DescribeTasksAsync(new() { Cluster = cluster, Tasks = [.. tasks] }, cancellationToken);
        return new() { Tasks = Read(answer.Tasks), Failures = Read(answer.Failures) };
    }

    public async Threading.Task<EcsListTasksResult> ListTasksAsync(EcsListTasksRequest request, CancellationToken cancellationToken)
    {
        var call = new ListTasksRequest { Cluster = request.Cluster, StartedBy = request.StartedBy, DesiredStatus = request.DesiredStatus, MaxResults = request.MaxResults, NextToken = request.NextToken };
        var answer = await ecs.ListTasksAsync(call, cancellationToken);
        return new() { TaskArns = answer.TaskArns ?? [], NextToken = answer.NextToken };
    }

    public async Threading.Task<EcsTaskDefinition> RegisterTaskDefinitionAsync(EcsRegisterTaskDefinitionRequest request, CancellationToken cancellationToken)
    {
        var answer = await ecs.RegisterTaskDefinitionAsync(new()
        {
            Family = request.Family,
            NetworkMode = "awsvpc",
            RequiresCompatibilities = request.RequiresFargate ? ["FARGATE"] : null,
            Cpu = request.Cpu.ToString(CultureInfo.InvariantCulture),
            Memory = request.MemoryMiB.ToString(CultureInfo.InvariantCulture),
            ExecutionRoleArn = request.ExecutionRoleArn,
            TaskRoleArn = request.TaskRoleArn,
            RuntimePlatform = new() { CpuArchitecture = request.CpuArchitecture, OperatingSystemFamily = request.OperatingSystemFamily },
            ContainerDefinitions =
            [
                new()
                {
                    Name = request.Container,
                    Image = request.Image,
                    Essential = true,
                    MemoryReservation = request.MemoryReservationMiB,
                    StopTimeout = request.StopTimeoutSeconds,
                    LinuxParameters = new() { InitProcessEnabled = request.InitProcessEnabled },
                    LogConfiguration = request.LogDriver is { } driver ? new() { LogDriver = driver, Options = new(request.LogOptions) } : null,
                },
            ],
        }, cancellationToken);
        return Read(answer.TaskDefinition!);
    }

    public async Threading.Task<EcsTaskDefinition?> DescribeTaskDefinitionAsync(string taskDefinition, CancellationToken cancellationToken)
    {
        try
        {
            return Read((await ecs.DescribeTaskDefinitionAsync(new() { TaskDefinition = taskDefinition }, cancellationToken)).TaskDefinition!);
        }
        catch (ClientException refusal) when (refusal.Message.Contains("Unable to describe task definition", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
    }

    private static EcsTaskDefinition Read(TaskDefinition definition) => new() { TaskDefinitionArn = definition.TaskDefinitionArn!, Status = definition.Status! };

    private static IReadOnlyList<EcsFailure> Read(List<Failure>? failures) =>
        [.. (failures ?? []).Select(failure => new EcsFailure { Arn = failure.Arn, Reason = failure.Reason ?? "", Detail = failure.Detail })];

    private static IReadOnlyList<EcsTask> Read(List<Amazon.ECS.Model.Task>? tasks) => [.. (tasks ?? []).Select(task => new EcsTask
    {
        TaskArn = task.TaskArn!,
        ClusterArn = task.ClusterArn!,
        LastStatus = task.LastStatus!,
        DesiredStatus = task.DesiredStatus,
        StartedBy = task.StartedBy,
        CreatedAt = task.CreatedAt?.ToUniversalTime(),
        PullStartedAt = task.PullStartedAt?.ToUniversalTime(),
        StartedAt = task.StartedAt?.ToUniversalTime(),
        StoppedAt = task.StoppedAt?.ToUniversalTime(),
        StopCode = task.StopCode,
        StoppedReason = task.StoppedReason,
        Containers = [.. (task.Containers ?? []).Select(one => new EcsContainer { Name = one.Name, ExitCode = one.ExitCode, Reason = one.Reason })],
    })];
}
#endregion
