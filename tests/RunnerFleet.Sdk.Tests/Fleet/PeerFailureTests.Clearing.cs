using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Sdk.Tests.Fleet;

// Once runners are there: who gets which job, and what is cleared away.
public sealed partial class PeerFailureTests
{
    [Fact]
    public async Task A09_A_runner_that_takes_another_job_does_not_leave_the_first_without_one()
    {
        await using var world = new FleetWorld();
        var (own, runner) = await world.StartAsync("self-hosted", "class:small");
        var (other, second) = await world.StartAsync("self-hosted");
        var registration = await world.ConnectAsync(runner);
        world.GitHub.CancelJob(own.Id);
        var rerun = world.GitHub.RerunJob(own.Id); // queued again under a new id, behind the other
        Assert.Equal(other.Id, world.GitHub.TakeJob(registration)!.Id); // its labels are covered by the first runner's
        await world.DeliverAndDrainAsync();
        Assert.Equal((JobState.InProgress, runner.Id), ((await world.JobAsync(other)).State, (await world.JobAsync(other)).RunnerId));

        // The runner that is left cannot serve the job that is left: it has not all its labels. So that one gets its own.
        var needed = await world.RunnerOfAsync(rerun);
        Assert.NotEqual(runner.Id, needed.Id);
        Assert.NotEqual(second.Id, needed.Id);
        Assert.Equal(rerun.Id, world.GitHub.TakeJob(await world.ConnectAsync(needed))!.Id);
        await world.PassAsync(TimeSpan.FromMinutes(5));
        Assert.True((await world.RunnerAsync(second.Id)).IsTerminal); // and the surplus goes
    }

    [Fact]
    public async Task A10_A_runner_given_a_job_while_GitHub_still_calls_it_idle_is_not_stopped()
    {
        await using var world = new FleetWorld();
        world.GitHub.BusyLag = TimeSpan.FromSeconds(60);
        var (gone, runner, registration) = await world.StartAndConnectAsync();
        world.GitHub.CancelJob(gone.Id);
        await world.DeliverAndDrainAsync();
        Assert.NotNull((await world.RunnerAsync(runner.Id)).Closing);
        await world.PassAsync(TimeSpan.FromSeconds(45)); // one reading said idle; the second is near

        world.GitHub.Fate = _ => DeliveryFate.Drop; // and no webhook tells
        var taken = world.GitHub.QueueJob(FleetWorld.Repository, FleetWorld.Labels);
        Assert.Equal(taken.Id, world.GitHub.TakeJob(registration)!.Id);
        await world.PassAsync(TimeSpan.FromMinutes(10));
        await world.Fleet.SweepAsync(world.Cancel);

        Assert.Empty(world.Launcher.Stops);
        Assert.Equal("in_progress", world.GitHub.Jobs.Single(j => j.Id == taken.Id).Status);
        Assert.Equal(RunnerState.Running, (await world.RunnerAsync(runner.Id)).State);
    }

    [Fact]
    public async Task A11_One_repository_that_cannot_be_listed_and_one_compute_that_cannot_be_stopped_end_no_sweep()
    {
        await using var world = new FleetWorld();
        world.GitHub.AddRepository("aaa/broken");
        var runners = new Dictionary<string, Runner>();
        foreach (var repository in new[] { "aaa/broken", FleetWorld.Repository })
        {
            var job = world.GitHub.QueueJob(repository, FleetWorld.Labels);
            await world.DeliverAndDrainAsync();
            var runner = runners[repository] = await world.RunnerOfAsync(job);
            Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(runner));
            world.Launcher.End(runner.Id, 0);
            world.Store.Forget(runner.Id);
        }

        world.GitHub.FailNext(10_000, 502, "/repos/aaa/broken/actions/runners");
        var (stuck, stubborn) = await world.StartAsync();
        var (free, willing) = await world.StartAsync();
        world.Launcher.StopAnswer = c => c.Id.Contains(stubborn.Id, StringComparison.Ordinal) ? throw new InvalidOperationException("it will not stop") : null;
        world.GitHub.CancelJob(stuck.Id);
        world.GitHub.CancelJob(free.Id);
        world.Clock.Advance(TimeSpan.FromMinutes(16));
        for (var sweep = 0; sweep < 3; sweep++)
        {
            await world.DeliverAsync();
            await world.Fleet.SweepAsync(world.Cancel);
            world.Clock.Advance(TimeSpan.FromMinutes(5));
        }

