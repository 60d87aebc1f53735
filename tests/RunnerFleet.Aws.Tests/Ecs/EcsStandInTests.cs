using System.Globalization;
using System.Text.Json.Nodes;
using RunnerFleet.Aws.Wire;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.Aws.Tests.Ecs;

/// <summary>The stand-in for ECS is as strict as ECS: what it takes, ECS takes.</summary>
public sealed class EcsStandInTests : IDisposable
{
    private readonly EcsWorld _world = new();
    private readonly RawEcsClient _raw;

    public EcsStandInTests() => _raw = RawEcsClient.Of(_world.Aws);

    private EcsStandIn Ecs => _world.Ecs;

    public void Dispose()
    {
        _raw.Dispose();
        _world.Dispose();
    }

    [Theory]
    [InlineData("count", "0")]
    [InlineData("count", "11")]
    [InlineData("clientToken", "\"\"")]
    [InlineData("clientToken", "\"with space\"")]
    [InlineData("clientToken", "\"0123456789012345678901234567890123456789012345678901234567890123x\"")]
    [InlineData("startedBy", "\"a:b\"")]
    [InlineData("startedBy", "\"\"")]
    [InlineData("propagateTags", "\"SERVICE\"")]
    [InlineData("launchType", "\"EC2\"")]
    [InlineData("launchType", "\"MANAGED_INSTANCES\"")]
    [InlineData("launchType", "null")]
    [InlineData("capacityProviderStrategy", """[{"capacityProvider":"FARGATE_SPOT","weight":1}]""")] // beside a launch type
    [InlineData("enableExecuteCommand", "true")] // without a task role
    [InlineData("networkConfiguration", "null")]
    [InlineData("networkConfiguration", """{"awsvpcConfiguration":{"subnets":[]}}""")]
    [InlineData("networkConfiguration", """{"awsvpcConfiguration":{"subnets":["subnet-1"],"securityGroups":["1","2","3","4","5","6"]}}""")]
    [InlineData("networkConfiguration", """{"awsvpcConfiguration":{"subnets":["subnet-1"],"assignPublicIp":"YES"}}""")]
    [InlineData("overrides", """{"ephemeralStorage":{"sizeInGiB":20}}""")]
    [InlineData("overrides", """{"ephemeralStorage":{"sizeInGiB":201}}""")]
    [InlineData("overrides", """{"containerOverrides":[{"name":"another"}]}""")]
    [InlineData("overrides", """{"containerOverrides":[{"environment":[]}]}""")]
    [InlineData("tags", """[{"key":"aws:x","value":"1"}]""")]
    [InlineData("tags", """[{"key":"","value":"1"}]""")]
    [InlineData("tags", """[{"key":"a*b","value":"1"}]""")]
    [InlineData("tags", """[{"key":"a","value":"1"},{"key":"a","value":"2"}]""")]
    [InlineData("taskDefinition", "\"nobody:1\"", "ClientException")]
    [InlineData("overrides", """{"cpu":"512","memory":"8192"}""", "ClientException")]
    [InlineData("cluster", "\"nowhere\"", "ClusterNotFoundException")]
    [InlineData("platformVersion", "\"0.1.0\"", "PlatformUnknownException")]
    [InlineData("enableEcsManagedTags", "true", "SerializationException")] // ECS spells it otherwise
    [InlineData("count", "\"1\"", "SerializationException")]
    [InlineData("startedBy", "1", "SerializationException")]
    public async Task A_bad_RunTask_is_refused(string member, string value, string code = "InvalidParameterException")
    {
        var request = await RequestAsync();
        request[member] = JsonNode.Parse(value);

        Assert.Equal(code, (await RefusedAsync("RunTask", request)).ErrorCode);
        Assert.Empty(Ecs.Tasks);
    }

    [Theory]
    [InlineData(16, null)]
    [InlineData(17, "InvalidParameterException")]
    public async Task Sixteen_subnets_fit(int count, string? code)
    {
        var request = await RequestAsync();
        request["networkConfiguration"]!["awsvpcConfiguration"]!["subnets"] = new JsonArray([.. Enumerable.Range(0, count).Select(n => (JsonNode)$"subnet-{n}")]);

        await AssertAsync(request, code);
    }

