#pragma warning disable CA1002, CA1032, CA1051, CA1064, CA1711, CA1716, CA1720, CA2227, CA2225 // the shapes are AWS's
using Amazon.ECS.Model;
using Amazon.Runtime;

// AWSSDK.ECS 4 as far as an adapter uses it, written down by its API reference (https://docs.aws.amazon.com/sdkfornet/v4/apidocs/), so that the adapter in docs/extending.md is compiled.
// In version 4 values are nullable, and lists are null where nothing was answered.

namespace Amazon.ECS
{
    internal interface IAmazonECS
    {
        Task<RunTaskResponse> RunTaskAsync(RunTaskRequest request, CancellationToken cancellationToken);

        Task<StopTaskResponse> StopTaskAsync(StopTaskRequest request, CancellationToken cancellationToken);

        Task<DescribeTasksResponse> DescribeTasksAsync(DescribeTasksRequest request, CancellationToken cancellationToken);

        Task<ListTasksResponse> ListTasksAsync(ListTasksRequest request, CancellationToken cancellationToken);

        Task<RegisterTaskDefinitionResponse> RegisterTaskDefinitionAsync(RegisterTaskDefinitionRequest request, CancellationToken cancellationToken);

        Task<DescribeTaskDefinitionResponse> DescribeTaskDefinitionAsync(DescribeTaskDefinitionRequest request, CancellationToken cancellationToken);
    }

    internal class AmazonECSException(string message, string code) : AmazonServiceException(message, null, ErrorType.Sender, code, "r-1", System.Net.HttpStatusCode.BadRequest);

    /// <summary>Each is a ConstantClass of its own, which converts to and from text.</summary>
    internal sealed record Constant<T>(string Value)
    {
        public static implicit operator Constant<T>?(string? value) => value is null ? null : new(value);

        public static implicit operator string?(Constant<T>? constant) => constant?.Value;
    }
}

namespace Amazon.ECS.Model
{
    internal sealed class RunTaskRequest
    {
        public string? Cluster { get; set; }
        public string? TaskDefinition { get; set; }
        public int? Count { get; set; }
        public string? ClientToken { get; set; }
        public string? StartedBy { get; set; }
        public Constant<RunTaskRequest>? LaunchType { get; set; }
        public List<CapacityProviderStrategyItem>? CapacityProviderStrategy { get; set; }
        public string? PlatformVersion { get; set; }
        public NetworkConfiguration? NetworkConfiguration { get; set; }
        public TaskOverride? Overrides { get; set; }
        public List<Tag>? Tags { get; set; }
        public Constant<Tag>? PropagateTags { get; set; }
        public bool? EnableECSManagedTags { get; set; }
        public bool? EnableExecuteCommand { get; set; }
    }

    internal sealed class CapacityProviderStrategyItem
    {
        public string? CapacityProvider { get; set; }
        public int? Weight { get; set; }
    }

    internal sealed class NetworkConfiguration
    {
        public AwsVpcConfiguration? AwsvpcConfiguration { get; set; }
    }

    internal sealed class AwsVpcConfiguration
    {
        public List<string>? Subnets { get; set; }
        public List<string>? SecurityGroups { get; set; }
        public Constant<AwsVpcConfiguration>? AssignPublicIp { get; set; }
    }

    internal sealed class TaskOverride
    {
        public string? Cpu { get; set; }
        public string? Memory { get; set; }
        public EphemeralStorage? EphemeralStorage { get; set; }
        public List<ContainerOverride>? ContainerOverrides { get; set; }
    }

    internal sealed class EphemeralStorage
    {
        public int? SizeInGiB { get; set; }
    }

    internal sealed class ContainerOverride
    {
        public string? Name { get; set; }
        public List<KeyValuePair>? Environment { get; set; }
    }

    internal sealed class KeyValuePair
    {
        public string? Name { get; set; }
        public string? Value { get; set; }
    }

    internal sealed class Tag
    {
        public string? Key { get; set; }
        public string? Value { get; set; }
    }

    internal sealed class RunTaskResponse
    {
        public List<Task>? Tasks { get; set; }
        public List<Failure>? Failures { get; set; }
    }

