using RunnerFleet.Compute;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Sweeping;
using RunnerFleet.Testing.GitHub;
using RunnerFleet.Storage;

namespace RunnerFleet.Sdk.Tests.Fleet;

public sealed class SweepTests
{
    [Fact]
    public async Task A_store_that_does_not_answer_is_said_in_one_line()
    {
        await using var world = new FleetWorld();
        world.Store.BeforePurge = () => throw new StoreUnavailableException("The table does not answer.", new TimeoutException("of the network"));

        var summary = await world.Fleet.SweepAsync(world.Cancel);

        Assert.Equal(1, summary.Errors);
        Assert.Equal("A sweep failed; the next is due by the clock. The table does not answer.", Assert.Single(world.Log, l => l.StartsWith("Error ", StringComparison.Ordinal))["Error 2058 ".Length..].Trim());
    }

    [Fact]
    public async Task A_sweep_says_what_it_did_and_how_many_runners_of_each_class_live()
    {
        await using var world = new FleetWorld();
        await world.StartAsync();
        await world.StartAsync("self-hosted", "class:large");
        await world.StartAsync("self-hosted", "class:large");
        world.Queue();
        await world.DeliverAsync();

        await world.Fleet.SweepAsync(world.Cancel);

        Assert.Equal(["Information 2074 Class large: 2 runners hold a place.", "Information 2074 Class small: 2 runners hold a place."], world.Log.Where(l => l.Contains(" 2074 ", StringComparison.Ordinal)).Select(l => l.Trim()));
        var done = Assert.Single(world.Log, l => l.StartsWith("Information 2073 ", StringComparison.Ordinal));
        Assert.Contains(" 1 runners launched, 0 computes and 0 registrations without a record, 0 jobs that no webhook told of, 0 errors.", done, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sweep_that_another_host_holds_says_nothing()
    {
        await using var world = new FleetWorld();
        Assert.True(await world.Service<FleetState>().TryLeaseAsync("sweep", TimeSpan.FromMinutes(1), world.Cancel));

        Assert.True((await world.AddHost().SweepAsync(world.Cancel)).Skipped);

        Assert.DoesNotContain(world.Log, l => l.Contains(" 2073 ", StringComparison.Ordinal) || l.Contains(" 2074 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task How_long_a_job_was_queued_and_how_its_runner_ended_is_said_once()
    {
        await using var world = new FleetWorld();
        var (job, runner, registration) = await world.StartAndConnectAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(42));
        world.GitHub.TakeJob(registration);
        await world.DeliverAndDrainAsync();
        await world.Fleet.SweepAsync(world.Cancel);

        Assert.Equal($"Information 2070 Job {FleetWorld.KeyOf(job)} began on runner {runner.Id} of the class small, 42 s after it was queued.", Assert.Single(world.Log, l => l.Contains(" 2070 ", StringComparison.Ordinal)).Trim());

        world.GitHub.CompleteJob(registration);
        world.Launcher.End(runner.Id, 0);
        await world.PassAsync(TimeSpan.FromMinutes(5));
        await world.Fleet.SweepAsync(world.Cancel);

        Assert.Equal(RunnerState.Offline, (await world.RunnerAsync(runner.Id)).State);
        Assert.StartsWith($"Information 2071 Runner {runner.Id} of the class small ended: ", Assert.Single(world.Log, l => l.Contains(" 2071 ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain(world.Log, l => l.Contains(" 2072 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_runner_that_waits_for_long_is_said_by_each_drain_with_its_reason()
    {
        await using var world = new FleetWorld();
        world.Launcher.LaunchAnswer = _ => new LaunchOutcome.NoCapacity("none in any zone");
        var (_, runner) = await world.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(59));
        Assert.DoesNotContain(world.Log, l => l.Contains(" 2075 ", StringComparison.Ordinal));

        await world.PassAsync(TimeSpan.FromMinutes(10));

        var said = world.Log.Where(l => l.StartsWith("Information 2075 ", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(said);
        Assert.Matches($"1 runners or more wait to be launched, the longest \\({runner.Id}, class small\\) for [1-9][0-9]+ s: {ReasonCodes.NoCapacity}: ", said[^1]);
    }

    [Fact]
    public async Task A_runner_that_failed_is_a_warning_with_its_reason()
    {
        await using var world = new FleetWorld();
        var (_, runner) = await world.StartAsync();
        world.Launcher.End(runner.Id, 137);
        await world.Fleet.SweepAsync(world.Cancel);
        await world.PassAsync(TimeSpan.FromMinutes(1));

        Assert.StartsWith($"Warning 2072 Runner {runner.Id} of the class small failed: {ReasonCodes.ComputeStopped} ", Assert.Single(world.Log, l => l.Contains(" 2072 ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compute_that_dies_while_it_waits_is_replaced_and_its_registration_removed()
    {
        await using var world = new FleetWorld();
        var (job, runner, registration) = await world.StartAndConnectAsync();
        world.Launcher.End(runner.Id, 137);
        world.GitHub.Disconnect(registration);
        await world.Fleet.SweepAsync(world.Cancel); // no event came
        await world.PassAsync(TimeSpan.FromMinutes(1));

        var ended = await world.RunnerAsync(runner.Id);
        Assert.Equal((RunnerState.Failed, ReasonCodes.ComputeStopped), (ended.State, ended.Reason!.Code));
        Assert.Contains("137", ended.Reason.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(world.GitHub.Runners, r => r.Id == registration);
        var next = await world.RunnerOfAsync(job);
        Assert.NotEqual(runner.Id, next.Id);
        Assert.Equal(RunnerState.WaitingForJob, next.State);
    }

    [Fact]
    public async Task A_running_job_is_never_killed_by_clean_up()
    {
        await using var world = new FleetWorld(o => o.Timing.JobTimeLimitSeconds = 0);
        var (_, runner, registration) = await world.StartAndConnectAsync();
        world.GitHub.TakeJob(registration);
        await world.DeliverAndDrainAsync();
        for (var hour = 0; hour < 24; hour++)
        {
            await world.PassAsync(TimeSpan.FromHours(1), TimeSpan.FromMinutes(10));
            await world.Fleet.SweepAsync(world.Cancel);
        }

        Assert.Equal(RunnerState.Running, (await world.RunnerAsync(runner.Id)).State);
        Assert.Empty(world.Launcher.Stops);
    }

    [Fact]
    public async Task Only_its_time_limit_ends_a_running_job()
    {
        await using var world = new FleetWorld(o => o.Timing.JobTimeLimitSeconds = 3600);
        var (_, runner, registration) = await world.StartAndConnectAsync();
        world.GitHub.TakeJob(registration);
        await world.DeliverAndDrainAsync();
        await world.PassAsync(TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(1));
        Assert.Equal(RunnerState.Running, (await world.RunnerAsync(runner.Id)).State);

        await world.PassAsync(TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(1));
        var ended = await world.RunnerAsync(runner.Id);
        Assert.Equal((RunnerState.Failed, ReasonCodes.JobTimeLimit), (ended.State, ended.Reason!.Code));
    }

    [Fact]
    public async Task A_runner_given_a_job_while_it_was_ending_is_left_to_run_it()
    {
        await using var world = new FleetWorld();
        var (job, runner, registration) = await world.StartAndConnectAsync();
        world.GitHub.CancelJob(job.Id);
        await world.DeliverAndDrainAsync();
        Assert.NotNull((await world.RunnerAsync(runner.Id)).Closing);
        await world.PassAsync(TimeSpan.FromSeconds(30));

        world.GitHub.Fate = _ => DeliveryFate.Drop;
        var taken = world.Queue();
        world.GitHub.TakeJob(registration);
        await world.PassAsync(TimeSpan.FromMinutes(3));

        var left = await world.RunnerAsync(runner.Id);
        Assert.Null(left.Closing);
        Assert.Equal((RunnerState.Running, (JobKey?)FleetWorld.KeyOf(taken)), (left.State, left.Job));
        Assert.Equal(JobState.InProgress, (await world.JobAsync(taken)).State); // looked up by the runner's name
        Assert.Empty(world.Launcher.Stops);
    }

    [Fact]
    public async Task A_lone_404_is_no_proof_that_a_registration_is_gone()
    {
        await using var world = new FleetWorld();
        var (job, runner, _) = await world.StartAndConnectAsync();
        world.GitHub.CancelJob(job.Id);
        await world.DeliverAndDrainAsync();
        world.GitHub.FailNext(1000, 404); // the installation was removed: 404 on everything
        await world.PassAsync(TimeSpan.FromMinutes(10));

        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerAsync(runner.Id)).State);
        Assert.Empty(world.Launcher.Stops);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_launcher_that_cannot_be_asked_ends_nothing(bool saysWhy)
    {
        await using var world = new FleetWorld();
        var (_, runner, _) = await world.StartAndConnectAsync();
        world.Launcher.ListFailure = _ => saysWhy ? new ComputeUnavailableException("throttled") : new InvalidOperationException("throttled");
        world.Launcher.DescribeAnswer = _ => new FindOutcome.Unknown("throttled");
        await world.PassAsync(TimeSpan.FromMinutes(20));
        var summary = await world.Fleet.SweepAsync(world.Cancel);

        Assert.Equal(1, summary.Errors);
        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerAsync(runner.Id)).State);
        Assert.Empty(world.Launcher.Stops);
    }

    [Fact]
    public async Task Compute_without_a_record_is_removed()
    {
        await using var world = new FleetWorld(o => o.GitHub.Repository = FleetWorld.Repository);
        await LaunchStrangerAsync(world, "01J00000000000000000000000");
        var summary = await world.Fleet.SweepAsync(world.Cancel);

        Assert.Equal(1, summary.OrphanedCompute);
        Assert.All(world.Launcher.Computes, c => Assert.Equal(ComputeStatus.Stopped, c.Status));
    }

    [Fact]
    public async Task Compute_without_a_record_is_left_alone_where_nothing_proves_that_it_is_idle()
    {
        await using var world = new FleetWorld(); // no one scope in which it must have registered
        await LaunchStrangerAsync(world, "01J00000000000000000000000");
        await world.Fleet.SweepAsync(world.Cancel);

        Assert.Contains(world.Launcher.Computes, c => c.Status != ComputeStatus.Stopped);
        Assert.Contains((await world.Fleet.GetOverviewAsync(world.Cancel)).Notices, n => n.Reason.Code == ReasonCodes.OrphanedCompute);
    }

    [Fact]
    public async Task Compute_without_a_record_that_runs_a_job_is_left_alone()
    {
        await using var world = new FleetWorld(o => o.GitHub.Repository = FleetWorld.Repository);
        var (_, runner, registration) = await world.StartAndConnectAsync();
        world.GitHub.TakeJob(registration);
        await world.DeliverAndDrainAsync();
        world.Store.Forget(runner.Id);

        var summary = await world.Fleet.SweepAsync(world.Cancel);
        Assert.Equal(1, summary.OrphanedCompute);
        Assert.Empty(world.Launcher.Stops);
    }

    [Fact]
    public async Task Too_much_compute_without_a_record_halts_the_clean_up()
    {
        await using var world = new FleetWorld();
        await world.StartAsync();
        for (var i = 0; i < 6; i++)
        {
            await LaunchStrangerAsync(world, $"01J0000000000000000000000{i}");
        }

        var summary = await world.Fleet.SweepAsync(world.Cancel);
        Assert.True(summary.Halted);
        Assert.DoesNotContain(world.Launcher.Stops, s => s.Reason.Contains(ReasonCodes.OrphanedCompute, StringComparison.Ordinal));
        Assert.Contains((await world.Fleet.GetOverviewAsync(world.Cancel)).Notices, n => n.Reason.Code == ReasonCodes.CleanUpHalted);
    }

    [Fact]
    public async Task A_registration_without_a_live_record_is_removed_after_two_idle_readings_and_a_young_one_is_not()
    {
        await using var world = new FleetWorld(o => o.GitHub.Repository = FleetWorld.Repository);
        var (_, runner) = await world.StartAsync();
        Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(runner));
        world.Store.Forget(runner.Id);
        await world.Fleet.SweepAsync(world.Cancel);
        Assert.Single(world.GitHub.Runners);
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        await world.Fleet.SweepAsync(world.Cancel);
        Assert.Empty(world.GitHub.Runners); // its orphaned compute was removed with it

        var (_, second) = await world.StartAsync();
        Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(second));
        world.Launcher.End(second.Id, 0);
        world.Store.Forget(second.Id);
        await world.Fleet.SweepAsync(world.Cancel);
        Assert.Single(world.GitHub.Runners);

        world.Clock.Advance(TimeSpan.FromMinutes(16));
        await world.Fleet.SweepAsync(world.Cancel);
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        var summary = await world.Fleet.SweepAsync(world.Cancel);
        Assert.Equal(1, summary.GhostRegistrations);
        Assert.Empty(world.GitHub.Runners);
    }

    [Fact]
    public async Task A_second_host_leaves_the_sweep_to_the_first()
    {
        await using var world = new FleetWorld();
        var second = world.AddHost();
        SweepSummary? inside = null;
        await world.StartAsync();
        world.Launcher.BeforeEachCall = async cancel =>
        {
            world.Launcher.BeforeEachCall = null;
            inside = await second.SweepAsync(cancel);
        };
        var outside = await world.Fleet.SweepAsync(world.Cancel);

        Assert.False(outside.Skipped);
        Assert.True(inside!.Skipped);
        Assert.False((await second.SweepAsync(world.Cancel)).Skipped);
    }

    [Fact]
    public async Task A_runner_that_never_gets_a_job_ends_by_its_ttl_and_leaves_nothing()
    {
        await using var world = new FleetWorld(o => o.Limits.LaunchesPerJob = 1);
        var (job, runner, _) = await world.StartAndConnectAsync();
        await world.PassAsync(TimeSpan.FromSeconds(7200 + 600), TimeSpan.FromMinutes(1));

        var ended = await world.RunnerAsync(runner.Id);
        Assert.Equal((RunnerState.Offline, ReasonCodes.RunnerTtl), (ended.State, ended.Reason!.Code));
        Assert.Equal(JobState.GaveUp, (await world.JobAsync(job)).State);
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_claimed_runner_that_never_comes_online_ends_with_that_reason()
    {
        await using var world = new FleetWorld();
        var (_, runner) = await world.StartAsync();
        Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(runner));
        await world.PassAsync(TimeSpan.FromMinutes(20));
        Assert.Equal("NEVER_ONLINE", (await world.RunnerAsync(runner.Id)).Reason!.Code);
    }

    [Fact]
    public async Task Terminate_ends_an_idle_runner_and_leaves_a_running_one_unless_forced()
    {
        await using var world = new FleetWorld();
        var (_, idle, _) = await world.StartAndConnectAsync();
        Assert.IsType<TerminateOutcome.Ending>(await world.Fleet.TerminateAsync(idle.Id, force: false, world.Cancel));
        await world.PassAsync(TimeSpan.FromMinutes(3));
        var ended = await world.RunnerAsync(idle.Id);
        Assert.Equal((RunnerState.Offline, ReasonCodes.Terminated), (ended.State, ended.Reason!.Code));
        Assert.IsType<TerminateOutcome.AlreadyEnded>(await world.Fleet.TerminateAsync(idle.Id, force: true, world.Cancel));
        Assert.IsType<TerminateOutcome.NotFound>(await world.Fleet.TerminateAsync("nobody", force: true, world.Cancel));

        var (_, busy, registration) = await world.StartAndConnectAsync();
        world.GitHub.TakeJob(registration);
        await world.DeliverAndDrainAsync();
        Assert.IsType<TerminateOutcome.RunsJob>(await world.Fleet.TerminateAsync(busy.Id, force: false, world.Cancel));
        Assert.IsType<TerminateOutcome.Ending>(await world.Fleet.TerminateAsync(busy.Id, force: true, world.Cancel));
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(RunnerState.Offline, (await world.RunnerAsync(busy.Id)).State);
    }

    [Fact]
    public async Task A_late_event_of_an_ended_runner_changes_nothing()
    {
        await using var world = new FleetWorld();
        var (_, runner) = await world.StartAsync();
        var compute = world.Launcher.Computes.Single();
        world.Launcher.End(runner.Id, 1);
        var stopped = world.Launcher.Computes.Single();
        await world.Fleet.HandleEventAsync(new FleetEvent.ComputeChanged(stopped), world.Cancel);
        var ended = await world.RunnerAsync(runner.Id);
        Assert.True(ended.IsTerminal);

        await world.Fleet.HandleEventAsync(new FleetEvent.ComputeChanged(stopped), world.Cancel);
        await world.Fleet.HandleEventAsync(new FleetEvent.ComputeChanged(compute), world.Cancel);
        Assert.Equal(ended, await world.RunnerAsync(runner.Id), Same);
    }

    [Fact]
    public async Task A_stop_that_takes_its_time_holds_the_places_until_it_is_proven()
    {
        await using var world = new FleetWorld();
        world.Launcher.StopsAtOnce = false;
        var (job, runner) = await world.StartAsync();
        world.GitHub.CancelJob(job.Id);
        await world.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerAsync(runner.Id)).State);
        Assert.Equal(1, await world.PlacesAsync("fleet"));

        world.Launcher.End(runner.Id, 143);
        await world.PassAsync(TimeSpan.FromMinutes(2));
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_launcher_that_hangs_holds_up_nothing_for_ever()
    {
        await using var world = new FleetWorld();
        var (_, runner, _) = await world.StartAndConnectAsync();
        world.Launcher.BeforeEachCall = _ => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None); // heeds no token
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        var drain = world.Fleet.DrainAsync(world.Cancel);
        while (!drain.IsCompleted)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        await drain;
        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerAsync(runner.Id)).State);
    }

    [Fact]
    public async Task A_runner_launched_since_its_end_was_decided_is_left_alone()
    {
        await using var world = new FleetWorld();
        world.Queue();
        await world.DeliverAsync();
        var seen = Assert.Single(await world.RunnersAsync(RunnerState.Pending)); // one host decides to end it …
        await world.Fleet.DrainAsync(world.Cancel); // … while another launches it
        await world.Service<Endings>().EndAsync(seen, fault: true, Reason.Of(ReasonCodes.RunnerTtl, "too late"), null, world.Cancel);

        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerAsync(seen.Id)).State);
        Assert.Equal(1, await world.PlacesAsync("fleet"));
    }

    [Fact]
    public async Task A_job_that_a_listing_does_not_show_yet_keeps_its_runner()
    {
        await using var world = new FleetWorld();
        var (gone, _) = await world.StartAsync();
        var (fresh, runner) = await world.StartAsync();
        world.Store.HideQueuedJobs = true;
        world.GitHub.CancelJob(gone.Id);
        await world.DeliverAndDrainAsync();

        Assert.Null((await world.RunnerAsync(runner.Id)).Closing);
        Assert.Equal(runner.Id, (await world.JobAsync(fresh)).RunnerId);
    }

    private static bool Same(Runner a, Runner b) => a.Version == b.Version && a.State == b.State;

    private static async Task LaunchStrangerAsync(FleetWorld world, string runnerId)
    {
        var known = await world.StartAsync();
        var request = world.Launcher.Launches[^1];
        await world.Launcher.LaunchAsync(request with { Identity = request.Identity with { RunnerId = runnerId } }, world.Cancel);
        world.GitHub.CancelJob(known.Job.Id);
        await world.PassAsync(TimeSpan.FromMinutes(1));
    }
}