    [Theory]
    [InlineData(8192, null)]
    [InlineData(8193, "InvalidParameterException")]
    public async Task Overrides_have_8192_characters_with_all_of_their_JSON(int length, string? code)
    {
        var request = await RequestAsync();
        const string Empty = """{"containerOverrides":[{"name":"runner","environment":[{"name":"A","value":""}]}]}""";
        request["overrides"] = JsonNode.Parse(Empty.Replace("\"\"", $"\"{new string('x', length - Empty.Length)}\"", StringComparison.Ordinal));

        await AssertAsync(request, code);
    }

    [Theory]
    [InlineData(50, null)]
    [InlineData(51, "InvalidParameterException")]
    public async Task Fifty_tags_fit(int count, string? code)
    {
        var request = await RequestAsync();
        request["tags"] = new JsonArray([.. Enumerable.Range(0, count).Select(n => (JsonNode)new JsonObject { ["key"] = $"k{n}", ["value"] = "v" })]);

        await AssertAsync(request, code);
    }

    [Theory]
    [InlineData("""[{"capacityProvider":"FARGATE_SPOT","weight":1},{"capacityProvider":"FARGATE","weight":0,"base":1}]""", null)]
    [InlineData("""[{"capacityProvider":"FARGATE_SPOT","weight":1},{"capacityProvider":"instances","weight":1}]""", "InvalidParameterException")]
    [InlineData("""[{"capacityProvider":"FARGATE_SPOT","weight":0}]""", "InvalidParameterException")]
    [InlineData("""[{"capacityProvider":"FARGATE_SPOT","weight":1001}]""", "InvalidParameterException")]
    [InlineData("""[{"capacityProvider":"FARGATE_SPOT","weight":1,"base":1},{"capacityProvider":"FARGATE","weight":1,"base":1}]""", "InvalidParameterException")]
    [InlineData("""[{"capacityProvider":"somebody-elses","weight":1}]""", "InvalidParameterException")]
    public async Task A_strategy_has_rules_of_its_own(string strategy, string? code)
    {
        var request = await RequestAsync();
        request.Remove("launchType");
        request["capacityProviderStrategy"] = JsonNode.Parse(strategy);

        await AssertAsync(request, code);
    }

    [Theory]
    [InlineData("platformVersion", "\"1.4.0\"")]
    [InlineData("networkConfiguration", """{"awsvpcConfiguration":{"subnets":["subnet-1"],"assignPublicIp":"ENABLED"}}""")]
    public async Task What_only_Fargate_has_is_refused_for_instances(string member, string value)
    {
        var request = await RequestAsync();
        request.Remove("launchType");
        request["capacityProviderStrategy"] = JsonNode.Parse("""[{"capacityProvider":"instances","weight":1}]""");
        request[member] = JsonNode.Parse(value);

        await AssertAsync(request, "InvalidParameterException");
    }

    [Theory]
    [InlineData("family", "\"a b\"")]
    [InlineData("networkMode", "\"bridge\"")]
    [InlineData("cpu", "\"300\"")]
    [InlineData("memory", "\"4096\"")]
    [InlineData("ephemeralStorage", """{"sizeInGiB":20}""")]
    [InlineData("runtimePlatform", """{"cpuArchitecture":"MIPS","operatingSystemFamily":"LINUX"}""")]
    [InlineData("containerDefinitions", "[]")]
    [InlineData("containerDefinitions", """[{"name":"runner","image":""}]""")]
    [InlineData("containerDefinitions", """[{"name":"a b","image":"x"}]""")]
    [InlineData("containerDefinitions", """[{"name":"runner","image":"x","essential":false}]""")]
    [InlineData("containerDefinitions", """[{"name":"runner","image":"x"},{"name":"runner","image":"y"}]""")]
    [InlineData("containerDefinitions", """[{"name":"runner","image":"x","stopTimeout":121}]""")]
    [InlineData("containerDefinitions", """[{"name":"runner","image":"123456789012.dkr.ecr.eu-central-1.amazonaws.com/x"}]""")] // without an execution role
    [InlineData("containerDefinitions", """[{"name":"runner","image":"x","logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/x"}}}]""")]
    [InlineData("containerDefinitions", """[{"name":"runner","image":"x","logConfiguration":{"logDriver":"syslog"}}]""")]
    public async Task A_bad_task_definition_is_refused(string member, string value)
    {
        var request = Definition();
        request[member] = JsonNode.Parse(value);

        Assert.Equal("ClientException", (await RefusedAsync("RegisterTaskDefinition", request)).ErrorCode);
    }

