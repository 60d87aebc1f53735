using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Amazon;
using Amazon.Extensions.NETCore.Setup;
using Amazon.Runtime;
using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Aws.Ecs;
using RunnerFleet.Aws.Tests.Wire;
using RunnerFleet.Aws.Wire;

namespace RunnerFleet.Aws.Tests.Ecs;

/// <summary>What the client writes and reads, byte by byte. Answers have the shapes of AWS's API reference, ECS, with members that nobody reads.</summary>
public sealed class EcsClientTests
{
    private const string Arn = "arn:aws:ecs:eu-central-1:123456789012:task/runners/0123456789abcdef0123456789abcdef";

    private static readonly EcsRunTaskRequest s_task = new()
    {
        Cluster = "runners",
        TaskDefinition = "arn:aws:ecs:eu-central-1:123456789012:task-definition/test-1:2",
        ClientToken = "test/01A/1",
        StartedBy = "test/01A/1",
        Subnets = ["subnet-1", "subnet-2"],
        Container = "runner",
        Environment = new SortedDictionary<string, string> { ["A"] = "1", ["B"] = "two" },
        Cpu = 512,
        MemoryMiB = 1024,
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_task_on_Fargate_is_asked_for_by_launch_type()
    {
        using var peer = new Peer(Peer.Answer(200, """{"tasks":[],"failures":[]}"""));
        using var client = Client(peer);

        await client.RunTaskAsync(s_task, Cancel);

        var sent = Assert.Single(peer.Requests);
        Assert.Equal("AmazonEC2ContainerServiceV20141113.RunTask", sent.Headers["x-amz-target"]);
        Assert.Equal("https://ecs.eu-central-1.amazonaws.com/", sent.Uri.AbsoluteUri);
        Assert.Contains("/eu-central-1/ecs/aws4_request", sent.Headers["authorization"], StringComparison.Ordinal);
        AssertJson(
            """
            {
              "cluster":"runners","taskDefinition":"arn:aws:ecs:eu-central-1:123456789012:task-definition/test-1:2","count":1,
              "clientToken":"test/01A/1","startedBy":"test/01A/1","launchType":"FARGATE",
              "networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1","subnet-2"],"assignPublicIp":"DISABLED"}},
              "overrides":{"cpu":"512","memory":"1024","containerOverrides":[{"name":"runner","environment":[{"name":"A","value":"1"},{"name":"B","value":"two"}]}]},
              "tags":[]
            }
            """,
            sent);
    }

    [Fact]
    public async Task A_task_of_a_capacity_provider_is_asked_for_with_all_that_can_be_said()
    {
        using var peer = new Peer(Peer.Answer(200, "{}"));
        using var client = Client(peer);

        await client.RunTaskAsync(s_task with
        {
            CapacityProvider = "FARGATE_SPOT",
            PlatformVersion = "1.4.0",
            SecurityGroups = ["sg-1"],
            AssignPublicIp = true,
            EphemeralStorageGiB = 50,
            Tags = new Dictionary<string, string> { ["team"] = "build" },
            PropagateTags = true,
            EnableEcsManagedTags = true,
            EnableExecuteCommand = true,
        }, Cancel);

        AssertJson(
            """
            {
              "cluster":"runners","taskDefinition":"arn:aws:ecs:eu-central-1:123456789012:task-definition/test-1:2","count":1,
              "clientToken":"test/01A/1","startedBy":"test/01A/1","capacityProviderStrategy":[{"capacityProvider":"FARGATE_SPOT","weight":1}],"platformVersion":"1.4.0",
              "networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1","subnet-2"],"securityGroups":["sg-1"],"assignPublicIp":"ENABLED"}},
              "overrides":{"cpu":"512","memory":"1024","ephemeralStorage":{"sizeInGiB":50},"containerOverrides":[{"name":"runner","environment":[{"name":"A","value":"1"},{"name":"B","value":"two"}]}]},
              "tags":[{"key":"team","value":"build"}],"propagateTags":"TASK_DEFINITION","enableECSManagedTags":true,"enableExecuteCommand":true
            }
            """,
            Assert.Single(peer.Requests));
    }

    [Fact]
    public async Task A_task_is_read_whatever_else_is_said_of_it()
    {
        using var peer = new Peer(Peer.Answer(200, $$"""
            {
              "failures":[],
              "tasks":[{
                "attachments":[{"id":"1","type":"ElasticNetworkInterface","status":"PRECREATED","details":[]}],
                "attributes":[{"name":"ecs.cpu-architecture","value":"x86_64"}],
                "clusterArn":"arn:aws:ecs:eu-central-1:123456789012:cluster/runners",
                "containers":[{"containerArn":"arn:x","name":"runner","lastStatus":"STOPPED","exitCode":137,"reason":"OutOfMemoryError","cpu":256,"networkBindings":[]},null],
                "createdAt":1761998400.123,"pullStartedAt":"2025-11-01T12:00:05.5Z","startedAt":1761998410,"stoppedAt":{"what":"is this"},
                "desiredStatus":"STOPPED","lastStatus":"A_NEW_STATUS","launchType":"FARGATE","version":3,"startedBy":"test/01A/1",
                "stopCode":"ANewCode","stoppedReason":"why","taskArn":"{{Arn}}","fargateEphemeralStorage":{"sizeInGiB":20}
              },{"lastStatus":"RUNNING"},null]
            }
            """));
        using var client = Client(peer);

        var task = Assert.Single((await client.RunTaskAsync(s_task, Cancel)).Tasks);

        Assert.Equal((Arn, "arn:aws:ecs:eu-central-1:123456789012:cluster/runners"), (task.TaskArn, task.ClusterArn));
        Assert.Equal(("A_NEW_STATUS", "STOPPED", "test/01A/1"), (task.LastStatus, task.DesiredStatus, task.StartedBy));
        Assert.Equal(new DateTimeOffset(2025, 11, 1, 12, 0, 0, 123, TimeSpan.Zero), task.CreatedAt);
        Assert.Equal(new DateTimeOffset(2025, 11, 1, 12, 0, 5, 500, TimeSpan.Zero), task.PullStartedAt);
        Assert.Equal(new DateTimeOffset(2025, 11, 1, 12, 0, 10, TimeSpan.Zero), task.StartedAt);
        Assert.Null(task.StoppedAt);
        Assert.Equal(("ANewCode", "why"), (task.StopCode, task.StoppedReason));
        Assert.Equal(new EcsContainer { Name = "runner", ExitCode = 137, Reason = "OutOfMemoryError" }, Assert.Single(task.Containers));
    }

    [Fact]
    public async Task A_task_that_was_not_placed_is_a_failure_though_the_answer_is_200()
    {
        using var peer = new Peer(Peer.Answer(200, """{"tasks":[],"failures":[{"arn":"arn:c","reason":"RESOURCE:CPU","detail":"more"},{"reason":"Capacity is unavailable at this time."}]}"""));
        using var client = Client(peer);

        var result = await client.RunTaskAsync(s_task, Cancel);

        Assert.Equal([new EcsFailure { Arn = "arn:c", Reason = "RESOURCE:CPU", Detail = "more" }, new EcsFailure { Reason = "Capacity is unavailable at this time." }], result.Failures);
        Assert.Empty(result.Tasks);
        Assert.Null(result.ConflictingTasks);
    }

    [Fact]
    public async Task A_conflict_names_the_tasks_that_are_there()
    {
        using var peer = new Peer(Peer.Answer(400, $$"""{"__type":"ConflictException","message":"In use.","resourceIds":["{{Arn}}"]}"""));
        using var client = Client(peer);

        Assert.Equal([Arn], (await client.RunTaskAsync(s_task, Cancel)).ConflictingTasks);
    }

    [Fact]
    public async Task A_refusal_is_an_exception_with_its_code()
    {
        using var peer = new Peer(Peer.Answer(400, """{"__type":"ClusterNotFoundException","message":"Cluster not found."}"""));
        using var client = Client(peer);

        var refusal = await Assert.ThrowsAnyAsync<AmazonServiceException>(() => client.RunTaskAsync(s_task, Cancel));

        Assert.Equal(("ClusterNotFoundException", "Cluster not found.", HttpStatusCode.BadRequest), (refusal.ErrorCode, refusal.Message, refusal.StatusCode));
    }

    [Theory]
    [InlineData("broken connection")]
    [InlineData("server error")]
    public async Task A_refusal_after_a_send_that_broke_off_says_nothing_about_that_send(string first)
    {
        using var peer = new Peer(
            first == "server error" ? Peer.Answer(500, """{"__type":"ServerException","message":"Oops."}""") : Peer.Reset(),
            Peer.Answer(400, """{"__type":"InvalidParameterException","message":"No."}"""));
        using var client = Client(peer, config => config.MaxErrorRetry = 2);

        var doubt = await Assert.ThrowsAsync<IOException>(() => client.RunTaskAsync(s_task, Cancel));

        Assert.Equal(2, peer.Requests.Count);
        Assert.Contains("InvalidParameterException: No.", doubt.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_after_refusals_is_certain()
    {
        using var peer = new Peer(
            Peer.Answer(400, """{"__type":"ThrottlingException","message":"Rate exceeded"}"""),
            Peer.Answer(400, """{"__type":"InvalidParameterException","message":"No."}"""));
        using var client = Client(peer, config => config.MaxErrorRetry = 2);

        Assert.Equal("InvalidParameterException", (await Assert.ThrowsAnyAsync<AmazonServiceException>(() => client.RunTaskAsync(s_task, Cancel))).ErrorCode);
        Assert.Equal(2, peer.Requests.Count);
    }

    [Fact]
    public async Task A_conflict_after_a_send_that_broke_off_names_its_task()
    {
        using var peer = new Peer(Peer.Reset(), Peer.Answer(400, $$"""{"__type":"ConflictException","resourceIds":["{{Arn}}"]}"""));
        using var client = Client(peer, config => config.MaxErrorRetry = 2);

        Assert.Equal([Arn], (await client.RunTaskAsync(s_task, Cancel)).ConflictingTasks);
    }

    [Fact]
    public async Task A_stop_is_told_with_its_reason_and_its_task_is_read()
    {
        using var peer = new Peer(Peer.Answer(200, $$"""{"task":{"taskArn":"{{Arn}}","clusterArn":"c","lastStatus":"RUNNING","desiredStatus":"STOPPED"} }"""));
        using var client = Client(peer);

        var task = await client.StopTaskAsync("runners", Arn, "because", Cancel);

        Assert.Equal(("RUNNING", "STOPPED"), (task?.LastStatus, task?.DesiredStatus));
        AssertJson($$"""{"cluster":"runners","task":"{{Arn}}","reason":"because"}""", Assert.Single(peer.Requests));
    }

    [Fact]
    public async Task What_ECS_does_not_know_cannot_be_stopped_and_that_is_no_error()
    {
        using var peer = new Peer(Peer.Answer(400, """{"__type":"InvalidParameterException","message":"The referenced task was not found."}"""));
        using var client = Client(peer);

        Assert.Null(await client.StopTaskAsync("runners", Arn, "because", Cancel));
    }

    [Fact]
    public async Task Another_refusal_of_a_stop_is_an_error()
    {
        using var peer = new Peer(Peer.Answer(400, """{"__type":"ClusterNotFoundException","message":"Cluster not found."}"""));
        using var client = Client(peer);

        await Assert.ThrowsAnyAsync<AmazonServiceException>(() => client.StopTaskAsync("runners", Arn, "because", Cancel));
    }

    [Fact]
    public async Task Tasks_are_described_with_those_that_are_missing()
    {
        using var peer = new Peer(Peer.Answer(200, $$"""{"tasks":[{"taskArn":"{{Arn}}","clusterArn":"c","lastStatus":"RUNNING"}],"failures":[{"arn":"arn:2","reason":"MISSING"}]}"""));
        using var client = Client(peer);

        var described = await client.DescribeTasksAsync("runners", [Arn, "arn:2"], Cancel);

        Assert.Equal(Arn, Assert.Single(described.Tasks).TaskArn);
        Assert.Equal(new EcsFailure { Arn = "arn:2", Reason = "MISSING" }, Assert.Single(described.Failures));
        AssertJson($$"""{"cluster":"runners","tasks":["{{Arn}}","arn:2"]}""", Assert.Single(peer.Requests));
    }

    [Fact]
    public async Task Tasks_are_listed_page_by_page()
    {
        using var peer = new Peer(Peer.Answer(200, """{"taskArns":["arn:1","arn:2"],"nextToken":"n"}"""), Peer.Answer(200, """{"taskArns":[],"nextToken":""}"""));
        using var client = Client(peer);

        var first = await client.ListTasksAsync(new() { Cluster = "runners", StartedBy = "test/01A/1", DesiredStatus = "STOPPED", MaxResults = 2 }, Cancel);
        var last = await client.ListTasksAsync(new() { Cluster = "runners", NextToken = first.NextToken }, Cancel);

        Assert.Equal(["arn:1", "arn:2"], first.TaskArns);
        Assert.Empty(last.TaskArns);
        Assert.Null(last.NextToken);
        AssertJson("""{"cluster":"runners","startedBy":"test/01A/1","desiredStatus":"STOPPED","maxResults":2}""", peer.Requests[0]);
        AssertJson("""{"cluster":"runners","nextToken":"n"}""", peer.Requests[1]);
    }

    [Fact]
    public async Task A_task_definition_is_registered_whole()
    {
        using var peer = new Peer(Peer.Answer(200, """{"taskDefinition":{"taskDefinitionArn":"arn:d:1","status":"ACTIVE","revision":1,"registeredAt":1.5},"tags":[]}"""));
        using var client = Client(peer);

        var registered = await client.RegisterTaskDefinitionAsync(new()
        {
            Family = "test-1",
            Container = "runner",
            Image = "registry.example/runner@sha256:1",
            CpuArchitecture = "ARM64",
            OperatingSystemFamily = "LINUX",
            RequiresFargate = true,
            Cpu = 256,
            MemoryMiB = 512,
            MemoryReservationMiB = 128,
            ExecutionRoleArn = "arn:role/execution",
            TaskRoleArn = "arn:role/task",
            StopTimeoutSeconds = 120,
            InitProcessEnabled = true,
            LogDriver = "awslogs",
            LogOptions = new SortedDictionary<string, string> { ["awslogs-group"] = "/runners", ["awslogs-region"] = "eu-central-1" },
        }, Cancel);

        Assert.Equal(new EcsTaskDefinition { TaskDefinitionArn = "arn:d:1", Status = "ACTIVE" }, registered);
        AssertJson(
            """
            {
              "family":"test-1","taskRoleArn":"arn:role/task","executionRoleArn":"arn:role/execution","networkMode":"awsvpc",
              "containerDefinitions":[{
                "name":"runner","image":"registry.example/runner@sha256:1","essential":true,"memoryReservation":128,"stopTimeout":120,"linuxParameters":{"initProcessEnabled":true},
                "logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/runners","awslogs-region":"eu-central-1"}}
              }],
              "requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512","runtimePlatform":{"cpuArchitecture":"ARM64","operatingSystemFamily":"LINUX"}
            }
            """,
            Assert.Single(peer.Requests));
    }

    [Theory]
    [InlineData("Unable to describe task definition.")]
    [InlineData("The specified task definition does not exist. Specify a valid account, family, revision and try again.")]
    public async Task A_task_definition_that_is_not_there_is_none(string message)
    {
        using var peer = new Peer(Peer.Answer(400, $$"""{"__type":"ClientException","message":"{{message}}"}"""));
        using var client = Client(peer);

        Assert.Null(await client.DescribeTaskDefinitionAsync("test-1", Cancel));
        AssertJson("""{"taskDefinition":"test-1"}""", Assert.Single(peer.Requests));
    }

    [Fact]
    public async Task A_task_definition_that_could_not_be_read_may_be_there()
    {
        using var peer = new Peer(Peer.Answer(400, """{"__type":"ClientException","message":"Rate exceeded"}"""));
        using var client = Client(peer);

        await Assert.ThrowsAnyAsync<AmazonServiceException>(() => client.DescribeTaskDefinitionAsync("test-1", Cancel));
    }

    [Fact]
    public void A_client_of_its_own_is_made_with_the_settings_of_the_application()
    {
        using var services = new ServiceCollection()
            .AddSingleton(new AWSOptions { Region = RegionEndpoint.EUWest1, Credentials = EchoClient.Credentials })
            .BuildServiceProvider();

        using var client = (AmazonServiceClient)AwsClients.Create<IEcsClient>(services);

        Assert.Equal(RegionEndpoint.EUWest1, client.Config.RegionEndpoint);
        Assert.Equal((4, TimeSpan.FromSeconds(10)), (client.Config.MaxErrorRetry, client.Config.Timeout));
    }

    [Fact]
    public void The_application_may_set_retries_and_time_limit_itself()
    {
        var options = new AWSOptions { Region = RegionEndpoint.EUWest1, Credentials = EchoClient.Credentials };
        options.DefaultClientConfig.MaxErrorRetry = 1;
        options.DefaultClientConfig.Timeout = TimeSpan.FromSeconds(3);
        using var services = new ServiceCollection().AddSingleton(options).BuildServiceProvider();

        using var client = (AmazonServiceClient)AwsClients.Create<IEcsClient>(services);

        Assert.Equal((1, TimeSpan.FromSeconds(3)), (client.Config.MaxErrorRetry, client.Config.Timeout));
    }

    private static EcsClient Client(Peer peer, Action<AwsJsonConfig>? configure = null)
    {
        var config = EcsClient.CreateConfig();
        config.RegionEndpoint = RegionEndpoint.EUCentral1;
        config.HttpClientFactory = new PeerFactory(peer);
        config.MaxErrorRetry = 0;
        configure?.Invoke(config);
        return new EcsClient(EchoClient.Credentials, config);
    }

    private static void AssertJson(string expected, Sent sent)
    {
        var body = Encoding.UTF8.GetString(sent.Body);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(body)), $"Sent: {body}");
    }
}
