using System.Text.Json.Nodes;
using RunnerFleet.Aws.Ecs;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.Tests.Ecs;

public sealed class EcsLaunchTests : IDisposable
{
    private readonly EcsWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_launch_is_one_call_once_the_task_definition_is_known()
    {
        await _world.LaunchAsync();
        Assert.Equal(["DescribeTaskDefinition", "RegisterTaskDefinition", "RunTask"], _world.Operations);
        _world.Aws.ForgetCalls();

        await _world.LaunchAsync();
        await _world.LaunchAsync();

        Assert.Equal(["RunTask", "RunTask"], _world.Operations);
    }

    [Fact]
    public async Task A_host_that_comes_later_finds_the_task_definition()
    {
        await _world.LaunchAsync();
        _world.Aws.ForgetCalls();

        Assert.IsType<LaunchOutcome.Launched>(await _world.NewLauncher().LaunchAsync(_world.Request(), _world.Cancel));

        Assert.Equal(["DescribeTaskDefinition", "RunTask"], _world.Operations);
        Assert.Single(_world.Ecs.TaskDefinitions);
    }

    [Fact]
    public async Task Launches_at_once_look_a_task_definition_up_once()
    {
        using var gate = new GatedEcs(_world.NewClient(), waitsFor: 1);
        var launcher = _world.NewLauncher(ecs: gate);

        var launches = Enumerable.Range(0, 16).Select(_ => launcher.LaunchAsync(_world.Request(), _world.Cancel)).ToArray();
        gate.Open();

        Assert.All(await Task.WhenAll(launches), outcome => Assert.IsType<LaunchOutcome.Launched>(outcome));
        Assert.Single(_world.Operations, "DescribeTaskDefinition");
        Assert.Single(_world.Operations, "RegisterTaskDefinition");
        Assert.Equal(16, _world.Ecs.Tasks.Count);
    }

    [Fact]
    public async Task A_launch_that_is_cancelled_while_it_looks_a_task_definition_up_does_not_spoil_those_that_wait_for_it()
    {
        using var gate = new GatedEcs(_world.NewClient(), waitsFor: int.MaxValue);
        using var impatient = new CancellationTokenSource();
        var launcher = _world.NewLauncher(ecs: gate);
        var first = launcher.LaunchAsync(_world.Request(), impatient.Token);
        var second = launcher.LaunchAsync(_world.Request(), _world.Cancel);

        await impatient.CancelAsync();
        gate.Open();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.IsType<LaunchOutcome.Launched>(await second);
    }