    [Fact]
    public async Task Each_registration_is_a_revision_and_a_family_means_the_latest_that_is_active()
    {
        for (var n = 0; n < 3; n++)
        {
            await CallAsync("RegisterTaskDefinition", Definition());
        }

        Ecs.DeregisterTaskDefinition(Ecs.TaskDefinitions[2]);

        Assert.EndsWith(":2", await ArnOfAsync("test"), StringComparison.Ordinal);
        Assert.EndsWith(":1", await ArnOfAsync("test:1"), StringComparison.Ordinal);
        var inactive = await CallAsync("DescribeTaskDefinition", new() { ["taskDefinition"] = "test:3" });
        Assert.Equal("INACTIVE", (string?)inactive["taskDefinition"]!["status"]);
        var unknown = await RefusedAsync("DescribeTaskDefinition", new() { ["taskDefinition"] = "another" });
        Assert.Equal(("ClientException", "Unable to describe task definition."), (unknown.ErrorCode, unknown.Message));
        var request = await RequestAsync();
        request["taskDefinition"] = "test:3";
        Assert.Equal("TaskDefinition is inactive", (await RefusedAsync("RunTask", request)).Message);
    }

    [Fact]
    public async Task A_client_token_stands_for_one_request()
    {
        var request = await RequestAsync();
        var first = await CallAsync("RunTask", request);
        _world.Pass(40);

        Assert.True(JsonNode.DeepEquals(first, await CallAsync("RunTask", Reordered(request))), "The original result is answered.");
        request["tags"] = new JsonArray(new JsonObject { ["key"] = "k", ["value"] = "v" });
        var conflict = await RefusedAsync("RunTask", request);

        Assert.Equal("ConflictException", conflict.ErrorCode);
        Assert.Equal(Ecs.Tasks.Select(task => task.Arn), conflict.ResourceIds);
        Assert.Single(Ecs.Tasks);
    }

    [Fact]
    public async Task A_client_token_is_of_its_cluster_and_is_not_spent_on_what_was_not_placed()
    {
        Ecs.CreateCluster("others");
        var request = await RequestAsync();
        Ecs.FailPlacements(1, "RESOURCE:CPU");

        Assert.Single((await CallAsync("RunTask", request))["failures"]!.AsArray());
        await CallAsync("RunTask", request);
        request["cluster"] = "others";
        await CallAsync("RunTask", request);

        Assert.Equal(["runners", "others"], Ecs.Tasks.Select(task => task.Cluster));
    }

    [Theory]
    [InlineData(23, 1)] // the token lives
    [InlineData(24, 2)]
    public async Task A_client_token_lives_for_a_day(int hours, int tasks)
    {
        var request = await RequestAsync();
        await CallAsync("RunTask", request);
        _world.Pass(hours * 3600);

        await CallAsync("RunTask", request);

        Assert.Equal(tasks, Ecs.Tasks.Count);
    }

    [Fact]
    public async Task And_no_longer_than_an_hour_after_its_task()
    {
        var request = await RequestAsync();
        var arn = (string)(await CallAsync("RunTask", request))["tasks"]![0]!["taskArn"]!;
        Ecs.FailToStart(arn, "why");
        _world.Pass(3609);
        await CallAsync("RunTask", request);
        Assert.Equal(arn, Assert.Single(Ecs.Tasks).Arn);

        _world.Pass(1);
        await CallAsync("RunTask", request);

        Assert.NotEqual(arn, Assert.Single(Ecs.Tasks).Arn);
    }

    [Fact]
    public async Task Of_several_tasks_some_may_be_placed_and_some_not()
    {
        var request = await RequestAsync();
        request["count"] = 3;
        Ecs.FailPlacements(2, "RESOURCE:MEMORY", "arn:c");

        var answer = await CallAsync("RunTask", request);

        Assert.Single(answer["tasks"]!.AsArray());
        Assert.Equal(["RESOURCE:MEMORY", "RESOURCE:MEMORY"], answer["failures"]!.AsArray().Select(failure => (string?)failure!["reason"]));
    }

