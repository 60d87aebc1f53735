using RunnerFleet.Compute;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Sdk.Tests.Fleet;

// Between a recorded job and a registered runner.
public sealed partial class PeerFailureTests
{
    [Fact]
    public async Task A01_Of_a_finished_and_a_queued_job_the_queued_one_is_tried_again_when_its_registration_fails()
    {
        await using var world = new FleetWorld();
        var finished = world.Queue();
        var queued = world.Queue("self-hosted", "class:large");
        await world.DeliverAsync();
        world.GitHub.CancelJob(finished.Id);
        await world.DeliverAndDrainAsync();
        var first = await world.RunnerOfAsync(queued);
        world.GitHub.FailNext(1, 403, "generate-jitconfig");
        Assert.IsType<ClaimOutcome.Gone>(await world.ClaimAsync(first));
        world.Launcher.End(first.Id, 1);
        await world.PassAsync(TimeSpan.FromMinutes(10));

        var second = await world.RunnerOfAsync(queued);
        Assert.NotEqual(first.Id, second.Id);
        var registration = await world.ConnectAsync(second);
        Assert.Equal(queued.Id, world.GitHub.TakeJob(registration)!.Id);
        Assert.Equal([first.Id, second.Id], world.Launcher.Launches.Select(l => l.Identity.RunnerId)); // and nothing for the finished one
    }