    internal sealed class Failure
    {
        public string? Arn { get; set; }
        public string? Reason { get; set; }
        public string? Detail { get; set; }
    }

    internal sealed class Task
    {
        public string? TaskArn { get; set; }
        public string? ClusterArn { get; set; }
        public string? LastStatus { get; set; }
        public string? DesiredStatus { get; set; }
        public string? StartedBy { get; set; }
        public DateTime? CreatedAt { get; set; }
        public DateTime? PullStartedAt { get; set; }
        public DateTime? StartedAt { get; set; }
        public DateTime? StoppedAt { get; set; }
        public Constant<Task>? StopCode { get; set; }
        public string? StoppedReason { get; set; }
        public List<Container>? Containers { get; set; }
    }

    internal sealed class Container
    {
        public string? Name { get; set; }
        public int? ExitCode { get; set; }
        public string? Reason { get; set; }
    }

    internal sealed class ConflictException(string message) : AmazonECSException(message, "ConflictException")
    {
        public List<string>? ResourceIds { get; set; }
    }

    internal sealed class InvalidParameterException(string message) : AmazonECSException(message, "InvalidParameterException");

    internal sealed class ClientException(string message) : AmazonECSException(message, "ClientException");

    internal sealed class StopTaskRequest
    {
        public string? Cluster { get; set; }
        public string? Task { get; set; }
        public string? Reason { get; set; }
    }

    internal sealed class StopTaskResponse
    {
        public Task? Task { get; set; }
    }

    internal sealed class DescribeTasksRequest
    {
        public string? Cluster { get; set; }
        public List<string>? Tasks { get; set; }
    }

    internal sealed class DescribeTasksResponse
    {
        public List<Task>? Tasks { get; set; }
        public List<Failure>? Failures { get; set; }
    }

    internal sealed class ListTasksRequest
    {
        public string? Cluster { get; set; }
        public string? StartedBy { get; set; }
        public Constant<ListTasksRequest>? DesiredStatus { get; set; }
        public int? MaxResults { get; set; }
        public string? NextToken { get; set; }
    }

    internal sealed class ListTasksResponse
    {
        public List<string>? TaskArns { get; set; }
        public string? NextToken { get; set; }
    }

    internal sealed class RegisterTaskDefinitionRequest
    {
        public string? Family { get; set; }
        public Constant<RegisterTaskDefinitionRequest>? NetworkMode { get; set; }
        public List<string>? RequiresCompatibilities { get; set; }
        public string? Cpu { get; set; }
        public string? Memory { get; set; }
        public string? ExecutionRoleArn { get; set; }
        public string? TaskRoleArn { get; set; }
        public RuntimePlatform? RuntimePlatform { get; set; }
        public List<ContainerDefinition>? ContainerDefinitions { get; set; }
    }

    internal sealed class RuntimePlatform
    {
        public Constant<RuntimePlatform>? CpuArchitecture { get; set; }
        public Constant<RuntimePlatform>? OperatingSystemFamily { get; set; }
    }

    internal sealed class ContainerDefinition
    {
        public string? Name { get; set; }
        public string? Image { get; set; }
        public bool? Essential { get; set; }
        public int? MemoryReservation { get; set; }
        public int? StopTimeout { get; set; }
        public LinuxParameters? LinuxParameters { get; set; }
        public LogConfiguration? LogConfiguration { get; set; }
    }

    internal sealed class LinuxParameters
    {
        public bool? InitProcessEnabled { get; set; }
    }

    internal sealed class LogConfiguration
    {
        public Constant<LogConfiguration>? LogDriver { get; set; }
        public Dictionary<string, string>? Options { get; set; }
    }

    internal sealed class RegisterTaskDefinitionResponse
    {
        public TaskDefinition? TaskDefinition { get; set; }
    }

    internal sealed class DescribeTaskDefinitionRequest
    {
        public string? TaskDefinition { get; set; }
    }

    internal sealed class DescribeTaskDefinitionResponse
    {
        public TaskDefinition? TaskDefinition { get; set; }
    }

    internal sealed class TaskDefinition
    {
        public string? TaskDefinitionArn { get; set; }
        public Constant<TaskDefinition>? Status { get; set; }
    }
}