    [Fact]
    public async Task A_task_goes_its_way_by_the_clock()
    {
        var began = _world.Clock.GetUtcNow();
        var arn = await RunAsync();
        var seen = new List<string>();
        for (var seconds = 0; seconds <= 60; seconds++)
        {
            if (seconds == 40)
            {
                Ecs.EndTask(arn, 0);
            }

            seen.Add(Ecs.Tasks[0].LastStatus);
            _world.Pass(1);
        }

        Assert.Equal(["PROVISIONING", "PENDING", "RUNNING", "DEPROVISIONING", "STOPPED"], seen.Distinct());
        var task = await DescribeAsync(arn);
        Assert.Equal(
            [0, 8, 28, 28, 40, 40, 50],
            new[] { "createdAt", "pullStartedAt", "pullStoppedAt", "startedAt", "stoppingAt", "executionStoppedAt", "stoppedAt" }.Select(name => (int)((double)task[name]! - began.ToUnixTimeSeconds())));
        Assert.Equal(("EssentialContainerExited", "Essential container in task exited"), ((string?)task["stopCode"], (string?)task["stoppedReason"]));
        Assert.Equal(0, (int?)task["containers"]![0]!["exitCode"]);
        Assert.Equal(5, (int?)task["version"]);
        _world.Pass(3600);
        Assert.Empty(Ecs.Tasks);
    }

    [Fact]
    public async Task A_task_may_exit_as_soon_as_it_runs()
    {
        Ecs.Runs = task => task.Cpu == 512 ? 7 : null;
        await RunAsync();

        _world.Pass(60);

        Assert.Equal(("STOPPED", 7), (Ecs.Tasks[0].LastStatus, Ecs.Tasks[0].ExitCode));
    }

    [Fact]
    public async Task A_stop_takes_its_time_and_before_the_start_there_is_no_exit_code()
    {
        var (early, late) = (await RunAsync(), await RunAsync());
        await CallAsync("StopTask", new() { ["cluster"] = "runners", ["task"] = early, ["reason"] = "early" });
        _world.Pass(30);
        await CallAsync("StopTask", new() { ["cluster"] = "runners", ["task"] = late[(late.LastIndexOf('/') + 1)..] });
        var seen = new List<string>();
        for (var half = 0; half <= 30; half++)
        {
            seen.Add(Ecs.Tasks[1].LastStatus);
            _world.Pass(0.5);
        }

        Assert.Equal(["DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"], seen.Distinct());
        Assert.Equal([(null, "early"), (143, "Task stopped by user")], Ecs.Tasks.Select(task => (task.ExitCode, task.StoppedReason)));
    }

    [Fact]
    public async Task A_stop_of_what_is_not_there_is_refused()
    {
        var refused = await RefusedAsync("StopTask", new() { ["cluster"] = "runners", ["task"] = "0123" });
        var tooLong = await RefusedAsync("StopTask", new() { ["cluster"] = "runners", ["task"] = await RunAsync(), ["reason"] = new string('x', 256) });

        Assert.Equal(("InvalidParameterException", "The referenced task was not found."), (refused.ErrorCode, refused.Message));
        Assert.Equal("InvalidParameterException", tooLong.ErrorCode);
    }

    [Fact]
    public async Task An_interruption_is_told_two_minutes_before_it_kills()
    {
        var request = await RequestAsync();
        request.Remove("launchType");
        request["capacityProviderStrategy"] = JsonNode.Parse("""[{"capacityProvider":"FARGATE_SPOT","weight":1}]""");
        var arn = (string)(await CallAsync("RunTask", request))["tasks"]![0]!["taskArn"]!;
        _world.Pass(30);
        Ecs.TakeEvents();

        Ecs.InterruptSpot(arn);
        _world.Pass(119);
        Assert.Equal(("RUNNING", "STOPPED", "SpotInterruption"), (Ecs.Tasks[0].LastStatus, Ecs.Tasks[0].DesiredStatus, Ecs.Tasks[0].StopCode));
        _world.Pass(11);

        Assert.Equal(("STOPPED", 137), (Ecs.Tasks[0].LastStatus, Ecs.Tasks[0].ExitCode));
        Assert.Equal([("RUNNING", "STOPPED"), ("DEPROVISIONING", "STOPPED"), ("STOPPED", "STOPPED")], Ecs.TakeEvents().Select(DetailOf).Select(detail => ((string)detail["lastStatus"]!, (string)detail["desiredStatus"]!)));
    }

