using System.Diagnostics.CodeAnalysis;
using Amazon.Runtime;
using RunnerFleet.Aws.Wire;

namespace RunnerFleet.Aws.Ecs;

/// <summary>The fleet's own client of ECS, made as <c>AddAWSService</c> makes one.</summary>
internal interface IEcsClient : IEcsApi, IAmazonService, IDisposable
{
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties, typeof(AwsJsonConfig))]
    static ClientConfig IAmazonService.CreateDefaultClientConfig() => EcsClient.CreateConfig();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(AWSCredentials awsCredentials, ClientConfig clientConfig) => new EcsClient(awsCredentials, clientConfig);
}

/// <inheritdoc cref="IEcsClient"/>
internal sealed class EcsClient(AWSCredentials? credentials, ClientConfig config) : AwsJsonClient(s_service, credentials, config), IEcsClient
{
    /// <summary>Throttled sends wait up to 1, 2, 4 and 8 s in the SDK's standard mode: half of the 30 s that a fleet gives a launch (LaunchTimeoutSeconds).</summary>
    private const int MaxErrorRetry = 4;

    /// <summary>One send. Without it HttpClient's 100 s apply, and the launch's own limit ends the call first.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    /// <summary>A ClientException may be about anything, throttling too; these words are of the missing ones.</summary>
    private static readonly string[] s_thereIsNone = ["Unable to describe task definition", "does not exist", "not found"];

    private static readonly AwsJsonService s_service = new("ECS", "ecs", "AmazonEC2ContainerServiceV20141113", "2014-11-13");

    public static AwsJsonConfig CreateConfig() => new(s_service) { MaxErrorRetry = MaxErrorRetry, Timeout = s_timeout };

    public async Task<EcsRunTaskResult> RunTaskAsync(EcsRunTaskRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await CallAsync("RunTask", RunTaskCall.Of(request), EcsJson.Default.RunTaskCall, EcsJson.Default.TasksAnswer, cancellationToken).ConfigureAwait(false);
            return new() { Tasks = answer.ReadTasks(), Failures = answer.ReadFailures() };
        }
        catch (AwsJsonException conflict) when (conflict.ErrorCode == "ConflictException")
        {
            return new() { ConflictingTasks = conflict.ResourceIds };
        }
        catch (AwsJsonException refusal) when (refusal.IsInDoubt)
        {
            throw new IOException($"An earlier send of this request broke off and may have taken effect. The last was answered {refusal.ErrorCode}: {refusal.Message}", refusal);
        }
    }

    public async Task<EcsTask?> StopTaskAsync(string cluster, string task, string reason, CancellationToken cancellationToken)
    {
        try
        {
            var call = new StopTaskCall { Cluster = cluster, Task = task, Reason = reason };
            return (await CallAsync("StopTask", call, EcsJson.Default.StopTaskCall, EcsJson.Default.TaskAnswer, cancellationToken).ConfigureAwait(false)).Task?.Read()
                ?? throw new IOException("ECS told nothing of the task that it was to stop.");
        }
        catch (AwsJsonException refusal) when (refusal.ErrorCode == "InvalidParameterException" && refusal.Message.Contains("not found", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
    }

    public async Task<EcsDescribeTasksResult> DescribeTasksAsync(string cluster, IReadOnlyCollection<string> tasks, CancellationToken cancellationToken)
    {
        var call = new DescribeTasksCall { Cluster = cluster, Tasks = tasks };
        var answer = await CallAsync("DescribeTasks", call, EcsJson.Default.DescribeTasksCall, EcsJson.Default.TasksAnswer, cancellationToken).ConfigureAwait(false);
        return new() { Tasks = answer.ReadTasks(), Failures = answer.ReadFailures() };
    }

    public async Task<EcsListTasksResult> ListTasksAsync(EcsListTasksRequest request, CancellationToken cancellationToken)
    {
        var answer = await CallAsync("ListTasks", request, EcsJson.Default.EcsListTasksRequest, EcsJson.Default.ListTasksAnswer, cancellationToken).ConfigureAwait(false);
        return new() { TaskArns = [.. (answer.TaskArns ?? []).OfType<string>()], NextToken = string.IsNullOrEmpty(answer.NextToken) ? null : answer.NextToken };
    }

    public async Task<EcsTaskDefinition> RegisterTaskDefinitionAsync(EcsRegisterTaskDefinitionRequest request, CancellationToken cancellationToken)
    {
        var call = RegisterTaskDefinitionCall.Of(request);
        var answer = await CallAsync("RegisterTaskDefinition", call, EcsJson.Default.RegisterTaskDefinitionCall, EcsJson.Default.TaskDefinitionAnswer, cancellationToken).ConfigureAwait(false);
        return answer.Read() ?? throw new IOException("ECS told nothing of the task definition that it was to register.");
    }

    public async Task<EcsTaskDefinition?> DescribeTaskDefinitionAsync(string taskDefinition, CancellationToken cancellationToken)
    {
        try
        {
            var call = new DescribeTaskDefinitionCall { TaskDefinition = taskDefinition };
            return (await CallAsync("DescribeTaskDefinition", call, EcsJson.Default.DescribeTaskDefinitionCall, EcsJson.Default.TaskDefinitionAnswer, cancellationToken).ConfigureAwait(false)).Read();
        }
        catch (AwsJsonException refusal) when (refusal.ErrorCode == "ClientException" && s_thereIsNone.Any(words => refusal.Message.Contains(words, StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }
    }
}
