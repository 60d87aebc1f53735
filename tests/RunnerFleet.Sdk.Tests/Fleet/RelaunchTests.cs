using RunnerFleet.Compute;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Sdk.Tests.Fleet;

/// <summary>A job whose runners come to nothing: the next one comes later than the one before, there are so many and no more, and then the job says what happened.</summary>
public sealed class RelaunchTests
{
    private const int Tries = 4;

    [Fact]
    public async Task Runners_that_never_get_the_job_are_replaced_with_growing_distance_and_then_it_is_given_up()
    {
        // Registered, online, idle, and the job still queued: GitHub has another opinion of its labels, or its runner group excludes the repository.
        await using var world = World();
        var job = world.Queue();
        await GiveUpAsync(world, job, "was not given a job within 3600 s", async runner =>
        {
            if (runner is { State: RunnerState.WaitingForJob, Claims: 0 })
            {
                await world.ConnectAsync(runner);
            }
        });
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Runners_that_die_before_they_work_are_replaced_with_growing_distance_and_then_the_job_is_given_up()
    {
        await using var world = World();
        var job = world.Queue();
        await GiveUpAsync(world, job, "exit code 137", runner =>
        {
            if (runner is { State: RunnerState.WaitingForJob, Closing: null })
            {
                world.Launcher.End(runner.Id, 137);
            }

            return Task.CompletedTask;
        });
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Runners_that_never_claim_are_replaced_with_growing_distance_and_then_the_job_is_given_up()
    {
        await using var world = World();
        var job = world.Queue();
        await GiveUpAsync(world, job, "did not claim its registration", _ => Task.CompletedTask);
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Runners_that_never_come_online_are_replaced_with_growing_distance_and_then_the_job_is_given_up()
    {
        await using var world = World();
        var job = world.Queue();
        await GiveUpAsync(world, job, "did not come online", async runner =>
        {
            if (runner is { State: RunnerState.WaitingForJob, Claims: 0 })
            {
                await world.ClaimAsync(runner);
            }
        });
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Runners_that_GitHub_refuses_to_register_are_replaced_with_growing_distance_and_then_the_job_is_given_up()
    {
        await using var world = World();
        world.GitHub.FailNext(1000, 403, "generate-jitconfig");
        var job = world.Queue();
        await GiveUpAsync(world, job, "Something went wrong.", async runner =>
        {
            if (runner is { State: RunnerState.WaitingForJob, Claims: 0, Closing: null })
            {
                Assert.IsType<ClaimOutcome.Gone>(await world.ClaimAsync(runner));
                world.Launcher.End(runner.Id, 1);
            }
        });
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Launches_that_go_astray_for_the_whole_life_of_a_runner_are_tries_too()
    {
        await using var world = World();
        world.Launcher.LaunchAnswer = _ => new LaunchOutcome.Unknown("connection reset");
        var job = world.Queue();
        await GiveUpAsync(world, job, "proven not to have taken effect", _ => Task.CompletedTask);
        await world.AssertNothingIsLeftAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Waiting_for_capacity_for_days_spends_none_of_a_jobs_tries(bool isThrottled)
    {
        await using var world = World();
        world.Launcher.LaunchAnswer = _ => isThrottled ? new LaunchOutcome.Throttled("slow down") : new LaunchOutcome.NoCapacity("none in eu-west-1a");
        var job = world.Queue();
        await world.PassAsync(TimeSpan.FromHours(20), TimeSpan.FromMinutes(5));

        var stored = await world.JobAsync(job);
        Assert.Equal(JobState.Queued, stored.State);
        Assert.InRange(stored.Launches, 0, 1);
        Assert.True((await world.RunnersAsync()).Count > 10); // each waited its time and gave way to the next
        world.Launcher.LaunchAnswer = null;
        await world.PassAsync(TimeSpan.FromMinutes(15));
        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(job)).State);
    }

    [Fact]
    public async Task Waiting_behind_an_open_breaker_for_days_spends_none_of_a_jobs_tries()
    {
        await using var world = World(o => o.Timing.BreakerProbeSeconds = 86_400);
        world.GitHub.FailNext(1, 403, "generate-jitconfig");
        var (_, first) = await world.StartAsync();
        Assert.IsType<ClaimOutcome.Gone>(await world.ClaimAsync(first));
        var job = world.Queue();
        await world.PassAsync(TimeSpan.FromHours(20), TimeSpan.FromMinutes(5));

        var stored = await world.JobAsync(job);
        Assert.Equal(JobState.Queued, stored.State);
        Assert.InRange(stored.Launches, 0, 1);
        Assert.Equal(ReasonCodes.BreakerOpen, (await world.RunnerOfAsync(job)).Reason!.Code);
    }

    [Fact]
    public async Task A_job_displaced_by_another_of_the_fleet_says_by_which_until_it_runs()
    {
        await using var world = new FleetWorld();
        var plain = world.Queue("self-hosted");
        var dear = world.Queue("self-hosted", "class:large");
        await world.DeliverAndDrainAsync();
        var registration = await world.ConnectAsync(await world.RunnerOfAsync(dear));
        Assert.Equal(plain.Id, world.GitHub.TakeJob(registration)!.Id);
        await world.DeliverAndDrainAsync();

        var stored = await world.JobAsync(dear);
        Assert.Equal((JobState.Queued, ReasonCodes.JobStarted), (stored.State, stored.Diagnostic?.Code));
        Assert.Contains($"{plain.Id}", stored.Diagnostic!.Message, StringComparison.Ordinal);

        var next = await world.ConnectAsync(await world.RunnerOfAsync(dear));
        Assert.Equal(dear.Id, world.GitHub.TakeJob(next)!.Id);
        await world.DeliverAndDrainAsync();
        Assert.Null((await world.JobAsync(dear)).Diagnostic);
    }

    private static FleetWorld World(Action<RunnerFleetOptions>? configure = null) => new(o =>
    {
        o.Limits.LaunchesPerJob = Tries;
        o.Timing.RunnerTtlSeconds = 3600;
        o.Timing.BreakerProbeSeconds = 15;
        configure?.Invoke(o);
    });

    /// <summary>Passes time, lets each runner fail in its way, and checks distance, number and reason.</summary>
    private static async Task GiveUpAsync(FleetWorld world, StandInJob job, string reason, Func<Runner, Task> fail)
    {
        var step = TimeSpan.FromSeconds(5);
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromHours(8); passed += step)
        {
            await world.PassAsync(step, step);
            foreach (var runner in await world.LiveAsync())
            {
                await fail(runner);
            }

            if (await world.JobAsync(job) is { State: JobState.GaveUp })
            {
                break;
            }
        }

        var stored = await world.JobAsync(job);
        Assert.Equal((JobState.GaveUp, Tries), (stored.State, stored.Launches));
        Assert.Equal(ReasonCodes.TriesExhausted, stored.Diagnostic!.Code);
        Assert.Contains(reason, stored.Diagnostic.Message, StringComparison.Ordinal);

        var runners = (await world.RunnersAsync()).OrderBy(r => r.CreatedAt).ToArray();
        Assert.Equal(Tries, runners.Length);
        var distances = runners.Zip(runners.Skip(1), (one, next) => next.CreatedAt - one.StateSince).ToArray();
        Assert.All(distances.Zip([15, 30, 60]), d => Assert.InRange(d.First.TotalSeconds, d.Second, d.Second + 25));
    }
}