    [Fact]
    public async Task Events_have_the_shape_that_EventBridge_delivers()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "RunnerFleet.sln")))
        {
            root = root.Parent;
        }

        var folder = Environment.GetEnvironmentVariable("RUNNERFLEET_FIXTURES") ?? Path.Combine(root?.FullName ?? ".", "..", "shared", "fixtures");
        var path = Path.GetFullPath(Path.Combine(folder, "aws-events", "ecs-task-state-change.stopped.derived.json"));
        Assert.SkipUnless(File.Exists(path), $"The fixture {path} is not there; RUNNERFLEET_FIXTURES may name the folder of the fixtures.");
        var recorded = (JsonObject)JsonNode.Parse(await File.ReadAllTextAsync(path, _world.Cancel))!;
        var arn = await RunAsync();
        _world.Pass(30);
        Ecs.EndTask(arn, 0);
        _world.Pass(10);

        var made = (JsonObject)JsonNode.Parse(Ecs.EventOf(arn))!;

        Assert.Equal(recorded.Select(member => member.Key).Order(StringComparer.Ordinal), made.Select(member => member.Key).Order(StringComparer.Ordinal));
        string[] notKept = ["availabilityZone", "connectivity", "connectivityAt"];
        var missing = ((JsonObject)recorded["detail"]!).Select(member => member.Key).Except(((JsonObject)made["detail"]!).Select(member => member.Key));
        Assert.Equal(notKept.Order(StringComparer.Ordinal), missing.Order(StringComparer.Ordinal));
        Assert.All(((JsonObject)recorded["detail"]!).Where(member => made["detail"]![member.Key] is not null), member => Assert.Equal(member.Value!.GetValueKind(), made["detail"]![member.Key]!.GetValueKind()));
        Assert.Equal((arn, "2026-11-01T12:00:00.000Z", "2026-11-01T12:00:40Z"), ((string?)made["resources"]![0], (string?)made["detail"]!["createdAt"], (string?)made["time"]));
    }

    [Fact]
    public async Task Every_change_is_an_event_with_the_next_version()
    {
        var arn = await RunAsync();
        _world.Pass(30);
        await CallAsync("StopTask", new() { ["cluster"] = "runners", ["task"] = arn });
        _world.Pass(30);

        var details = Ecs.TakeEvents().Select(DetailOf).ToArray();

        Assert.Equal(["PROVISIONING", "PENDING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"], details.Select(detail => (string?)detail["lastStatus"]));
        Assert.Equal(Enumerable.Range(1, 7), details.Select(detail => (int)detail["version"]!));
        Assert.Empty(Ecs.TakeEvents());
    }

    [Fact]
    public async Task Descriptions_name_what_is_missing_and_take_a_hundred_at_once()
    {
        var arn = await RunAsync();

        var answer = await CallAsync("DescribeTasks", new() { ["cluster"] = "runners", ["tasks"] = new JsonArray(arn, "0123"), ["include"] = new JsonArray("TAGS") });

        Assert.Equal(arn, (string?)Assert.Single(answer["tasks"]!.AsArray())!["taskArn"]);
        Assert.NotNull(answer["tasks"]![0]!["tags"]);
        Assert.Equal(("MISSING", "arn:aws:ecs:eu-central-1:123456789012:task/runners/0123"), ((string?)answer["failures"]![0]!["reason"], (string?)answer["failures"]![0]!["arn"]));
        Assert.Equal("InvalidParameterException", (await RefusedAsync("DescribeTasks", new() { ["cluster"] = "runners", ["tasks"] = new JsonArray() })).ErrorCode);
        var many = new JsonArray([.. Enumerable.Range(0, 101).Select(n => (JsonNode)n.ToString(CultureInfo.InvariantCulture))]);
        Assert.Equal("InvalidParameterException", (await RefusedAsync("DescribeTasks", new() { ["cluster"] = "runners", ["tasks"] = many })).ErrorCode);
    }

    [Fact]
    public async Task A_new_task_may_be_unknown_for_a_while()
    {
        Ecs.Options.ConsistencyDelay = TimeSpan.FromSeconds(5);
        var arn = await RunAsync();

        Assert.Empty((await CallAsync("ListTasks", new() { ["cluster"] = "runners" }))["taskArns"]!.AsArray());
        Assert.Single((await CallAsync("DescribeTasks", new() { ["cluster"] = "runners", ["tasks"] = new JsonArray(arn) }))["failures"]!.AsArray());
        Assert.Equal("The referenced task was not found.", (await RefusedAsync("StopTask", new() { ["cluster"] = "runners", ["task"] = arn })).Message);
        _world.Pass(5);

        Assert.Single((await CallAsync("ListTasks", new() { ["cluster"] = "runners" }))["taskArns"]!.AsArray());
    }

    [Fact]
    public async Task Listings_are_filtered_and_paged()
    {
        var arns = new List<string>();
        for (var n = 0; n < 3; n++)
        {
            arns.Add(await RunAsync($"test/{n}"));
        }

        await CallAsync("StopTask", new() { ["cluster"] = "runners", ["task"] = arns[1] });

        Assert.Equal([arns[0], arns[2]], await ListAsync(new()));
        Assert.Equal([arns[1]], await ListAsync(new() { ["desiredStatus"] = "STOPPED" }));
        Assert.Empty(await ListAsync(new() { ["desiredStatus"] = "PENDING" }));
        Assert.Equal([arns[2]], await ListAsync(new() { ["startedBy"] = "test/2" }));
        Assert.Equal([arns[1]], await ListAsync(new() { ["startedBy"] = "test/1", ["desiredStatus"] = "STOPPED" }));
        Assert.Empty(await ListAsync(new() { ["family"] = "another" }));
        Assert.Equal("cannot specify startedBy with other arguments", (await RefusedAsync("ListTasks", new() { ["cluster"] = "runners", ["startedBy"] = "test/2", ["family"] = "test" })).Message);
        var page = await CallAsync("ListTasks", new() { ["cluster"] = "runners", ["maxResults"] = 1 });
        Assert.Equal([arns[0]], page["taskArns"]!.AsArray().Select(arn => (string)arn!));
        Assert.Equal([arns[2]], await ListAsync(new() { ["maxResults"] = 1, ["nextToken"] = (string?)page["nextToken"] }));
        Assert.Equal("InvalidParameterException", (await RefusedAsync("ListTasks", new() { ["cluster"] = "runners", ["maxResults"] = 101 })).ErrorCode);
    }

    [Fact]
    public async Task Capacity_runs_out_by_provider_by_subnet_and_by_quota()
    {
        var request = await RequestAsync();
        Ecs.Exhaust("subnet-1");
        await RunAsync();
        Ecs.Exhaust("subnet-2");
        Assert.StartsWith("Capacity is unavailable", await FailureAsync(request), StringComparison.Ordinal);
        Ecs.Replenish("subnet-1");
        Ecs.Exhaust("FARGATE");
        Assert.StartsWith("Capacity is unavailable", await FailureAsync(request), StringComparison.Ordinal);
        Ecs.Replenish("FARGATE");
        Ecs.Options.OnDemandVCpuQuota = 0.75;

        Assert.Contains("limit on the number of vCPUs", await FailureAsync(request), StringComparison.Ordinal);
        Ecs.FailToStart(Ecs.Tasks[0].Arn, "why");
        _world.Pass(10);
        Assert.Null(await FailureAsync(request));
    }

    [Fact]
    public async Task Rates_are_those_of_AWS_if_wished()
    {
        Ecs.Options.UseRatesOfAws();
        var request = await RequestAsync();
        request.Remove("clientToken");
        for (var n = 0; n < 20; n++)
        {
            await CallAsync("RunTask", request);
        }

        Assert.Equal("ThrottlingException", (await RefusedAsync("RunTask", request)).ErrorCode);
        _world.Pass(0.5);
        for (var n = 0; n < 10; n++)
        {
            await CallAsync("RunTask", request);
        }

        Assert.Equal("ThrottlingException", (await RefusedAsync("RunTask", request)).ErrorCode);
    }

    [Fact]
    public async Task What_is_denied_or_deleted_is_refused_in_AWSs_words()
    {
        var request = await RequestAsync();
        Ecs.Deny("ecs:RunTask");
        Assert.Contains("is not authorized to perform: ecs:RunTask on resource: arn:aws:ecs:", (await RefusedAsync("RunTask", request)).Message, StringComparison.Ordinal);
        Ecs.Allow("ecs:RunTask");
        Ecs.DeleteNetwork("sg-1");
        Assert.Contains("InvalidGroup.NotFound", (await RefusedAsync("RunTask", request)).Message, StringComparison.Ordinal);
        Ecs.DeleteNetwork("subnet-2");
        Assert.Contains("InvalidSubnetID.NotFound", (await RefusedAsync("RunTask", request)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operation_that_fleets_do_not_use_is_refused_by_name() =>
        Assert.Contains("CreateService", (await RefusedAsync("CreateService", [])).Message, StringComparison.Ordinal);

    private static JsonObject Definition() => (JsonObject)JsonNode.Parse(
        """
        {
          "family":"test","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512",
          "containerDefinitions":[{"name":"runner","image":"registry.example/runner:1","essential":true}]
        }
        """)!;

    private async Task<JsonObject> RequestAsync()
    {
        if (Ecs.TaskDefinitions.Count == 0)
        {
            await CallAsync("RegisterTaskDefinition", Definition());
        }

        return (JsonObject)JsonNode.Parse(
            """
            {
              "cluster":"runners","taskDefinition":"test","count":1,"clientToken":"token","startedBy":"test/1","launchType":"FARGATE",
              "networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1","subnet-2"],"securityGroups":["sg-1"],"assignPublicIp":"DISABLED"}},
              "overrides":{"cpu":"512","memory":"1024","containerOverrides":[{"name":"runner","environment":[{"name":"A","value":"1"}]}]}
            }
            """)!;
    }

    private async Task<string> RunAsync(string startedBy = "test/1")
    {
        var request = await RequestAsync();
        request.Remove("clientToken");
        request["startedBy"] = startedBy;
        return (string)(await CallAsync("RunTask", request))["tasks"]![0]!["taskArn"]!;
    }

    private async Task<string?> FailureAsync(JsonObject request) => (string?)(await CallAsync("RunTask", request))["failures"]!.AsArray().SingleOrDefault()?["reason"];

    private async Task<JsonNode> DescribeAsync(string arn) => (await CallAsync("DescribeTasks", new() { ["cluster"] = "runners", ["tasks"] = new JsonArray(arn) }))["tasks"]![0]!;

    private async Task<IEnumerable<string>> ListAsync(JsonObject request)
    {
        request["cluster"] = "runners";
        return (await CallAsync("ListTasks", request))["taskArns"]!.AsArray().Select(arn => (string)arn!);
    }

    private async Task<string> ArnOfAsync(string name) => (string)(await CallAsync("DescribeTaskDefinition", new() { ["taskDefinition"] = name }))["taskDefinition"]!["taskDefinitionArn"]!;

    private async Task AssertAsync(JsonObject request, string? code)
    {
        if (code is null)
        {
            Assert.Single((await CallAsync("RunTask", request))["tasks"]!.AsArray());
        }
        else
        {
            Assert.Equal(code, (await RefusedAsync("RunTask", request)).ErrorCode);
        }
    }

    private Task<JsonObject> CallAsync(string operation, JsonObject body) => _raw.CallAsync(operation, body, _world.Cancel);

    private Task<AwsJsonException> RefusedAsync(string operation, JsonObject body) => Assert.ThrowsAsync<AwsJsonException>(() => CallAsync(operation, body));

    private static JsonObject DetailOf(string json) => (JsonObject)JsonNode.Parse(json)!["detail"]!;

    private static JsonObject Reordered(JsonObject request) => new(request.Reverse().Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone())));
}