    [Fact]
    public async Task A01_Whoever_the_limit_leaves_out_stays_recorded_and_gets_the_next_place()
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 1);
        var finished = world.Queue();
        var second = world.Queue();
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var third = world.Queue("self-hosted", "class:large");
        await world.DeliverAsync();
        world.GitHub.CancelJob(finished.Id);
        await world.DeliverAndDrainAsync();
        Assert.Equal((RunnerState.WaitingForJob, RunnerState.Pending), ((await world.RunnerOfAsync(second)).State, (await world.RunnerOfAsync(third)).State));
        Assert.Equal(ReasonCodes.LimitReached, (await world.RunnerOfAsync(third)).Reason!.Code);

        world.GitHub.CancelJob(second.Id);
        await world.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(third)).State);
    }

    [Theory]
    [InlineData("VcpuLimitExceeded: you have requested more vCPU capacity than your limit allows")]
    [InlineData("UnauthorizedOperation: you are not authorized to perform this operation")]
    public async Task A02_A_launch_refused_as_if_for_good_costs_no_job(string refusal)
    {
        await using var world = new FleetWorld();
        world.Launcher.LaunchAnswer = _ => new LaunchOutcome.Rejected(refusal);
        var job = world.Queue();
        await world.PassAsync(TimeSpan.FromMinutes(2));
        var waiting = await world.JobAsync(job);
        Assert.Equal(JobState.Queued, waiting.State);
        Assert.Contains(refusal, waiting.Diagnostic!.Message, StringComparison.Ordinal);

        world.Launcher.LaunchAnswer = null; // somebody mended it
        await world.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(job)).State);
    }

    [Fact]
    public async Task A04_While_GitHub_registers_nobody_for_an_hour_nothing_sleeps_and_no_more_compute_is_started()
    {
        await using var world = new FleetWorld();
        var (first, runner) = await world.StartAsync();
        world.GitHub.FailNext(1, 429, "generate-jitconfig", TimeSpan.FromHours(1));
        var began = world.Clock.GetUtcNow();
        var busy = Assert.IsType<ClaimOutcome.Busy>(await world.ClaimAsync(runner)); // the clock stands still: an answer that slept would never come
        Assert.Equal(TimeSpan.FromHours(1), busy.RetryAfter);

        var later = Enumerable.Range(0, 5).Select(_ => world.Queue()).ToList();
        await world.DeliverAndDrainAsync();
        world.GitHub.FailNext(10_000, 429, "generate-jitconfig", TimeSpan.FromHours(1));
        while (world.Clock.GetUtcNow() - began < TimeSpan.FromMinutes(55))
        {
            await world.PassAsync(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
            Assert.Single(world.Launcher.Launches);
            Assert.All(await world.RunnersAsync(RunnerState.Pending), r => Assert.Equal(ReasonCodes.BreakerOpen, r.Reason!.Code));
        }

        // It is stopped when it could not be registered in time, and nothing is registered for it.
        Assert.DoesNotContain(world.Launcher.Computes, c => c.Status != ComputeStatus.Stopped);
        Assert.Empty(world.GitHub.Runners);
        await world.PassAsync(TimeSpan.FromMinutes(7));
        Assert.Equal(2, world.Launcher.Launches.Count); // one probes
        Assert.All(later.Append(first), job => Assert.Equal("queued", world.GitHub.Jobs.Single(j => j.Id == job.Id).Status));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(403)]
    public async Task A08_Whoever_asks_to_be_left_alone_for_20_seconds_is(int status)
    {
        await using var world = new FleetWorld();
        var (_, runner) = await world.StartAsync();
        world.GitHub.FailNext(1, status, "generate-jitconfig", TimeSpan.FromSeconds(20));
        Assert.Equal(TimeSpan.FromSeconds(20), Assert.IsType<ClaimOutcome.Busy>(await world.ClaimAsync(runner)).RetryAfter);
        var next = world.Queue();
        await world.DeliverAsync();
        var calls = world.GitHub.Calls.Count;

        await world.PassAsync(TimeSpan.FromSeconds(19), TimeSpan.FromSeconds(1));
        Assert.Equal(calls, world.GitHub.Calls.Count);
        Assert.Equal(RunnerState.Pending, (await world.RunnerOfAsync(next)).State); // its registration would only be refused too

        await world.PassAsync(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));
        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(next)).State);
        Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(runner));
    }

    [Fact]
    public async Task A13_Several_hosts_that_count_and_launch_at_once_never_pass_a_limit()
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 3);
        var most = 0;
        world.Launcher.BeforeEachCall = async _ =>
        {
            await Task.Yield();
            most = Math.Max(most, world.Launcher.Computes.Count(c => c.Status != ComputeStatus.Stopped));
        };
        IRunnerFleet[] hosts = [world.Fleet, world.AddHost(), world.AddHost(), world.AddHost()];
        var jobs = Enumerable.Range(0, 12).Select(_ => world.Queue()).ToList();
        await world.DeliverAsync();
        for (var round = 0; round < 60 && world.GitHub.Jobs.Any(j => j.Status != "completed"); round++)
        {
            await Task.WhenAll(hosts.Select(host => Task.Run(() => host.DrainAsync(world.Cancel))));
            Assert.InRange(await world.PlacesAsync("fleet"), 0, 3);
            foreach (var job in jobs)
            {
                if (await world.JobAsync(job) is { State: JobState.Queued, RunnerId: { } id } && (await world.RunnerAsync(id)).State == RunnerState.WaitingForJob)
                {
                    world.GitHub.CancelJob(job.Id);
                    break; // one place comes free at a time
                }
            }

            await world.DeliverAsync();
            world.Clock.Advance(TimeSpan.FromMinutes(2));
        }

        Assert.All(world.GitHub.Jobs, j => Assert.Equal("completed", j.Status));
        Assert.InRange(most, 1, 3);
        Assert.True(world.Launcher.Computes.Count <= 12, $"{world.Launcher.Computes.Count} computes for 12 jobs.");
    }

    [Fact]
    public async Task A13_A_host_that_counted_before_another_took_the_last_place_launches_nothing()
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 1);
        var other = world.AddHost();
        var first = world.Queue();
        await world.DeliverAsync();
        var runner = await world.RunnerOfAsync(first);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = world.Queue();
        await world.DeliverAsync();
        world.Store.FailBefore = commit =>
        {
            if (commit.Runners.Any(r => r.Id == runner.Id && r.State == RunnerState.Starting))
            {
                world.Store.FailBefore = null; // the place was counted as free; before it is taken, another host gives it to somebody else
                world.Store.HidePending = r => r.Id == runner.Id;
                other.DrainAsync(world.Cancel).GetAwaiter().GetResult();
                world.Store.HidePending = null;
            }

            return false;
        };
        await world.Fleet.DrainAsync(world.Cancel);

        Assert.Null(world.Store.FailBefore); // it came between
        Assert.Equal((await world.RunnerOfAsync(second)).Id, Assert.Single(world.Launcher.Launches).Identity.RunnerId);
        Assert.Equal((1, RunnerState.Pending), (await world.PlacesAsync("fleet"), (await world.RunnerAsync(runner.Id)).State));
    }

    [Fact]
    public async Task A14_Compute_that_never_asks_for_its_registration_is_stopped_in_bounded_time_and_its_job_gets_another()
    {
        await using var world = new FleetWorld();
        var (job, runner) = await world.StartAsync();
        await world.PassAsync(TimeSpan.FromMinutes(9));
        Assert.Empty(world.Launcher.Stops);
        await world.PassAsync(TimeSpan.FromMinutes(2));

        var ended = await world.RunnerAsync(runner.Id);
        Assert.Equal((RunnerState.Failed, ReasonCodes.NeverClaimed), (ended.State, ended.Reason!.Code));
        Assert.Equal(ComputeStatus.Stopped, world.Launcher.Computes.Single(c => c.RunnerId == runner.Id).Status);
        Assert.NotEqual(runner.Id, (await world.RunnerOfAsync(job)).Id);
        Assert.IsType<ClaimOutcome.Gone>(await world.Fleet.ClaimAsync(world.ClaimOf(runner), world.Cancel)); // too late: told to exit
    }

    [Fact]
    public async Task A15_A_registration_whose_storing_failed_is_removed_with_its_compute()
    {
        await using var world = new FleetWorld();
        var (job, runner) = await world.StartAsync();
        world.Store.FailBefore = commit => commit.Runners.Any(r => r.Registration?.GitHubId is not null);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => world.ClaimAsync(runner));
        var leftover = Assert.Single(world.GitHub.Runners);
        world.Launcher.End(runner.Id, 1);
        await world.Fleet.HandleEventAsync(new FleetEvent.ComputeChanged(world.Launcher.Computes.Single()), world.Cancel);
        world.Store.FailBefore = null;
        world.GitHub.CancelJob(job.Id);
        await world.PassAsync(TimeSpan.FromMinutes(20));

        Assert.DoesNotContain(world.GitHub.Runners, r => r.Name == leftover.Name);
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A19_A_drain_that_outlives_its_callers_patience_and_is_run_again_meanwhile_launches_once()
    {
        await using var world = new FleetWorld();
        var job = world.Queue();
        await world.DeliverAsync();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(world.Cancel);
        var slow = world.Launcher.Restart();
        slow.BeforeEachCall = async token =>
        {
            await world.Launcher.LaunchAsync(slow.Launches[^1], CancellationToken.None); // it started, and the answer takes its time
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        };
        var first = world.AddHost(slow).DrainAsync(patience.Token);

        await world.Fleet.DrainAsync(world.Cancel); // the same hint, delivered again
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await world.PassAsync(TimeSpan.FromMinutes(2));

        var runner = await world.RunnerOfAsync(job);
        Assert.Equal((RunnerState.WaitingForJob, 1), (runner.State, runner.Attempt));
        Assert.Single(world.Launcher.Computes);
        Assert.Single(await world.RunnersAsync());
    }

    [Fact]
    public async Task A20_What_is_known_is_not_asked_again_ten_jobs_cost_ten_calls_of_GitHub()
    {
        await using var world = new FleetWorld();
        for (var i = 0; i < 10; i++)
        {
            var (_, runner, registration) = await world.StartAndConnectAsync();
            world.GitHub.TakeJob(registration);
            await world.DeliverAndDrainAsync();
            world.GitHub.CompleteJob(registration);
            await world.DeliverAndDrainAsync();
            world.Launcher.End(runner.Id, 0);
            await world.Fleet.HandleEventAsync(new FleetEvent.ComputeChanged(world.Launcher.Computes.Single(c => c.RunnerId == runner.Id)), world.Cancel);
        }

        Assert.Equal(10, world.GitHub.Calls.Count);
        Assert.All(world.GitHub.Calls, call => Assert.Contains("generate-jitconfig", call, StringComparison.Ordinal));
        await world.AssertNothingIsLeftAsync();
    }
}