    [Fact]
    public async Task Two_hosts_that_register_the_same_task_definition_at_once_both_launch()
    {
        using var gate = new GatedEcs(_world.NewClient(), waitsFor: 2);

        var outcomes = await Task.WhenAll(
            _world.NewLauncher(ecs: gate).LaunchAsync(_world.Request(), _world.Cancel),
            _world.NewLauncher(ecs: gate).LaunchAsync(_world.Request(), _world.Cancel));

        Assert.All(outcomes, outcome => Assert.IsType<LaunchOutcome.Launched>(outcome));
        Assert.Equal(2, _world.Ecs.TaskDefinitions.Count);
        Assert.Equal(_world.Ecs.TaskDefinitions, _world.Ecs.Tasks.Select(task => task.TaskDefinition).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_registration_that_met_another_hosts_takes_what_that_one_registered()
    {
        using var gate = new GatedEcs(_world.NewClient(), waitsFor: int.MaxValue);
        var launch = _world.NewLauncher(ecs: gate).LaunchAsync(_world.Request(), _world.Cancel);
        await gate.Waiting(1);
        await _world.LaunchAsync();
        _world.Aws.FailNext(1, "RegisterTaskDefinition", "ClientException", "Too many concurrent attempts to create a new revision of the specified family.");

        gate.Open();

        Assert.IsType<LaunchOutcome.Launched>(await launch);
        Assert.Single(_world.Ecs.TaskDefinitions);
    }

    [Fact]
    public async Task A_task_definition_is_named_by_all_that_is_in_it()
    {
        await _world.LaunchAsync();
        await _world.LaunchAsync(_world.Request(change: plan => plan with { Cpu = 1024, MemoryMiB = 4096, DiskGiB = 100, Capacity = CapacityKind.Spot, ClassName = "other" }));
        var one = Assert.Single(_world.Ecs.TaskDefinitions);

        await _world.LaunchAsync(_world.Request(change: plan => plan with { Image = "registry.example/runner@sha256:4567" }));
        await _world.LaunchAsync(_world.Request(change: plan => plan with { Architecture = "arm64" }));
        await _world.LaunchAsync(_world.Request(_world.NewIdentity("other")));
        Action<EcsLauncherOptions>[] changes =
        [
            o => o.ExecutionRoleArn = "arn:aws:iam::123456789012:role/execution",
            o => o.TaskRoleArn = "arn:aws:iam::123456789012:role/task",
            o => o.StopTimeoutSeconds = 60,
            o => (o.LogGroup, o.LogRegion, o.ExecutionRoleArn) = ("/runners", "eu-central-1", "arn:aws:iam::123456789012:role/execution"),
            o => o.ClassCapacityProviders["small"] = "instances",
        ];
        foreach (var change in changes)
        {
            Assert.IsType<LaunchOutcome.Launched>(await _world.NewLauncher(change).LaunchAsync(_world.Request(), _world.Cancel));
        }

        Assert.Matches("^arn:aws:ecs:eu-central-1:123456789012:task-definition/test-[0-9a-f]{32}:1$", one);
        Assert.Equal(9, _world.Ecs.TaskDefinitions.Count);
        Assert.All(_world.Ecs.TaskDefinitions, arn => Assert.EndsWith(":1", arn, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_task_definition_that_was_deregistered_is_registered_again()
    {
        await _world.LaunchAsync();
        _world.Ecs.DeregisterTaskDefinition(_world.Ecs.TaskDefinitions[0]);
        _world.Aws.ForgetCalls();

        await _world.LaunchAsync();

        Assert.Equal(["RunTask", "DescribeTaskDefinition", "RegisterTaskDefinition", "RunTask"], _world.Operations);
        Assert.EndsWith(":2", Assert.Single(_world.Ecs.TaskDefinitions), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_definition_that_is_deregistered_each_time_is_refused_with_a_hint()
    {
        _world.Aws.FailNext(2, "RunTask", "InvalidParameterException", "TaskDefinition is inactive");

        var rejected = Assert.IsType<LaunchOutcome.Rejected>(await _world.Launcher.LaunchAsync(_world.Request(), _world.Cancel));

        Assert.Contains("See who removes task definitions of this fleet.", rejected.Reason, StringComparison.Ordinal);
        Assert.Equal(2, _world.Operations.Count(operation => operation == "RunTask"));
    }

    [Fact]
    public async Task A_failure_that_names_the_task_definition_looks_it_up_again_too()
    {
        await _world.LaunchAsync();
        _world.Ecs.FailPlacements(1, "INACTIVE", _world.Ecs.TaskDefinitions[0]);

        await _world.LaunchAsync();

        Assert.Equal(2, _world.Operations.Count(operation => operation == "DescribeTaskDefinition"));
    }

    [Fact]
    public async Task What_is_one_tasks_own_comes_by_overrides_and_carries_no_command()
    {
        var request = _world.Request(change: plan => plan with { Cpu = 2048, MemoryMiB = 8192, DiskGiB = 100 });

        var compute = await _world.LaunchAsync(request);

        var task = Assert.Single(_world.Ecs.Tasks);
        Assert.Equal((2048, 8192, 100), (task.Cpu, task.MemoryMiB, task.EphemeralStorageGiB));
        Assert.Equal(("FARGATE", "X86_64", EcsWorld.Image), (task.CapacityProvider, task.CpuArchitecture, task.Image));
        Assert.Equal(request.Identity.Token, task.StartedBy);
        Assert.Equal(new SortedDictionary<string, string>(request.Environment.ToDictionary()) { ["RUNNERFLEET_STOP_SECONDS"] = "115" }, task.Environment.OrderBy(one => one.Key, StringComparer.Ordinal));
        Assert.Equal((EcsDescriptions.Launcher, EcsWorld.Cluster, task.Arn), (compute.Launcher, compute.Location, compute.Id));
        var body = _world.LastBody("RunTask");
        Assert.Equal(request.Identity.Token, (string?)body["clientToken"]);
        Assert.Equal("""{"subnets":["subnet-1","subnet-2"],"securityGroups":["sg-1"],"assignPublicIp":"DISABLED"}""", body["networkConfiguration"]!["awsvpcConfiguration"]!.ToJsonString());
        Assert.Null(body["overrides"]!["containerOverrides"]![0]!["command"]);
        Assert.Null(body["enableExecuteCommand"]);
        Assert.Equal(task.TaskDefinition, (string?)body["taskDefinition"]);
    }

    [Fact]
    public async Task What_tasks_share_is_in_the_task_definition_and_holds_no_secret()
    {
        using var world = new EcsWorld(o =>
        {
            (o.ExecutionRoleArn, o.LogGroup, o.LogStreamPrefix) = ("arn:aws:iam::123456789012:role/execution", "/runners", "jobs");
            o.Cluster = "arn:aws:ecs:eu-central-1:123456789012:cluster/runners";
        });

        await world.LaunchAsync();

        var definition = world.LastBody("RegisterTaskDefinition");
        var container = Assert.Single(definition["containerDefinitions"]!.AsArray())!;
        Assert.Equal(("runner", EcsWorld.Image, 120), ((string?)container["name"], (string?)container["image"], (int?)container["stopTimeout"]));
        Assert.True((bool?)container["linuxParameters"]!["initProcessEnabled"]);
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"logDriver":"awslogs","options":{"awslogs-group":"/runners","awslogs-region":"eu-central-1","awslogs-stream-prefix":"jobs","mode":"non-blocking"}}"""),
            container["logConfiguration"]));
        Assert.Equal(["FARGATE"], definition["requiresCompatibilities"]!.AsArray().Select(one => (string?)one));
        Assert.Null(container["environment"]);
        Assert.Null(container["command"]);
        Assert.DoesNotContain("a-claim-secret", definition.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(EcsWorld.Cluster, Assert.Single(world.Ecs.Tasks).Cluster);
    }

    [Fact]
    public async Task Spot_is_a_capacity_provider_of_Fargate()
    {
        await _world.LaunchAsync(_world.Request(change: plan => plan with { Capacity = CapacityKind.Spot, Architecture = "arm64" }));

        var task = Assert.Single(_world.Ecs.Tasks);
        Assert.Equal(("FARGATE_SPOT", "ARM64"), (task.CapacityProvider, task.CpuArchitecture));
    }

    [Fact]
    public async Task A_class_may_run_on_instances_which_have_sizes_and_disks_of_their_own()
    {
        using var world = new EcsWorld(o =>
        {
            o.ClassCapacityProviders["Huge"] = "instances";
            (o.AssignPublicIp, o.PlatformVersion) = (true, "1.4.0");
        });

        await world.LaunchAsync(world.Request(change: plan => plan with { ClassName = "huge", Cpu = 65536, MemoryMiB = 131072, DiskGiB = 500, Capacity = CapacityKind.Spot }));
        await world.LaunchAsync();

        Assert.Equal([("instances", 65536, 20), ("FARGATE", 512, 20)], world.Ecs.Tasks.Select(task => (task.CapacityProvider, task.Cpu, task.EphemeralStorageGiB)));
        var bodies = world.Aws.Calls.Where(call => call.Operation == "RegisterTaskDefinition").Select(call => JsonNode.Parse(call.Body.Span)!["requiresCompatibilities"]);
        Assert.Equal([true, false], bodies.Select(compatibilities => compatibilities is null));
    }

    [Fact]
    public async Task Network_tags_and_ECS_Exec_are_as_the_settings_have_them()
    {
        using var world = new EcsWorld(o =>
        {
            (o.AssignPublicIp, o.PropagateTags, o.EnableExecuteCommand, o.TaskRoleArn, o.PlatformVersion) = (true, true, true, "arn:aws:iam::123456789012:role/exec", "1.4.0");
            o.Tags["team"] = "build";
            o.EnvironmentVariables["https_proxy"] = "http://proxy.example:3128";
        });

        await world.LaunchAsync();

        var body = world.LastBody("RunTask");
        Assert.Equal("ENABLED", (string?)body["networkConfiguration"]!["awsvpcConfiguration"]!["assignPublicIp"]);
        Assert.Equal(("TASK_DEFINITION", true, true, "1.4.0"), ((string?)body["propagateTags"], (bool?)body["enableExecuteCommand"], (bool?)body["enableECSManagedTags"], (string?)body["platformVersion"]));
        Assert.Equal("http://proxy.example:3128", Assert.Single(world.Ecs.Tasks).Environment["https_proxy"]);
        Assert.Equal("build", Assert.Single(world.Ecs.Tasks).Tags["team"]);
    }

    [Fact]
    public async Task Tags_tell_people_whose_task_it_is_and_are_made_to_fit()
    {
        var request = _world.Request();
        var odd = new Dictionary<string, string>(request.Tags) { ["job"] = "build <main> & \"test\"\n" + new string('x', 300), [new string('k', 200)] = "long" };

        await _world.LaunchAsync(request with { Tags = odd });

        var tags = Assert.Single(_world.Ecs.Tasks).Tags;
        Assert.Equal(("test", request.Identity.RunnerId, "acme/app", "small"), (tags["runnerfleet:fleet"], tags["runnerfleet:runner"], tags["runnerfleet:repository"], tags["runnerfleet:class"]));
        Assert.StartsWith("build _main_ _ _test__xxx", tags["runnerfleet:job"], StringComparison.Ordinal);
        Assert.Equal(256, tags["runnerfleet:job"].Length);
        Assert.Contains(tags.Keys, key => key.Length == 128 && key.StartsWith("runnerfleet:kkk", StringComparison.Ordinal));
        Assert.Equal(EcsWorld.Cluster, tags["aws:ecs:clusterName"]);
    }

    [Fact]
    public async Task More_tags_than_ECS_takes_are_left_out()
    {
        var many = Enumerable.Range(0, 80).ToDictionary(n => $"t{n}", n => "v");

        await _world.LaunchAsync(_world.Request() with { Tags = many });

        Assert.Equal(50, _world.LastBody("RunTask")["tags"]!.AsArray().Count);
    }

    [Fact]
    public async Task Overrides_that_ECS_would_not_take_are_not_sent()
    {
        using var world = new EcsWorld(o => o.EnvironmentVariables["LONG"] = new string('x', 7600));
        await world.LaunchAsync();
        var tooLong = world.NewLauncher(o => o.EnvironmentVariables["LONG"] = new string('x', 8000));
        world.Aws.ForgetCalls();

        var rejected = Assert.IsType<LaunchOutcome.Rejected>(await tooLong.LaunchAsync(world.Request(), world.Cancel));

        Assert.Contains("ECS takes 8192", rejected.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("a-claim-secret", rejected.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("RunTask", world.Operations);
    }

    [Theory]
    [InlineData(3000, 4096, null, "Fargate has no size with 3000 processor units.")]
    [InlineData(512, 8192, null, "With 512 processor units use one of: 1024, 2048, 3072, 4096.")]
    [InlineData(512, 1024, 201, "Fargate gives a task at most 200 GiB of disk, not 201.")]
    public async Task A_size_that_Fargate_does_not_run_is_refused_with_what_it_does_run(int cpu, int memory, int? disk, string words)
    {
        var outcome = await _world.Launcher.LaunchAsync(_world.Request(change: plan => plan with { Cpu = cpu, MemoryMiB = memory, DiskGiB = disk }), _world.Cancel);

        Assert.Contains(words, Assert.IsType<LaunchOutcome.Rejected>(outcome).Reason, StringComparison.Ordinal);
        Assert.Empty(_world.Operations);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task A_disk_that_every_task_has_anyway_is_not_asked_for(int disk)
    {
        await _world.LaunchAsync(_world.Request(change: plan => plan with { DiskGiB = disk }));

        Assert.Null(_world.LastBody("RunTask")["overrides"]!["ephemeralStorage"]);
    }

    [Fact]
    public async Task Without_an_image_nothing_is_launched_unless_the_settings_name_one()
    {
        var request = _world.Request(change: plan => plan with { Image = null });

        var rejected = Assert.IsType<LaunchOutcome.Rejected>(await _world.Launcher.LaunchAsync(request, _world.Cancel));
        var launched = await _world.NewLauncher(o => o.DefaultImage = "registry.example/default:1").LaunchAsync(request, _world.Cancel);

        Assert.Contains("DefaultImage", rejected.Reason, StringComparison.Ordinal);
        Assert.IsType<LaunchOutcome.Launched>(launched);
        Assert.Equal("registry.example/default:1", Assert.Single(_world.Ecs.Tasks).Image);
    }

    [Fact]
    public async Task What_could_never_work_is_refused_before_any_call()
    {
        var good = _world.Request();
        (LaunchRequest Request, string Words)[] bad =
        [
            (good with { Identity = good.Identity with { RunnerId = "x y" } }, "is not a fleet, a runner id and an attempt from 1."),
            (good with { Identity = good.Identity with { Attempt = 0 } }, "is not a fleet, a runner id and an attempt from 1."),
            (good with { Plan = good.Plan with { Image = "registry.example/" + new string('x', 300) } }, "The image reference has 317 characters"),
            (good with { Plan = good.Plan with { ControlPlaneUrl = new Uri("http://127.0.0.1:5080") } }, "Set RunnerFleet:PublicUrl"),
            (good with { Environment = new Dictionary<string, string>() }, "RUNNERFLEET_CLAIM_SECRET"),
        ];

        foreach (var (request, words) in bad)
        {
            Assert.Contains(words, Assert.IsType<LaunchOutcome.Rejected>(await _world.Launcher.LaunchAsync(request, _world.Cancel)).Reason, StringComparison.Ordinal);
        }

        Assert.Empty(_world.Operations);
    }

    [Fact]
    public void It_says_what_it_can_do()
    {
        Assert.Equal("ecs", _world.Launcher.Name);
        Assert.True(_world.Launcher.Capabilities is { Images: true, Spot: true, ParallelLaunches: 16, Architectures: ["x64", "arm64"] });
        Assert.False(_world.NewLauncher(o => o.Spot = false).Capabilities.Spot);
    }
}
