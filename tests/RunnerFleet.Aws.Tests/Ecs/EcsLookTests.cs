using System.Globalization;
using RunnerFleet.Aws.Ecs;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.Tests.Ecs;

/// <summary>Find, describe, stop and list. Unknown is not absent.</summary>
public sealed class EcsLookTests : IDisposable
{
    private readonly EcsWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_task_is_found_by_its_token_while_it_runs_and_after_it_stopped()
    {
        var request = _world.Request();
        var compute = await _world.LaunchAsync(request);
        var other = _world.NewLauncher();

        Assert.Equal(ComputeStatus.Starting, Found(await other.FindAsync(request.Identity, _world.Cancel)).Status);
        _world.Pass(30);
        Assert.Equal(ComputeStatus.Running, Found(await other.FindAsync(request.Identity, _world.Cancel)).Status);
        _world.Ecs.EndTask(compute.Id, exitCode: 3);
        Assert.Equal(ComputeStatus.Stopping, Found(await other.FindAsync(request.Identity, _world.Cancel)).Status);
        _world.Pass(10);
        var stopped = Found(await other.FindAsync(request.Identity, _world.Cancel));

        Assert.Equal((compute, ComputeStatus.Stopped, 3), (stopped.Compute, stopped.Status, stopped.End?.ExitCode));
        Assert.Equal((request.Identity.RunnerId, 1), (stopped.RunnerId, stopped.Attempt));
    }

    [Fact]
    public async Task A_task_is_found_even_if_ECS_lists_no_stopped_tasks_by_token()
    {
        _world.Ecs.Options.RefusesStatusBesideStartedBy = true;
        var request = _world.Request();
        var compute = await _world.LaunchAsync(request);
        await _world.LaunchAsync();
        _world.Pass(30);
        foreach (var task in _world.Ecs.Tasks)
        {
            _world.Ecs.EndTask(task.Arn, 0);
        }

        _world.Pass(10);

        Assert.Equal(compute, Found(await _world.Launcher.FindAsync(request.Identity, _world.Cancel)).Compute);
    }

    [Fact]
    public async Task Nothing_is_absent_while_its_launch_may_be_under_way_or_not_listed_yet()
    {
        var identity = _world.NewIdentity() with { LaunchCallEnds = _world.Clock.GetUtcNow().AddSeconds(30) };

        foreach (var seconds in new[] { 0, 29, 60 })
        {
            _world.Pass(seconds);
            Assert.IsType<FindOutcome.Unknown>(await _world.Launcher.FindAsync(identity, _world.Cancel));
        }

        _world.Pass(1);
        Assert.IsType<FindOutcome.ConfirmedAbsent>(await _world.Launcher.FindAsync(identity, _world.Cancel));
    }

    [Fact]
    public async Task Where_no_record_says_when_the_launch_ended_two_looks_in_vain_must_lie_apart()
    {
        var identity = _world.NewIdentity();

        Assert.IsType<FindOutcome.Unknown>(await _world.Launcher.FindAsync(identity, _world.Cancel));
        _world.Pass(59);
        Assert.IsType<FindOutcome.Unknown>(await _world.Launcher.FindAsync(identity, _world.Cancel));
        Assert.IsType<FindOutcome.Unknown>(await _world.NewLauncher().FindAsync(identity, _world.Cancel));
        _world.Pass(1);

        Assert.IsType<FindOutcome.ConfirmedAbsent>(await _world.Launcher.FindAsync(identity, _world.Cancel));
    }

    [Fact]
    public async Task A_task_that_ECS_does_not_list_yet_is_not_absent()
    {
        _world.Ecs.Options.ConsistencyDelay = TimeSpan.FromSeconds(30);
        var request = _world.Request();
        var compute = await _world.LaunchAsync(request);
        var identity = request.Identity with { LaunchCallEnds = _world.Clock.GetUtcNow() };

        for (var seconds = 0; seconds < 30; seconds += 5)
        {
            Assert.IsType<FindOutcome.Unknown>(await _world.Launcher.FindAsync(identity, _world.Cancel));
            Assert.IsType<FindOutcome.Unknown>(await _world.DescribeAsync(compute));
            _world.Pass(5);
        }

        Assert.Equal(compute, Found(await _world.Launcher.FindAsync(identity, _world.Cancel)).Compute);
        Assert.Equal(ComputeStatus.Running, (await _world.DescriptionAsync(compute)).Status);
    }

