using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Compute;
using RunnerFleet.Images;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Aws.Tests.Ecs;

/// <summary>The engine over ECS, from webhook to end: what goes wrong at AWS has its own reason in the runner's history, and is tried again or ended as it should be.</summary>
public sealed class EcsFleetTests
{
    [Fact]
    public async Task A_job_runs_on_a_task_of_its_own_and_everything_is_gone_again()
    {
        await using var world = new AwsFleetWorld();
        var (job, runner) = await world.StartAsync("self-hosted", "class:large");
        Assert.Equal((RunnerState.WaitingForJob, world.TaskOf(runner)!.Arn), (runner.State, runner.Compute!.Id));
        Assert.Equal(("FARGATE", 4096, 8192, 100), (world.TaskOf(runner)!.CapacityProvider, world.TaskOf(runner)!.Cpu, world.TaskOf(runner)!.MemoryMiB, world.TaskOf(runner)!.EphemeralStorageGiB));
        await world.PassAsync(TimeSpan.FromSeconds(30));
        var registration = await world.ConnectAsync(runner);
        Assert.Equal(job.Id, world.GitHub.TakeJob(registration)!.Id);
        await world.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(RunnerState.Running, (await world.RunnerOfAsync(job)).State);

        world.GitHub.CompleteJob(registration);
        world.Ecs.EndTask(runner.Compute.Id, 0);
        await world.PassAsync(TimeSpan.FromMinutes(2));

        var ended = await world.RunnerAsync(runner.Id);
        Assert.Equal((RunnerState.Offline, 0, false), (ended.State, ended.ComputeEnd?.ExitCode, ended.ComputeEnd?.Interrupted));
        Assert.Equal(JobState.Completed, (await world.JobAsync(job)).State);
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task From_queued_to_waiting_for_its_job_a_warm_launch_costs_one_call_to_AWS()
    {
        await using var world = new AwsFleetWorld();
        await world.StartAsync();
        world.Aws.ForgetCalls();

        var (_, runner) = await world.StartAsync();

        Assert.Equal(RunnerState.WaitingForJob, runner.State);
        Assert.Equal("RunTask", Assert.Single(world.Aws.Calls).Operation);
    }

    [Fact]
    public async Task A_host_that_dies_after_the_reply_was_lost_leaves_one_task_which_the_next_host_adopts()
    {
        await using var world = new AwsFleetWorld();
        world.Aws.LoseNextReplies(1, "RunTask");
        var (job, lost) = await world.StartAsync();
        Assert.Equal((RunnerState.Starting, ReasonCodes.LaunchUnknown), (lost.State, lost.History[^1].Cause.Code));

        world.Fleet = world.AddHost();
        await world.PassAsync(TimeSpan.FromMinutes(2));

        var adopted = await world.RunnerOfAsync(job);
        Assert.Equal((RunnerState.WaitingForJob, lost.Id, 1), (adopted.State, adopted.Id, adopted.Attempt));
        Assert.Equal(adopted.Compute!.Id, Assert.Single(world.Ecs.Tasks).Arn);
        Assert.Contains(adopted.History, move => move.Cause.Code == ReasonCodes.Adopted);
        await world.ConnectAsync(adopted);
    }

    [Fact]
    public async Task A_launch_that_is_never_answered_is_found_by_its_token_and_adopted()
    {
        await using var world = new AwsFleetWorld(o => (o.Timing.StartingTimeoutSeconds, o.Timing.LaunchTimeoutSeconds) = (60, 30));
        world.Aws.LoseNextReplies(1000, "RunTask");
        var (job, _) = await world.StartAsync();

        await world.PassAsync(TimeSpan.FromMinutes(3));

        var runner = await world.RunnerOfAsync(job);
        Assert.Equal((RunnerState.WaitingForJob, ReasonCodes.Adopted), (runner.State, runner.History[^1].Cause.Code));
        Assert.Equal(runner.Compute!.Id, Assert.Single(world.Ecs.Tasks).Arn);
    }

    [Fact]
    public async Task A_launch_that_never_took_effect_is_proven_so_and_sent_anew()
    {
        await using var world = new AwsFleetWorld(o => (o.Timing.StartingTimeoutSeconds, o.Timing.LaunchTimeoutSeconds) = (60, 30));
        world.Aws.FailNext(1000, "RunTask", "ServerException", "Service Unavailable. Please try again later.", 500);
        var (job, _) = await world.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(RunnerState.Starting, (await world.RunnerOfAsync(job)).State);

        await world.PassAsync(TimeSpan.FromMinutes(4));

        var runner = await world.RunnerOfAsync(job);
        Assert.Contains(runner.History, move => move.Cause.Code == ReasonCodes.NotLaunched);
        Assert.Contains(runner.History, move => move.Cause.Code == ReasonCodes.LaunchUnknown && move.Cause.Message.Contains("ECS answered ServerException: Service Unavailable.", StringComparison.Ordinal));
        Assert.True(runner.Attempt > 1);
        Assert.Empty(world.Ecs.Tasks);
    }

    [Fact]
    public async Task Throttling_is_waited_out()
    {
        await using var world = new AwsFleetWorld();
        world.Aws.FailNext(1, "RunTask", "ThrottlingException", "Rate exceeded");
        var (job, waiting) = await world.StartAsync();
        Assert.Equal((RunnerState.Pending, ReasonCodes.Throttled), (waiting.State, waiting.Reason?.Code));
        Assert.Equal("The launcher asks for fewer calls: ECS answered ThrottlingException: Rate exceeded", waiting.Reason?.Message);

        await world.PassAsync(TimeSpan.FromMinutes(1));

        Assert.Equal((RunnerState.WaitingForJob, 2), ((await world.RunnerOfAsync(job)).State, (await world.RunnerOfAsync(job)).Attempt));
    }

    [Fact]
    public async Task A_burst_beyond_the_rates_of_AWS_is_launched_whole_in_the_end()
    {
        await using var world = new AwsFleetWorld();
        world.Ecs.Options.UseRatesOfAws();
        for (var n = 0; n < 45; n++)
        {
            world.Queue();
        }

        await world.DeliverAndDrainAsync();
        Assert.Equal(20, world.Ecs.Tasks.Count);
        await world.PassAsync(TimeSpan.FromMinutes(2));

        Assert.Equal(45, world.Ecs.Tasks.Count);
        Assert.All(await world.RunnersAsync(), runner => Assert.Equal(RunnerState.WaitingForJob, runner.State));
    }

    [Fact]
    public async Task Want_of_capacity_is_waited_out_with_AWSs_words()
    {
        await using var world = new AwsFleetWorld();
        world.Ecs.Exhaust("FARGATE");
        var (job, waiting) = await world.StartAsync();
        Assert.Equal((RunnerState.Pending, ReasonCodes.NoCapacity), (waiting.State, waiting.Reason?.Code));
        Assert.Contains("Capacity is unavailable at this time.", waiting.Reason!.Message, StringComparison.Ordinal);
        await world.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal(RunnerState.Pending, (await world.RunnerOfAsync(job)).State);

        world.Ecs.Replenish("FARGATE");
        await world.PassAsync(TimeSpan.FromMinutes(12));

        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(job)).State);
    }

    [Fact]
    public async Task A_used_up_quota_is_named_and_waited_out()
    {
        await using var world = new AwsFleetWorld();
        world.Ecs.Options.OnDemandVCpuQuota = 4;
        var (first, running) = await world.StartAsync("self-hosted", "class:large");
        var (second, waiting) = await world.StartAsync();
        Assert.Equal((RunnerState.Pending, ReasonCodes.NoCapacity), (waiting.State, waiting.Reason?.Code));
        Assert.Contains("It can be raised: Service Quotas, AWS Fargate, L-3032A538.", waiting.Reason!.Message, StringComparison.Ordinal);
        await world.PassAsync(TimeSpan.FromSeconds(30));
        var registration = await world.ConnectAsync(running);
        world.GitHub.TakeJob(registration);
        world.GitHub.CompleteJob(registration);
        world.Ecs.EndTask(running.Compute!.Id, 0);

        await world.PassAsync(TimeSpan.FromMinutes(3));

        Assert.Equal(JobState.Completed, (await world.JobAsync(first)).State);
        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(second)).State);
    }

    [Fact]
    public async Task A_missing_permission_is_named_and_the_job_gets_another_runner_later()
    {
        await using var world = new AwsFleetWorld();
        world.Ecs.Deny("ecs:RunTask");
        var job = world.Queue();
        await world.DeliverAndDrainAsync();
        var failed = Assert.Single(await world.RunnersAsync());
        Assert.Equal((RunnerState.Failed, ReasonCodes.LaunchRejected), (failed.State, failed.Reason?.Code));
        Assert.Contains("The control plane lacks a permission. Allow it ecs:RunTask on arn:aws:ecs:eu-central-1:123456789012:task-definition/test-", failed.Reason!.Message, StringComparison.Ordinal);

        world.Ecs.Allow("ecs:RunTask");
        await world.PassAsync(TimeSpan.FromMinutes(2));

        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(job)).State);
    }

    [Fact]
    public async Task An_image_that_is_gone_is_built_again()
    {
        var images = new FakeImageBuilder { BuildsAtOnce = true };
        await using var world = new AwsFleetWorld(o => o.Labels.DefaultImage = "docker.io/library/ubuntu:24.04", build: builder => builder.Services.AddSingleton<IImageBuilder>(images));
        var (job, first) = await world.StartAsync();
        var image = world.TaskOf(first)!.Image;
        world.Ecs.DeleteImage(image);

        await world.PassAsync(TimeSpan.FromMinutes(12)); // when its claim is overdue it is looked at; an event would tell sooner

        var failed = await world.RunnerAsync(first.Id);
        Assert.Equal((RunnerState.Failed, ReasonCodes.ComputeStopped), (failed.State, failed.Reason?.Code));
        Assert.Contains($"(TaskFailedToStart: CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: not found)", failed.Reason!.Message, StringComparison.Ordinal);
        Assert.Equal([image], images.Unavailable);
        Assert.Equal(2, images.Ensures.Count);
        Assert.NotEqual(first.Id, (await world.JobAsync(job)).RunnerId);
    }

    [Fact]
    public async Task Spot_capacity_that_is_not_there_is_replaced_by_on_demand_at_once()
    {
        await using var world = new AwsFleetWorld();
        world.Ecs.Exhaust("FARGATE_SPOT");
        var (job, waiting) = await world.StartAsync("self-hosted", "class:small", "capacity:spot");
        Assert.StartsWith("No spot capacity at present: ECS did not place it: Capacity is unavailable", waiting.Reason?.Message, StringComparison.Ordinal);

        await world.PassAsync(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));

        var runner = await world.RunnerOfAsync(job);
        Assert.Equal((RunnerState.WaitingForJob, 2, "FARGATE"), (runner.State, runner.Attempt, world.TaskOf(runner)!.CapacityProvider));
    }

    [Fact]
    public async Task A_spot_runner_that_is_taken_away_before_its_job_began_is_replaced_on_demand()
    {
        await using var world = new AwsFleetWorld();
        var (job, spot) = await world.StartAsync("self-hosted", "class:small", "capacity:spot");
        Assert.Equal("FARGATE_SPOT", world.TaskOf(spot)!.CapacityProvider);
        await world.PassAsync(TimeSpan.FromSeconds(30));
        world.Ecs.InterruptSpot(spot.Compute!.Id);
        await world.PassAsync(TimeSpan.FromMinutes(3));

        await world.Fleet.SweepAsync(world.Cancel);
        await world.PassAsync(TimeSpan.FromSeconds(15));

        var ended = await world.RunnerAsync(spot.Id);
        Assert.Equal((RunnerState.Failed, true), (ended.State, ended.ComputeEnd?.Interrupted));
        Assert.Contains("SpotInterruption: Your Spot Task was interrupted.", ended.Reason!.Message, StringComparison.Ordinal);
        var next = await world.RunnerOfAsync(job);
        Assert.Equal((RunnerState.WaitingForJob, "FARGATE"), (next.State, world.TaskOf(next)!.CapacityProvider));
    }

    [Fact]
    public async Task A_spot_runner_that_is_taken_away_during_its_job_does_not_run_it_again()
    {
        await using var world = new AwsFleetWorld();
        var (job, spot) = await world.StartAsync("self-hosted", "class:small", "capacity:spot");
        await world.PassAsync(TimeSpan.FromSeconds(30));
        var registration = await world.ConnectAsync(spot);
        world.GitHub.TakeJob(registration);
        await world.DeliverAndDrainAsync();
        world.Ecs.InterruptSpot(spot.Compute!.Id);
        world.GitHub.CompleteJob(registration, "failure");

        await world.PassAsync(TimeSpan.FromMinutes(5));

        Assert.Equal((JobState.Completed, spot.Id), ((await world.JobAsync(job)).State, (await world.JobAsync(job)).RunnerId));
        Assert.Equal(RunnerState.Offline, (await world.RunnerAsync(spot.Id)).State);
        Assert.Single(await world.RunnersAsync());
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_task_that_ECS_does_not_know_for_half_a_minute_never_ends_its_runner()
    {
        await using var world = new AwsFleetWorld();
        world.Ecs.Options.ConsistencyDelay = TimeSpan.FromSeconds(30);
        var (_, runner) = await world.StartAsync();

        for (var seconds = 0; seconds < 120; seconds += 5)
        {
            await world.Fleet.SweepAsync(world.Cancel);
            await world.PassAsync(TimeSpan.FromSeconds(5));
        }

        Assert.Equal((RunnerState.WaitingForJob, runner.Compute), ((await world.RunnerAsync(runner.Id)).State, (await world.RunnerAsync(runner.Id)).Compute));
        Assert.Equal("RUNNING", world.TaskOf(runner)!.LastStatus);
    }

    [Fact]
    public async Task A_runner_whose_task_is_forgotten_ends_all_the_same()
    {
        await using var world = new AwsFleetWorld();
        var (_, runner) = await world.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(30));
        world.Ecs.EndTask(runner.Compute!.Id, 1);
        world.Clock.Advance(TimeSpan.FromHours(1.5)); // no host was there
        Assert.Empty(world.Ecs.Tasks);

        await world.PassAsync(TimeSpan.FromMinutes(2));

        Assert.True((await world.RunnerAsync(runner.Id)).IsTerminal);
    }

    [Fact]
    public async Task Two_fleets_and_others_share_a_cluster_without_touching_each_other()
    {
        await using var world = new AwsFleetWorld();
        var (_, mine) = await world.StartAsync();
        var others = new InMemoryRunnerStore();
        var otherFleet = world.AddHost("test-2", others);
        var here = world.Fleet;
        world.Fleet = otherFleet;
        var (_, theirs) = await world.StartAsync();
        await RunForeignTaskAsync(world, "ecs-svc/1234567890123456789");
        var orphan = await RunForeignTaskAsync(world, "test/01ARZ3NDEKTSV4RRFFQ69G5FAV/1");
        await world.PassAsync(TimeSpan.FromSeconds(30));

        world.Fleet = here;
        var summary = await here.SweepAsync(world.Cancel);
        var otherSummary = await otherFleet.SweepAsync(world.Cancel);

        Assert.Equal((1, 0), (summary.OrphanedCompute, otherSummary.OrphanedCompute));
        Assert.Equal(["RUNNING", "RUNNING", "RUNNING"], world.Ecs.Tasks.Where(task => task.Arn != orphan).Select(task => task.LastStatus));
        Assert.NotEqual(mine.Compute, theirs.Compute);
    }

    [Fact]
    public async Task A_runner_that_is_not_needed_is_stopped_with_its_reason()
    {
        await using var world = new AwsFleetWorld();
        var (job, runner) = await world.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(30));
        world.GitHub.CancelJob(job.Id);

        await world.PassAsync(TimeSpan.FromMinutes(20));

        var task = Assert.Single(world.Ecs.Tasks);
        Assert.Equal(("STOPPED", "UserInitiated", 143), (task.LastStatus, task.StopCode, task.ExitCode));
        Assert.Matches("^[A-Z_]+: ", task.StoppedReason);
        Assert.True((await world.RunnerAsync(runner.Id)).IsTerminal);
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Arm_and_instances_are_had_by_label_and_class()
    {
        await using var world = new AwsFleetWorld(o => o.Classes["arm"] = new() { Cpu = 1024, Memory = 2048, Architecture = "arm64" }, o => o.ClassCapacityProviders["large"] = "instances");

        var (_, arm) = await world.StartAsync("self-hosted", "class:arm", "arm64");
        var (_, large) = await world.StartAsync("self-hosted", "class:large");

        Assert.Equal(("ARM64", "FARGATE"), (world.TaskOf(arm)!.CpuArchitecture, world.TaskOf(arm)!.CapacityProvider));
        Assert.Equal(("X86_64", "instances"), (world.TaskOf(large)!.CpuArchitecture, world.TaskOf(large)!.CapacityProvider));
    }

    [Fact]
    public async Task Spot_is_refused_where_the_launcher_does_not_offer_it()
    {
        await using var world = new AwsFleetWorld(ecs: o => o.Spot = false);
        var job = world.Queue("self-hosted", "class:small", "capacity:spot");

        await world.DeliverAndDrainAsync();

        Assert.Equal(JobState.Refused, (await world.JobAsync(job)).State);
        Assert.Empty(world.Ecs.Tasks);
    }

    private static async Task<string> RunForeignTaskAsync(AwsFleetWorld world, string startedBy)
    {
        var body = (System.Text.Json.Nodes.JsonObject)System.Text.Json.Nodes.JsonNode.Parse(world.Aws.Calls.Last(call => call.Operation == "RunTask").Body.Span)!;
        body.Remove("clientToken");
        body["startedBy"] = startedBy;
        using var raw = RawEcsClient.Of(world.Aws);
        return (string)(await raw.CallAsync("RunTask", body, world.Cancel))["tasks"]![0]!["taskArn"]!;
    }
}