        Assert.Contains(world.GitHub.Runners, r => r.Name.Contains(runners["aaa/broken"].Id, StringComparison.Ordinal)); // nobody could look
        Assert.DoesNotContain(world.GitHub.Runners, r => r.Name.Contains(runners[FleetWorld.Repository].Id, StringComparison.Ordinal));
        Assert.False((await world.RunnerAsync(stubborn.Id)).IsTerminal);
        Assert.DoesNotContain(world.Log, line => line.StartsWith("Error 2051", StringComparison.Ordinal)); // no part of a sweep was given up
        Assert.True((await world.RunnerAsync(willing.Id)).IsTerminal);
    }

    [Fact]
    public async Task A12_Lost_hints_and_checks_that_fail_lose_no_job()
    {
        await using var world = new FleetWorld(build: b => b.UseQueue<LosingQueue>());
        var (job, runner, registration) = await world.StartAndConnectAsync();
        Assert.Contains(world.Log, line => line.Contains("hint to drain was lost", StringComparison.Ordinal));
        world.GitHub.Disconnect(registration);
        world.GitHub.FailNext(8, 502, "/actions/jobs/"); // whether the job still waits cannot be found out for a while
        world.Launcher.End(runner.Id, 137);
        await world.Fleet.HandleEventAsync(new FleetEvent.ComputeChanged(world.Launcher.Computes.Single()), world.Cancel);
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(JobState.Queued, (await world.JobAsync(job)).State);

        await world.PassAsync(TimeSpan.FromHours(1), TimeSpan.FromMinutes(1));
        var next = await world.RunnerOfAsync(job);
        Assert.NotEqual(runner.Id, next.Id);
        Assert.Equal(job.Id, world.GitHub.TakeJob(await world.ConnectAsync(next))!.Id);
    }

    [Fact]
    public async Task A16_What_one_repository_has_too_much_of_is_not_counted_for_another()
    {
        await using var world = new FleetWorld();
        world.GitHub.AddRepository("other/app");
        var (cancelled, surplus, _) = await world.StartAndConnectAsync();
        var kept = world.GitHub.QueueJob("other/app", FleetWorld.Labels);
        await world.DeliverAndDrainAsync();
        var keptRunner = await world.RunnerOfAsync(kept);
        await world.ConnectAsync(keptRunner);
        world.GitHub.CancelJob(cancelled.Id);
        var late = world.GitHub.QueueJob("other/app", FleetWorld.Labels);
        await world.PassAsync(TimeSpan.FromMinutes(5));

        Assert.Equal(ReasonCodes.Surplus, (await world.RunnerAsync(surplus.Id)).Reason!.Code);
        Assert.Equal((RunnerState.WaitingForJob, (Closing?)null), ((await world.RunnerAsync(keptRunner.Id)).State, (await world.RunnerAsync(keptRunner.Id)).Closing));
        var lateRunner = await world.RunnerOfAsync(late); // the free runner of the first could never take it
        Assert.Equal((RunnerState.WaitingForJob, "other/app"), (lateRunner.State, lateRunner.Repository.FullName));
    }

    [Fact]
    public async Task A18_A_runner_gets_no_more_than_it_needs_and_a_sweep_touches_no_other_fleet()
    {
        await using var world = new FleetWorld(o => o.GitHub.Repository = FleetWorld.Repository);
        var (job, runner) = await world.StartAsync("self-hosted", "class:small", "disk:30");
        var launch = Assert.Single(world.Launcher.Launches);
        string[] needed = [RunnerEnvironment.Attempt, RunnerEnvironment.ClaimSecret, RunnerEnvironment.ControlPlaneUrl, RunnerEnvironment.RunnerId];
        Assert.Equal(needed.Order(StringComparer.Ordinal), launch.Environment.Keys.Order(StringComparer.Ordinal));
        Assert.DoesNotContain(launch.Environment.Values.Concat(launch.Tags.Values), v => v.Contains("a-token", StringComparison.Ordinal) || v.Contains(FleetWorld.Secret, StringComparison.Ordinal));

        // Nothing that a job writes sets an environment variable, a role, another size, or an image that nobody allowed.
        foreach (var label in new[] { "class:small;cpu=9", "env:A=B", "image:evil.example/x", "disk:9999", "role:admin", "capacity:free" })
        {
            var wish = world.Queue("self-hosted", label);
            await world.DeliverAndDrainAsync();
            Assert.True(await world.FindJobAsync(wish) is null or { State: JobState.Refused }, label);
        }

        Assert.Single(world.Launcher.Launches);

        // Other fleets over the same launcher and the same repository, with stores of their own, whose names begin as ours does.
        var registration = new JitRequest { Scope = runner.Scope, Name = RunnerName.Format("test-a", "01J00000000000000000000000", 1), Labels = ["self-hosted"] };
        Assert.Equal(GitHubStatus.Ok, (await world.Service<IRunnerRegistrar>().CreateJitConfigAsync(registration, world.Cancel)).Status);
        Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(runner)); // so that this scope is looked through
        var other = launch with { Identity = launch.Identity with { Fleet = "tests", RunnerId = "01J00000000000000000000000" } };
        await world.Launcher.LaunchAsync(other, world.Cancel);
        world.GitHub.CancelJob(job.Id);
        for (var sweep = 0; sweep < 4; sweep++)
        {
            await world.PassAsync(TimeSpan.FromMinutes(5));
            await world.Fleet.SweepAsync(world.Cancel);
        }

        Assert.True((await world.RunnerAsync(runner.Id)).IsTerminal);
        Assert.Equal("01J00000000000000000000000", Assert.Single(world.Launcher.Computes, c => c.Status != ComputeStatus.Stopped).RunnerId);
        Assert.All(world.Launcher.Lists, fleet => Assert.Equal("test", fleet));
        Assert.Equal([registration.Name], world.GitHub.Runners.Select(r => r.Name));
    }

    /// <summary>A queue that takes nothing.</summary>
    private sealed class LosingQueue : IFleetQueue
    {
        public ValueTask HintAsync(TimeSpan delay, CancellationToken cancellationToken) => throw new InvalidOperationException("the queue is away");

        public ValueTask WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => throw new InvalidOperationException("the queue is away");
    }
}