    [Fact]
    public async Task A_task_of_the_attempt_that_ECS_lists_and_does_not_describe_is_not_absent()
    {
        var identity = _world.NewIdentity() with { LaunchCallEnds = _world.Clock.GetUtcNow().AddHours(-1) };
        var task = StubEcs.Task("RUNNING");
        var launcher = _world.NewLauncher(ecs: new StubEcs { ListedOnly = [task.TaskArn], Failures = [new EcsFailure { Arn = task.TaskArn, Reason = "MISSING" }] });

        var found = Found(await launcher.FindAsync(identity, _world.Cancel));

        Assert.Equal(new ComputeRef { Launcher = "ecs", Location = "runners", Id = task.TaskArn }, found.Compute);
        Assert.Equal((ComputeStatus.Starting, identity.RunnerId, identity.Attempt), (found.Status, found.RunnerId, found.Attempt));
    }

    [Theory]
    [InlineData("ecs:ListTasks")]
    [InlineData("ecs:DescribeTasks")]
    public async Task A_look_that_fails_proves_nothing(string action)
    {
        var request = _world.Request();
        var compute = await _world.LaunchAsync(request);
        _world.Ecs.Deny(action);
        var identity = request.Identity with { LaunchCallEnds = _world.Clock.GetUtcNow().AddHours(-1) };

        var found = Assert.IsType<FindOutcome.Unknown>(await _world.Launcher.FindAsync(action == "ecs:DescribeTasks" ? identity with { Compute = compute } : identity, _world.Cancel));

        Assert.Contains($"Allow it {action} on", found.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_could_not_have_been_launched_is_absent() =>
        Assert.IsType<FindOutcome.ConfirmedAbsent>(await _world.Launcher.FindAsync(new() { Fleet = "test", RunnerId = "nobody", Attempt = 1 }, _world.Cancel));

    [Fact]
    public async Task A_task_that_ECS_has_forgotten_is_absent_once_two_looks_lie_apart()
    {
        var compute = await _world.LaunchAsync();
        _world.Pass(30);
        _world.Ecs.EndTask(compute.Id, 0);
        _world.Pass(3700);

        Assert.IsType<FindOutcome.Unknown>(await _world.DescribeAsync(compute));
        _world.Pass(29);
        Assert.IsType<FindOutcome.Unknown>(await _world.DescribeAsync(compute));
        _world.Pass(1);
        Assert.IsType<FindOutcome.ConfirmedAbsent>(await _world.DescribeAsync(compute));
        Assert.IsType<FindOutcome.ConfirmedAbsent>(await _world.DescribeAsync(compute));
    }

    [Fact]
    public async Task It_is_absent_at_the_first_look_where_the_record_says_that_its_launch_is_long_over()
    {
        var compute = await _world.LaunchAsync();
        _world.Ecs.FailToStart(compute.Id, "ResourceInitializationError: …");
        _world.Pass(3700);
        var identity = _world.NewIdentity() with { Compute = compute, LaunchCallEnds = _world.Clock.GetUtcNow().AddHours(-1) };

        Assert.IsType<FindOutcome.ConfirmedAbsent>(await _world.NewLauncher().FindAsync(identity, _world.Cancel));
    }

    [Fact]
    public async Task A_look_that_shows_the_task_begins_the_proof_anew()
    {
        var task = StubEcs.Task("RUNNING");
        var ecs = new StubEcs();
        var launcher = _world.NewLauncher(ecs: ecs);
        var compute = EcsDescriptions.RefOf(task);
        await launcher.DescribeAsync([compute], _world.Cancel);
        _world.Pass(20);
        ecs.Known = [task];
        await launcher.DescribeAsync([compute], _world.Cancel);
        _world.Pass(20);
        ecs.Known = [];

        Assert.IsType<FindOutcome.Unknown>((await launcher.DescribeAsync([compute], _world.Cancel))[compute]);
    }

    [Fact]
    public async Task Another_failure_than_missing_proves_nothing_however_often()
    {
        var compute = EcsDescriptions.RefOf(StubEcs.Task("RUNNING"));
        var launcher = _world.NewLauncher(ecs: new StubEcs { Failures = [new() { Arn = compute.Id, Reason = "SOMETHING_NEW" }] });
        await launcher.DescribeAsync([compute], _world.Cancel);
        _world.Pass(60);

        Assert.Contains("SOMETHING_NEW", Assert.IsType<FindOutcome.Unknown>((await launcher.DescribeAsync([compute], _world.Cancel))[compute]).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Descriptions_are_asked_for_by_the_hundred_and_by_cluster()
    {
        var ecs = new StubEcs { Known = [.. Enumerable.Range(0, 250).Select(n => StubEcs.Task("RUNNING", n.ToString(CultureInfo.InvariantCulture)))] };
        var elsewhere = EcsDescriptions.RefOf(StubEcs.Task("RUNNING", "x")) with { Location = "other" };
        var foreign = new ComputeRef { Launcher = "docker", Location = "engine", Id = "rf-test" };
        ComputeRef[] computes = [.. ecs.Known.Select(EcsDescriptions.RefOf), elsewhere, foreign];

        var outcomes = await _world.NewLauncher(ecs: ecs).DescribeAsync([.. computes, .. computes], _world.Cancel);

        Assert.Equal(252, outcomes.Count);
        Assert.Equal([("runners", 100), ("runners", 100), ("runners", 50), ("other", 1)], ecs.Described);
        Assert.Equal(250, outcomes.Values.Count(outcome => outcome is FindOutcome.Found));
        Assert.Contains("Was another launcher used before?", Assert.IsType<FindOutcome.Unknown>(outcomes[foreign]).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PROVISIONING", "RUNNING", ComputeStatus.Starting)]
    [InlineData("PENDING", "RUNNING", ComputeStatus.Starting)]
    [InlineData("ACTIVATING", "RUNNING", ComputeStatus.Starting)]
    [InlineData("SOMETHING_NEW", "RUNNING", ComputeStatus.Starting)]
    [InlineData("RUNNING", "RUNNING", ComputeStatus.Running)]
    [InlineData("RUNNING", "STOPPED", ComputeStatus.Stopping)]
    [InlineData("PENDING", "STOPPED", ComputeStatus.Stopping)]
    [InlineData("DEACTIVATING", "STOPPED", ComputeStatus.Stopping)]
    [InlineData("STOPPING", "STOPPED", ComputeStatus.Stopping)]
    [InlineData("DEPROVISIONING", "STOPPED", ComputeStatus.Stopping)]
    [InlineData("STOPPED", "STOPPED", ComputeStatus.Stopped)]
    public void Statuses_are_read(string last, string desired, ComputeStatus status)
    {
        var description = EcsDescriptions.Of(StubEcs.Task(last, desiredStatus: desired));

        Assert.Equal(status, description.Status);
        Assert.Equal(status == ComputeStatus.Stopped, description.End is not null);
    }

    [Theory]
    [InlineData("test/01ARZ3NDEKTSV4RRFFQ69G5FAV/2", "01ARZ3NDEKTSV4RRFFQ69G5FAV", 2)]
    [InlineData("test/01ARZ3NDEKTSV4RRFFQ69G5FAV/0", null, 0)]
    [InlineData("test/01ARZ3NDEKTSV4RRFFQ69G5FAV/-1", null, 0)]
    [InlineData("test/01ARZ3NDEKTSV4RRFFQ69G5FAV", null, 0)]
    [InlineData("test/x/1", null, 0)]
    [InlineData("ecs-svc/1234567890123456789", null, 0)]
    [InlineData("Test/01ARZ3NDEKTSV4RRFFQ69G5FAV/2", null, 0)]
    [InlineData("", null, 0)]
    [InlineData(null, null, 0)]
    public void Runner_and_attempt_come_from_startedBy_alone(string? startedBy, string? runnerId, int attempt)
    {
        var description = EcsDescriptions.Of(StubEcs.Task("RUNNING", startedBy: startedBy));

        Assert.Equal((runnerId, attempt), (description.RunnerId, description.Attempt));
    }

    [Fact]
    public async Task An_end_is_told_with_its_times_code_and_reason()
    {
        var began = _world.Clock.GetUtcNow();
        var compute = await _world.LaunchAsync();
        _world.Pass(40);
        _world.Ecs.EndTask(compute.Id, 137, "OutOfMemoryError: Container killed\ndue to memory usage");
        _world.Pass(10);

        var description = await _world.DescriptionAsync(compute);

        Assert.Equal(began.AddSeconds(28), description.StartedAt);
        Assert.Equal(
            new ComputeEnd
            {
                StartedAt = began.AddSeconds(8), // the pull of its image
                At = began.AddSeconds(50),
                ExitCode = 137,
                Reason = "EssentialContainerExited: Essential container in task exited: OutOfMemoryError: Container killed due to memory usage",
            },
            description.End);
    }

    [Fact]
    public async Task A_task_that_was_taken_away_says_so()
    {
        var compute = await _world.LaunchAsync(_world.Request(change: plan => plan with { Capacity = CapacityKind.Spot }));
        _world.Pass(30);
        _world.Ecs.InterruptSpot(compute.Id);
        Assert.Equal(ComputeStatus.Stopping, (await _world.DescriptionAsync(compute)).Status);
        _world.Pass(131);

        var end = (await _world.DescriptionAsync(compute)).End;

        Assert.True(end is { Interrupted: true, ImageUnavailable: false, ExitCode: 137, Reason: "SpotInterruption: Your Spot Task was interrupted." });
    }

    [Theory]
    [InlineData("SpotInterruption", null, true)]
    [InlineData("TerminationNotice", "Your Spot Task was interrupted.", true)]
    [InlineData(null, "Your Spot Task was interrupted.", true)]
    [InlineData("UserInitiated", "because", false)]
    [InlineData(null, null, false)]
    public void An_interruption_is_known_by_old_words_and_new(string? code, string? reason, bool isInterrupted) =>
        Assert.Equal(isInterrupted, EcsDescriptions.Of(StubEcs.Task("STOPPED") with { StopCode = code, StoppedReason = reason }).End!.Interrupted);

    [Fact]
    public async Task An_image_that_cannot_be_pulled_is_told_from_other_failures_to_start()
    {
        var (gone, other) = (await _world.LaunchAsync(), await _world.LaunchAsync(_world.Request(change: plan => plan with { Image = "registry.example/other@sha256:1" })));
        _world.Ecs.DeleteImage(EcsWorld.Image);
        _world.Ecs.FailToStart(other.Id, "ResourceInitializationError: failed to configure the network");
        _world.Pass(60);

        var end = (await _world.DescriptionAsync(gone)).End;
        Assert.StartsWith("TaskFailedToStart: CannotPullContainerError:", end?.Reason, StringComparison.Ordinal);
        Assert.True(end is { ImageUnavailable: true, ExitCode: null });
        Assert.True((await _world.DescriptionAsync(other)).End is { ImageUnavailable: false, StartedAt: not null });
    }

    [Fact]
    public void A_reason_without_end_is_cut() =>
        Assert.Equal(500, EcsDescriptions.Of(StubEcs.Task("STOPPED") with { StoppedReason = new string('x', 5000) }).End!.Reason!.Length);

    [Fact]
    public async Task A_stop_is_asked_for_once_it_can_be_and_told_how_it_stands()
    {
        var compute = await _world.LaunchAsync();
        _world.Pass(30);

        Assert.IsType<StopOutcome.Stopping>(await _world.Launcher.StopAsync(compute, "SURPLUS: not needed", _world.Cancel));
        Assert.IsType<StopOutcome.Stopping>(await _world.Launcher.StopAsync(compute, "again", _world.Cancel));
        _world.Pass(20);

        Assert.IsType<StopOutcome.Stopped>(await _world.Launcher.StopAsync(compute, "after", _world.Cancel));
        Assert.Equal(("UserInitiated", "SURPLUS: not needed", 143), (_world.Ecs.Tasks[0].StopCode, _world.Ecs.Tasks[0].StoppedReason, _world.Ecs.Tasks[0].ExitCode));
    }

    [Fact]
    public async Task A_reason_to_stop_is_cut_to_what_ECS_takes()
    {
        var compute = await _world.LaunchAsync();

        await _world.Launcher.StopAsync(compute, "first\nsecond " + new string('x', 300), _world.Cancel);

        var reason = (string?)_world.LastBody("StopTask")["reason"];
        Assert.StartsWith("first second xxx", reason, StringComparison.Ordinal);
        Assert.Equal(255, reason!.Length);
    }

    [Fact]
    public async Task A_stop_that_fails_is_unknown()
    {
        var compute = await _world.LaunchAsync();
        _world.Aws.LoseNextReplies(1, "StopTask");
        Assert.IsType<StopOutcome.Unknown>(await _world.Launcher.StopAsync(compute, "why", _world.Cancel));
        _world.Ecs.Deny("ecs:StopTask");
        Assert.Contains("Allow it ecs:StopTask", Assert.IsType<StopOutcome.Unknown>(await _world.Launcher.StopAsync(compute, "why", _world.Cancel)).Reason, StringComparison.Ordinal);
        Assert.IsType<StopOutcome.Unknown>(await _world.Launcher.StopAsync(compute with { Launcher = "docker" }, "why", _world.Cancel));
    }

    [Fact]
    public async Task A_listing_shows_what_this_fleet_runs_in_a_cluster_that_it_shares()
    {
        await _world.Launcher.LaunchAsync(_world.Request(_world.NewIdentity("test-2")), _world.Cancel);
        var (mine, stopped) = (await _world.LaunchAsync(), await _world.LaunchAsync());
        await RunForeignTaskAsync(null);
        await RunForeignTaskAsync("ecs-svc/1234567890123456789");
        await RunForeignTaskAsync("test");
        var odd = await RunForeignTaskAsync("test/by-hand");
        await _world.Launcher.StopAsync(stopped, "why", _world.Cancel);

        var page = await _world.Launcher.ListAsync("test", null, _world.Cancel);

        Assert.Null(page.Continuation);
        Assert.Equal([(mine.Id, true), (odd, false)], page.Items.Select(item => (item.Compute.Id, item.RunnerId is not null)));
    }

    [Fact]
    public async Task A_listing_goes_page_by_page_also_over_pages_without_anything_of_this_fleet()
    {
        for (var n = 0; n < 230; n++)
        {
            await _world.Launcher.LaunchAsync(_world.Request(_world.NewIdentity(n is >= 100 and < 200 ? "other" : "test")), _world.Cancel);
        }

        _world.Aws.ForgetCalls();
        var pages = new List<IReadOnlyList<ComputeDescription>>();
        string? continuation = null;
        do
        {
            var page = await _world.Launcher.ListAsync("test", continuation, _world.Cancel);
            pages.Add(page.Items);
            continuation = page.Continuation;
        }
        while (continuation is not null);

        Assert.Equal([100, 0, 30], pages.Select(page => page.Count));
        Assert.Equal(130, pages.SelectMany(page => page).Select(item => item.Compute).Distinct().Count());
        Assert.Equal(["ListTasks", "DescribeTasks", "ListTasks", "DescribeTasks", "ListTasks", "DescribeTasks"], _world.Operations);
    }

    [Fact]
    public async Task A_listing_that_fails_says_what_to_look_at()
    {
        _world.Ecs.Deny("ecs:ListTasks");
        var denied = await Assert.ThrowsAsync<ComputeUnavailableException>(() => _world.Launcher.ListAsync("test", null, _world.Cancel));
        var missing = await Assert.ThrowsAsync<ComputeUnavailableException>(() => _world.NewLauncher(o => o.Cluster = "nowhere").ListAsync("test", null, _world.Cancel));

        Assert.StartsWith("The tasks of the ECS cluster runners cannot be listed. The control plane lacks a permission. Allow it ecs:ListTasks on arn:aws:ecs:eu-central-1:123456789012:cluster/runners.", denied.Message, StringComparison.Ordinal);
        Assert.StartsWith("The tasks of the ECS cluster nowhere cannot be listed. There is no such cluster", missing.Message, StringComparison.Ordinal);
    }

    private async Task<string> RunForeignTaskAsync(string? startedBy)
    {
        var body = _world.LastBody("RunTask");
        body.Remove("clientToken");
        body["startedBy"] = startedBy;
        using var raw = RawEcsClient.Of(_world.Aws);
        return (string)(await raw.CallAsync("RunTask", body, _world.Cancel))["tasks"]![0]!["taskArn"]!;
    }

    private static ComputeDescription Found(FindOutcome outcome) => Assert.IsType<FindOutcome.Found>(outcome).Description;
}
