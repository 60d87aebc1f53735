using System.Net;
using System.Text.Json;
using Amazon.Runtime;
using RunnerFleet.Aws.Ecs;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.Tests.Ecs;

/// <summary>What each refusal means, and the words that a runner's history keeps of it.</summary>
public sealed class EcsRefusalTests : IDisposable
{
    private const string ToRunTask = "User: arn:aws:sts::123456789012:assumed-role/control-plane/host is not authorized to perform: ecs:RunTask on resource: arn:aws:ecs:eu-central-1:123456789012:task-definition/test-1:1 because no identity-based policy allows the ecs:RunTask action";
    private const string ToPassRole = "User: arn:aws:sts::123456789012:assumed-role/control-plane/host is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/execution because no identity-based policy allows the iam:PassRole action";

    private readonly EcsWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("ThrottlingException", "Rate exceeded", "ECS answered ThrottlingException: Rate exceeded")]
    [InlineData("InvalidParameterException", "Error retrieving subnet information for [subnet-1]: Rate exceeded (ErrorCode: Throttling)", "Rate exceeded")]
    [InlineData("InvalidParameterException", "Error retrieving security group information for [sg-1]: Request limit exceeded. (ErrorCode: RequestLimitExceeded)", "Request limit exceeded")]
    [InlineData("ClientException", "Rate exceeded", "Rate exceeded")]
    [InlineData("ServerException", "Rate exceeded", "Rate exceeded", 500)]
    [InlineData("RequestLimitExceeded", "Slow down.", "Slow down.", 503)]
    public Task Throttling_is_told_in_every_disguise(string code, string message, string words, int status = 400) => AssertAsync<LaunchOutcome.Throttled>(code, message, status, words);

    [Theory]
    [InlineData("ClientException", "You've reached the limit on the number of vCPUs you can run concurrently", "L-3032A538")]
    [InlineData("ClientException", "You’ve reached the limit on the number of tasks you can run concurrently", "L-3032A538")]
    [InlineData("ClientException", "Capacity is unavailable at this time. Please try again later or in a different availability zone", "Capacity is unavailable")]
    [InlineData("ClientException", "Tasks provisioning capacity limit exceeded.", "Too many tasks of the cluster wait for instances")]
    [InlineData("InvalidParameterException", "No Container Instances were found in your cluster.", "has no instance with room")]
    public Task Want_of_capacity_and_used_up_quotas_pass(string code, string message, string words) => AssertAsync<LaunchOutcome.NoCapacity>(code, message, 400, words);

    [Theory]
    [InlineData("ClusterNotFoundException", "Cluster not found.", "Check the ECS launcher's Cluster, and the region")]
    [InlineData("AccessDeniedException", ToRunTask, "The control plane lacks a permission. Allow it ecs:RunTask on arn:aws:ecs:eu-central-1:123456789012:task-definition/test-1:1.")]
    [InlineData("AccessDeniedException", ToPassRole, "Check the ECS launcher's ExecutionRoleArn and TaskRoleArn")]
    [InlineData("AccessDeniedException", ToPassRole, "Allow it iam:PassRole on arn:aws:iam::123456789012:role/execution.")]
    [InlineData("ClientException", "ECS was unable to assume the role 'arn:aws:iam::123456789012:role/x' that was provided for this task.", "trust ecs-tasks.amazonaws.com")]
    [InlineData("InvalidParameterException", "Unable to assume the service linked role. Please verify that the ECS service linked role exists.", "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com ECS answered")]
    [InlineData("InvalidParameterException", "Error retrieving subnet information for [subnet-9]: The subnet ID 'subnet-9' does not exist (ErrorCode: InvalidSubnetID.NotFound)", "The ECS launcher's Subnets are not right")]
    [InlineData("InvalidParameterException", "Error retrieving security group information for [sg-9]: The security group 'sg-9' does not exist (ErrorCode: InvalidGroup.NotFound)", "The ECS launcher's SecurityGroups are not right")]
    [InlineData("InvalidParameterException", "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and try again.", "Associate it with the cluster (FARGATE_SPOT for spot)")]
    [InlineData("PlatformUnknownException", "The specified platform does not exist.", "Take the ECS launcher's PlatformVersion out")]
    [InlineData("PlatformTaskDefinitionIncompatibilityException", "The specified platform does not satisfy the task definition’s required capabilities.", "Take the ECS launcher's PlatformVersion out")]
    [InlineData("UnsupportedFeatureException", "Not here.", "This region does not run such tasks")]
    [InlineData("BlockedException", "Blocked.", "AWS has blocked the account")]
    [InlineData("ClientException", "No Fargate configuration exists for given values.", "Fargate does not run this size")]
    [InlineData("InvalidParameterException", "The task couldn't be run because a valid taskRoleArn is not being used.", "EnableExecuteCommand")]
    [InlineData("UnrecognizedClientException", "The security token included in the request is invalid.", "The AWS credentials of the control plane are not valid", 403)]
    [InlineData("InvalidSignatureException", "Signature expired.", "The AWS credentials of the control plane are not valid", 403)]
    [InlineData("AnErrorOfTomorrow", "Whatever.", "ECS answered AnErrorOfTomorrow: Whatever.")]
    public Task What_would_be_refused_again_says_what_to_do(string code, string message, string words, int status = 400) => AssertAsync<LaunchOutcome.Rejected>(code, message, status, words);

    [Theory]
    [InlineData("ServerException", "Service Unavailable. Please try again later.", 500)]
    [InlineData("InternalFailure", "Oops.", 500)]
    [InlineData("ServiceUnavailable", "Oops.", 503)]
    [InlineData("ExpiredTokenException", "The security token included in the request is expired", 403)]
    [InlineData("Forbidden", "AWS answered 403.", 403)] // a proxy's: no code of AWS
    [InlineData("NotFound", "AWS answered 404.", 404)]
    public Task What_says_nothing_of_the_task_is_unknown(string code, string message, int status) => AssertAsync<LaunchOutcome.Unknown>(code, message, status, message);

    [Fact]
    public async Task Each_failure_of_placement_has_its_meaning()
    {
        (string Reason, string? Arn, string? Detail, Type Outcome, string Words)[] failures =
        [
            ("Capacity is unavailable at this time. Please try again later or in a different availability zone", null, null, typeof(LaunchOutcome.NoCapacity), "ECS did not place it: Capacity is unavailable at this time."),
            ("You’ve reached the limit on the number of vCPUs you can run concurrently", null, null, typeof(LaunchOutcome.NoCapacity), "Service Quotas, AWS Fargate, L-3032A538"),
            ("RESOURCE:CPU", "arn:c", null, typeof(LaunchOutcome.NoCapacity), "no instance with room for it"),
            ("RESOURCE:ENI", "arn:c", "more", typeof(LaunchOutcome.NoCapacity), "RESOURCE:ENI more (arn:c)"),
            ("AGENT", "arn:c", null, typeof(LaunchOutcome.NoCapacity), "AGENT"),
            ("ATTRIBUTE", "arn:c", null, typeof(LaunchOutcome.Rejected), "No instance of the capacity provider can ever run it"),
            ("MISSING", "arn:c", null, typeof(LaunchOutcome.Rejected), "A thing that the launch names is not there. ECS did not place it: MISSING (arn:c)"),
            ("INACTIVE", "arn:c", null, typeof(LaunchOutcome.Rejected), "INACTIVE (arn:c)"),
            ("A reason of tomorrow", null, null, typeof(LaunchOutcome.Rejected), "ECS did not place it: A reason of tomorrow"),
        ];

        foreach (var (reason, arn, detail, outcome, words) in failures)
        {
            _world.Ecs.FailPlacements(1, reason, arn, detail);

            var actual = await _world.Launcher.LaunchAsync(_world.Request(), _world.Cancel);

            Assert.Equal(outcome, actual.GetType());
            Assert.Contains(words, ReasonOf(actual), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_quota_of_spot_is_another_than_the_one_on_demand()
    {
        (_world.Ecs.Options.SpotVCpuQuota, _world.Ecs.Options.OnDemandVCpuQuota) = (0.5, 0.5);
        LaunchPlan Spot(LaunchPlan plan) => plan with { Capacity = CapacityKind.Spot };
        await _world.LaunchAsync(_world.Request(change: Spot));
        await _world.LaunchAsync();

        var spot = await _world.Launcher.LaunchAsync(_world.Request(change: Spot), _world.Cancel);
        var onDemand = await _world.Launcher.LaunchAsync(_world.Request(), _world.Cancel);

        Assert.Contains("quota of Fargate Spot vCPUs in this region is in use. It can be raised: Service Quotas, AWS Fargate, L-36FBB829.", Assert.IsType<LaunchOutcome.NoCapacity>(spot).Reason, StringComparison.Ordinal);
        Assert.Contains("quota of Fargate On-Demand vCPUs in this region is in use. It can be raised: Service Quotas, AWS Fargate, L-3032A538.", Assert.IsType<LaunchOutcome.NoCapacity>(onDemand).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_of_the_task_definition_counts_like_one_of_the_task()
    {
        _world.Ecs.Deny("ecs:RegisterTaskDefinition");
        var denied = await _world.Launcher.LaunchAsync(_world.Request(), _world.Cancel);
        _world.Ecs.Allow("ecs:RegisterTaskDefinition");
        _world.Aws.FailNext(1, "DescribeTaskDefinition", "ThrottlingException", "Rate exceeded");
        var throttled = await _world.Launcher.LaunchAsync(_world.Request(), _world.Cancel);

        Assert.Contains("Allow it ecs:RegisterTaskDefinition on *.", Assert.IsType<LaunchOutcome.Rejected>(denied).Reason, StringComparison.Ordinal);
        Assert.IsType<LaunchOutcome.Throttled>(throttled);
        Assert.DoesNotContain("RunTask", _world.Operations);
    }

    public static TheoryData<Exception, string> Troubles { get; } = new()
    {
        { new HttpRequestException("The connection was reset."), "The connection to ECS failed: The connection was reset." },
        { new IOException("The response ended."), "The connection to ECS failed: The response ended." },
        { new TimeoutException(), "ECS did not answer in time." },
        { new TaskCanceledException(), "ECS did not answer in time." },
        { new JsonException("No JSON."), "ECS's answer could not be read: No JSON." },
        { new AmazonClientException("No credentials\nwere found."), "ECS could not be asked: No credentials were found." },
        { new AmazonServiceException("No region."), "ECS could not be asked: No region." },
        { new AmazonUnmarshallingException("r-1", "line", new JsonException()), "ECS could not be asked" },
    };

    [Theory]
    [MemberData(nameof(Troubles), DisableDiscoveryEnumeration = true)]
    public async Task An_answer_that_does_not_come_is_unknown(Exception trouble, string words)
    {
        var outcome = await _world.NewLauncher(ecs: new StubEcs { Trouble = trouble }).LaunchAsync(_world.Request(), _world.Cancel);

        Assert.StartsWith(words, Assert.IsType<LaunchOutcome.Unknown>(outcome).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_of_the_program_is_not_hidden() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => _world.NewLauncher(ecs: new StubEcs { Trouble = new InvalidOperationException() }).LaunchAsync(_world.Request(), _world.Cancel));

    [Fact]
    public async Task Words_of_AWS_are_kept_to_one_line_of_bounded_length()
    {
        _world.Aws.FailNext(1, "RunTask", "ClientException", "first\r\nsecond " + new string('x', 5000));

        var reason = Assert.IsType<LaunchOutcome.Rejected>(await _world.Launcher.LaunchAsync(_world.Request(), _world.Cancel)).Reason;

        Assert.StartsWith("ECS answered ClientException: first  second xxx", reason, StringComparison.Ordinal);
        Assert.Equal(400, reason.Length);
    }

    private async Task AssertAsync<T>(string code, string message, int status, string words)
        where T : LaunchOutcome
    {
        var refusal = new AmazonServiceException(message, null, status < 500 ? ErrorType.Sender : ErrorType.Receiver, code, "r-1", (HttpStatusCode)status);

        var outcome = await _world.NewLauncher(ecs: new StubEcs { Trouble = refusal }).LaunchAsync(_world.Request(), _world.Cancel);

        Assert.IsType<T>(outcome);
        Assert.Contains(words, ReasonOf(outcome), StringComparison.Ordinal);
    }

    private static string ReasonOf(LaunchOutcome outcome) => outcome switch
    {
        LaunchOutcome.NoCapacity none => none.Reason,
        LaunchOutcome.Throttled throttled => throttled.Reason,
        LaunchOutcome.Rejected rejected => rejected.Reason,
        LaunchOutcome.Unknown unknown => unknown.Reason,
        _ => outcome.ToString()!,
    };
}
