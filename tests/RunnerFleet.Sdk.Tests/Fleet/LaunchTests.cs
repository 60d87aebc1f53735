using RunnerFleet.Compute;
using RunnerFleet.Images;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;
using RunnerFleet.Testing.GitHub;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace RunnerFleet.Sdk.Tests.Fleet;

public sealed class LaunchTests
{
    [Fact]
    public async Task A_runner_that_ends_while_another_host_is_about_to_launch_it_keeps_its_place_until_no_launch_can_come_any_more()
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 1);
        var other = world.AddHost(world.Launcher.Restart());
        var cancelled = world.Queue();
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var next = world.Queue("self-hosted", "class:large"); // of other labels: the ending runner cannot serve it
        await world.DeliverAsync();
        world.Launcher.BeforeEachCall = async token =>
        {
            world.Launcher.BeforeEachCall = null; // STARTING is stored, and the launch has not arrived yet
            world.GitHub.CancelJob(cancelled.Id);
            await world.DeliverAsync();
            await other.DrainAsync(token);
        };

        await world.Fleet.DrainAsync(world.Cancel);
        Assert.Single(world.Launcher.Computes);
        Assert.Equal(1, await world.PlacesAsync("fleet"));

        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal([ComputeStatus.Stopped, ComputeStatus.Running], world.Launcher.Computes.OrderBy(c => c.StartedAt).Select(c => c.Status));
        Assert.Equal((await world.RunnerOfAsync(next)).Id, world.Launcher.Computes.Single(c => c.Status == ComputeStatus.Running).RunnerId);
    }

    [Fact]
    public async Task A_runner_that_ends_before_its_launch_was_ever_sent_gives_its_place_back_once_no_launch_can_come_any_more()
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 1);
        var job = world.Queue();
        await world.DeliverAsync();
        world.Store.FailAfter = commit => commit.Runners.Any(r => r.State == RunnerState.Starting); // as if its host had died there
        await Assert.ThrowsAsync<StoreUnavailableException>(() => world.Fleet.DrainAsync(world.Cancel));
        world.Store.FailAfter = null;
        world.GitHub.CancelJob(job.Id);

        await world.DeliverAndDrainAsync();
        Assert.Equal(1, await world.PlacesAsync("fleet"));

        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(world.Launcher.Computes);
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Limits_hold_and_who_waits_knows_why()
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 2);
        var jobs = new List<StandInJob>();
        for (var i = 0; i < 5; i++)
        {
            jobs.Add(world.Queue());
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        await world.DeliverAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => world.Fleet.DrainAsync(world.Cancel))));

        Assert.Equal(2, world.Launcher.Computes.Count);
        Assert.Equal(2, await world.PlacesAsync("fleet"));
        var waiting = await world.RunnersAsync(RunnerState.Pending);
        Assert.Equal(3, waiting.Count);
        Assert.All(waiting, r => Assert.Equal(ReasonCodes.LimitReached, r.Reason!.Code));

        // A place that is freed goes to the oldest.
        world.GitHub.CancelJob(jobs[0].Id);
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(RunnerState.Pending, (await world.RunnerOfAsync(jobs[4])).State);
        Assert.NotEqual(RunnerState.Pending, (await world.RunnerOfAsync(jobs[2])).State);
        Assert.Equal(2, await world.PlacesAsync("fleet"));
    }

    [Fact]
    public async Task A_class_at_its_limit_does_not_hold_up_another_class()
    {
        await using var world = new FleetWorld(o => o.Classes["large"].Limit = 0);
        for (var i = 0; i < 60; i++)
        {
            world.Queue("self-hosted", "class:large");
        }

        var small = world.Queue();
        await world.DeliverAndDrainAsync();

        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(small)).State);
        Assert.Single(world.Launcher.Computes);
    }

    [Fact]
    public async Task A_matrix_of_one_repository_does_not_starve_another()
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 4);
        world.GitHub.AddRepository("acme/other");
        for (var i = 0; i < 50; i++)
        {
            world.Queue();
        }

        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var other = world.GitHub.QueueJob("acme/other", FleetWorld.Labels);
        await world.DeliverAndDrainAsync();

        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(other)).State);
    }

    [Fact]
    public async Task No_capacity_puts_the_runner_back_with_its_reason_and_its_places()
    {
        await using var world = new FleetWorld();
        world.Launcher.AnswerNextLaunch(new LaunchOutcome.NoCapacity("no Fargate capacity in eu-west-1a", TimeSpan.FromSeconds(40)));
        var (_, runner) = await world.StartAsync();
        Assert.Equal((RunnerState.Pending, ReasonCodes.NoCapacity), (runner.State, runner.Reason!.Code));
        Assert.Contains("eu-west-1a", runner.Reason.Message, StringComparison.Ordinal);
        Assert.Equal(0, await world.PlacesAsync("fleet"));

        await world.PassAsync(TimeSpan.FromSeconds(35), TimeSpan.FromSeconds(5));
        Assert.Single(world.Launcher.Launches);
        await world.PassAsync(TimeSpan.FromSeconds(10));
        var launched = await world.RunnerAsync(runner.Id);
        Assert.Equal((RunnerState.WaitingForJob, 2), (launched.State, launched.Attempt));
    }

    [Fact]
    public async Task A_rejected_launch_is_tried_with_growing_distance_and_then_given_up_with_the_reason()
    {
        await using var world = new FleetWorld(o => o.Limits.LaunchesPerJob = 3);
        world.Launcher.LaunchAnswer = _ => new LaunchOutcome.Rejected("the task role may not be passed; allow iam:PassRole");
        var job = world.Queue();
        await world.PassAsync(TimeSpan.FromMinutes(10));

        var stored = await world.JobAsync(job);
        Assert.Equal((JobState.GaveUp, 3), (stored.State, stored.Launches));
        Assert.Contains("iam:PassRole", stored.Diagnostic!.Message, StringComparison.Ordinal);
        var times = world.Launcher.Launches.Count;
        Assert.Equal(3, times);
        Assert.All(await world.RunnersAsync(), r => Assert.Equal(RunnerState.Failed, r.State));
    }

    [Fact]
    public async Task A_launch_whose_reply_is_lost_is_adopted_and_never_doubled()
    {
        await using var world = new FleetWorld();
        world.Launcher.LoseLaunchReply = _ => true;
        var (_, runner) = await world.StartAsync();
        Assert.Equal(RunnerState.Starting, runner.State);

        world.Launcher.LoseLaunchReply = null;
        await world.PassAsync(TimeSpan.FromMinutes(2));

        var adopted = await world.RunnerAsync(runner.Id);
        Assert.Equal((RunnerState.WaitingForJob, 1), (adopted.State, adopted.Attempt));
        Assert.Single(world.Launcher.Computes);
        Assert.All(world.Launcher.Launches, l => Assert.Equal(world.Launcher.Launches[0].Environment, l.Environment));
        Assert.All(world.Launcher.Launches, l => Assert.Equal(world.Launcher.Launches[0].Plan, l.Plan));
    }

    [Fact]
    public async Task A_resend_that_is_throttled_does_not_prove_that_the_first_send_failed()
    {
        await using var world = new FleetWorld();
        world.Launcher.LoseLaunchReply = _ => true;
        var (_, runner) = await world.StartAsync();
        world.Launcher.LaunchAnswer = _ => new LaunchOutcome.Throttled("slow down", TimeSpan.FromSeconds(5));
        await world.PassAsync(TimeSpan.FromMinutes(2));
        world.Launcher.LaunchAnswer = null;
        await world.PassAsync(TimeSpan.FromMinutes(2));

        var adopted = await world.RunnerAsync(runner.Id);
        Assert.Equal((RunnerState.WaitingForJob, 1), (adopted.State, adopted.Attempt));
        Assert.Single(world.Launcher.Computes);
    }

    [Fact]
    public async Task Waiting_for_a_place_for_days_spends_none_of_a_jobs_tries()
    {
        await using var world = new FleetWorld(o =>
        {
            o.Limits.Fleet = 0;
            o.Timing.RunnerTtlSeconds = 3600;
        });
        var job = world.Queue();
        await world.PassAsync(TimeSpan.FromHours(20), TimeSpan.FromMinutes(10));
        var stored = await world.JobAsync(job);
        Assert.Equal(JobState.Queued, stored.State);
        Assert.InRange(stored.Launches, 0, 1);
    }

    [Fact]
    public async Task A_claim_that_is_faster_than_the_launch_reply_is_served()
    {
        await using var world = new FleetWorld();
        world.Launcher.LoseLaunchReply = _ => true;
        var (_, runner) = await world.StartAsync();

        Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(runner));
        world.Launcher.LoseLaunchReply = null;
        await world.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerAsync(runner.Id)).State);
    }

    [Fact]
    public async Task A_launch_that_stays_unknown_is_decided_by_finding()
    {
        await using var world = new FleetWorld();
        world.Launcher.LaunchAnswer = _ => new LaunchOutcome.Unknown("connection reset");
        var (_, runner) = await world.StartAsync();
        await world.PassAsync(TimeSpan.FromMinutes(11)); // beyond StartingTimeoutSeconds: absent, so launched anew
        world.Launcher.LaunchAnswer = null;
        await world.PassAsync(TimeSpan.FromMinutes(2));

        var launched = await world.RunnerAsync(runner.Id);
        Assert.Equal(RunnerState.WaitingForJob, launched.State);
        Assert.True(launched.Attempt > 1);
        Assert.Single(world.Launcher.Computes);
    }

    [Fact]
    public async Task A_launcher_that_throws_for_one_runner_does_not_delay_the_others()
    {
        await using var world = new FleetWorld();
        var poisoned = world.Queue("self-hosted", "class:large");
        var healthy = Enumerable.Range(0, 3).Select(_ => world.Queue()).ToList();
        world.Launcher.LaunchAnswer = r => r.Plan.ClassName == "large" ? throw new InvalidOperationException("boom") : null;
        await world.DeliverAndDrainAsync();

        foreach (var job in healthy)
        {
            Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(job)).State);
        }

        Assert.Equal(RunnerState.Starting, (await world.RunnerOfAsync(poisoned)).State);
    }

    [Fact]
    public async Task A_host_that_dies_between_recording_and_launching_is_stood_in_for()
    {
        await using var world = new FleetWorld();
        var job = world.Queue();
        await world.DeliverAsync();
        world.Launcher.BeforeEachCall = _ => throw new OperationCanceledException("the host died");
        await world.Fleet.DrainAsync(world.Cancel);
        Assert.Equal(RunnerState.Starting, (await world.RunnerOfAsync(job)).State);
        world.Launcher.BeforeEachCall = null;

        var second = world.AddHost();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await second.DrainAsync(world.Cancel);

        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(job)).State);
        Assert.Single(world.Launcher.Computes);
    }

    [Fact]
    public async Task A_host_that_starts_sends_at_once_what_was_recorded_and_perhaps_never_sent()
    {
        await using var world = new FleetWorld();
        var job = world.Queue();
        await world.DeliverAsync();
        world.Launcher.BeforeEachCall = _ => throw new OperationCanceledException("the host died");
        await world.Fleet.DrainAsync(world.Cancel);
        world.Launcher.BeforeEachCall = null;
        await world.Fleet.DrainAsync(world.Cancel);
        Assert.Equal(RunnerState.Starting, (await world.RunnerOfAsync(job)).State); // any drain but a host's first leaves it to its deadline

        await world.AddHost().DrainAsync(world.Cancel);

        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(job)).State);
        Assert.Single(world.Launcher.Computes);
    }

    [Fact]
    public async Task A_launch_that_another_host_has_under_way_is_adopted_by_the_one_that_starts_and_not_doubled()
    {
        await using var world = new FleetWorld(build: b => b.AddWorkers());
        var job = world.Queue();
        await world.DeliverAsync();
        var slow = new TaskCompletionSource();
        var calls = 0;
        world.Launcher.BeforeEachCall = _ => ++calls == 1 ? slow.Task : Task.CompletedTask;
        var sending = world.AddHost().DrainAsync(world.Cancel);
        Assert.Equal(RunnerState.Starting, (await world.RunnerOfAsync(job)).State);

        await StartDrainWorkerAsync(world);
        await UntilWaitingForJobAsync(world, job);
        slow.SetResult();
        await sending;

        var runner = await world.RunnerOfAsync(job);
        Assert.Equal((RunnerState.WaitingForJob, 1), (runner.State, runner.Attempt));
        Assert.Single(world.Launcher.Computes);
    }

    [Fact]
    public async Task A_launch_that_one_host_is_refused_and_another_that_just_started_is_not_is_adopted_and_not_doubled()
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 1);
        var job = world.Queue();
        await world.DeliverAsync();
        var refused = world.Launcher.Restart();
        refused.LaunchAnswer = _ => new LaunchOutcome.NoCapacity("none for this call");
        var slow = new TaskCompletionSource();
        var calls = 0;
        refused.BeforeEachCall = _ => ++calls == 1 ? slow.Task : Task.CompletedTask;
        var sending = world.AddHost(refused).DrainAsync(world.Cancel);
        Assert.Equal(RunnerState.Starting, (await world.RunnerOfAsync(job)).State);

        // The host that starts is answered, and cannot store the answer.
        var isLost = false;
        world.Store.FailBefore = commit => !isLost && commit.Runners.Any(r => r.Compute is not null) && (isLost = true);
        await world.Fleet.DrainAsync(world.Cancel);
        Assert.True(isLost);
        slow.SetResult();
        await sending;
        await world.PassAsync(TimeSpan.FromMinutes(1));

        Assert.Equal((RunnerState.WaitingForJob, 1), ((await world.RunnerOfAsync(job)).State, (await world.RunnerOfAsync(job)).Attempt));
        Assert.Single(world.Launcher.Computes);
    }

    [Fact]
    public async Task A_refusal_concludes_nothing_while_another_host_sends_the_same_attempt()
    {
        await using var world = new FleetWorld();
        var job = world.Queue();
        await world.DeliverAsync();
        var refused = world.Launcher.Restart();
        refused.LaunchAnswer = _ => new LaunchOutcome.NoCapacity("none for this call");
        var answered = Hold(refused);
        var sending = world.AddHost(refused).DrainAsync(world.Cancel);
        var slow = world.Launcher.Restart();
        var sent = Hold(slow);
        var resending = world.AddHost(slow).DrainAsync(world.Cancel); // a host's first drain sends again what has no answer

        answered.SetResult();
        await sending;
        Assert.Equal((RunnerState.Starting, 1), ((await world.RunnerOfAsync(job)).State, await world.PlacesAsync("fleet")));

        sent.SetResult();
        await resending;
        Assert.Equal((RunnerState.WaitingForJob, 1), ((await world.RunnerOfAsync(job)).State, (await world.RunnerOfAsync(job)).Attempt));
        Assert.Single(world.Launcher.Computes);
    }

    [Fact]
    public async Task A_listing_that_shows_compute_which_has_not_started_does_not_take_it_for_started()
    {
        await using var world = new FleetWorld();
        var job = world.Queue();
        await world.DeliverAsync();
        world.Launcher.StartsAtOnce = false;
        world.Launcher.LoseLaunchReply = _ => true;
        await world.Fleet.DrainAsync(world.Cancel);

        await world.Fleet.SweepAsync(world.Cancel);
        Assert.Equal(RunnerState.Starting, (await world.RunnerOfAsync(job)).State);

        world.Launcher.LoseLaunchReply = null;
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(job)).State);
        Assert.Single(world.Launcher.Computes);
    }

    [Fact]
    public async Task A_delivery_that_cannot_be_stored_is_answered_so_that_it_can_be_redelivered()
    {
        await using var world = new FleetWorld();
        var job = world.Queue();
        var delivery = (await world.InterceptAsync()).Single();
        world.Store.FailBefore = _ => true;
        Assert.IsType<WebhookOutcome.Unavailable>(await world.PostAsync(delivery));

        // The reply to the commit is lost: the sender sees a failure, the redelivery finds the record.
        world.Store.FailBefore = null;
        world.Store.FailAfter = _ => true;
        Assert.IsType<WebhookOutcome.Unavailable>(await world.PostAsync(delivery));
        world.Store.FailAfter = null;
        Assert.Equal("duplicate", Assert.IsType<WebhookOutcome.Recorded>(await world.PostAsync(delivery)).Outcome);
        await world.Fleet.DrainAsync(world.Cancel);
        Assert.Single(world.Launcher.Computes);
        Assert.Equal(1, (await world.JobAsync(job)).Launches);
    }

    [Fact]
    public async Task A_burst_of_256_is_launched_in_batches_and_costs_few_writes()
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 300);
        for (var i = 0; i < 256; i++)
        {
            world.Queue();
        }

        await world.DeliverAsync();
        var before = world.Store.Commits;
        var summary = await world.Fleet.DrainAsync(world.Cancel);

        Assert.Equal(256, summary.Launched);
        Assert.Equal(256, await world.PlacesAsync("fleet"));
        // One transaction for each 25 runners, and one write for each launch.
        Assert.True(world.Store.Commits - before <= 256 + 256 / 25 + 10, $"{world.Store.Commits - before} commits");
    }

    [Fact]
    public async Task A_runner_beyond_its_ttl_ends_and_its_job_gets_another()
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 0);
        var (job, runner) = await world.StartAsync();
        await world.PassAsync(TimeSpan.FromSeconds(7300), TimeSpan.FromMinutes(5));

        var ended = await world.RunnerAsync(runner.Id);
        Assert.Equal((RunnerState.Failed, ReasonCodes.RunnerTtl), (ended.State, ended.Reason!.Code));
        Assert.Contains("limit of 0", ended.Reason.Message, StringComparison.Ordinal);
        Assert.NotEqual(runner.Id, (await world.JobAsync(job)).RunnerId);
    }

    [Fact]
    public async Task An_image_is_built_once_and_its_runners_go_on_when_it_is_ready()
    {
        var builder = new FakeImageBuilder();
        await using var world = new FleetWorld(build: b => b.Services.AddSingleton<IImageBuilder>(builder));
        var first = await world.StartAsync("self-hosted", "image:ubuntu:22.04");
        var second = await world.StartAsync("self-hosted", "image:ubuntu:22.04");
        Assert.Equal((RunnerState.ImageCreating, ReasonCodes.ImageBuilding), (first.Runner.State, first.Runner.Reason!.Code));
        Assert.Equal(first.Runner.ImageBuildId, second.Runner.ImageBuildId);
        Assert.Equal(0, await world.PlacesAsync("fleet"));

        builder.Complete(first.Runner.ImageBuildId!);
        await world.Fleet.HandleEventAsync(new FleetEvent.ImageBuildChanged(first.Runner.ImageBuildId!), world.Cancel);
        await world.Fleet.DrainAsync(world.Cancel);

        var launched = await world.RunnerAsync(first.Runner.Id);
        Assert.Equal(RunnerState.WaitingForJob, launched.State);
        Assert.StartsWith("fake.registry.test/runner:", launched.Plan!.Image, StringComparison.Ordinal);
        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerAsync(second.Runner.Id)).State);
    }

    [Fact]
    public async Task An_image_that_cannot_be_pulled_is_told_to_its_builder_and_built_anew()
    {
        var builder = new FakeImageBuilder { BuildsAtOnce = true };
        await using var world = new FleetWorld(build: b => b.Services.AddSingleton<IImageBuilder>(builder));
        var (job, runner) = await world.StartAsync("self-hosted", "image:ubuntu:22.04");
        world.Launcher.End(runner.Compute!, new ComputeEnd { Reason = "CannotPullContainerError", ImageUnavailable = true });
        await world.Fleet.HandleEventAsync(new FleetEvent.ComputeChanged(world.Launcher.Computes.Single()), world.Cancel);

        Assert.Equal((RunnerState.Failed, ReasonCodes.ComputeStopped), ((await world.RunnerAsync(runner.Id)).State, (await world.RunnerAsync(runner.Id)).Reason!.Code));
        Assert.Equal(runner.Plan!.Image, Assert.Single(builder.Unavailable));
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(2, builder.Ensures.Count);
        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(job)).State);
    }

    [Fact]
    public async Task A_stale_image_is_launched_and_built_anew_beside_it()
    {
        var builder = new FakeImageBuilder { ResolveAnswer = _ => new ImageOutcome.Ready("an.old/image:1", isStale: true) };
        await using var world = new FleetWorld(build: b => b.Services.AddSingleton<IImageBuilder>(builder));
        var (_, runner) = await world.StartAsync("self-hosted", "image:ubuntu:22.04");

        Assert.Equal((RunnerState.WaitingForJob, "an.old/image:1"), (runner.State, runner.Plan!.Image));
        Assert.Single(builder.Ensures);
    }

    [Theory]
    [InlineData(true, CapacityKind.OnDemand)]
    [InlineData(false, CapacityKind.Spot)]
    public async Task Without_spot_capacity_a_runner_goes_on_demand_unless_that_is_not_wanted(bool fallback, CapacityKind second)
    {
        await using var world = new FleetWorld(o => o.Policy.SpotFallback = fallback);
        world.Launcher.AnswerNextLaunch(new LaunchOutcome.NoCapacity("no spot", TimeSpan.FromMinutes(5)));
        var (job, waiting) = await world.StartAsync("self-hosted", "class:small", "capacity:spot");
        Assert.Equal((RunnerState.Pending, CapacityKind.Spot), (waiting.State, world.Launcher.Launches.Single().Plan.Capacity));
        Assert.Contains("spot capacity", waiting.Reason!.Message, StringComparison.Ordinal);

        await world.PassAsync(fallback ? TimeSpan.FromSeconds(15) : TimeSpan.FromMinutes(6));
        var launched = await world.RunnerOfAsync(job);
        Assert.Equal((RunnerState.WaitingForJob, 2, second), (launched.State, launched.Attempt, launched.Plan!.Capacity));
    }

    [Fact]
    public async Task A_spot_runner_taken_away_before_its_job_began_is_replaced_at_once_and_on_demand()
    {
        await using var world = new FleetWorld();
        var (job, runner) = await world.StartAsync("self-hosted", "class:small", "capacity:spot");
        world.Launcher.End(runner.Compute!, new ComputeEnd { Reason = "SpotInterruption", Interrupted = true });
        await world.Fleet.HandleEventAsync(new FleetEvent.ComputeChanged(world.Launcher.Computes.Single()), world.Cancel);
        await world.Fleet.DrainAsync(world.Cancel);

        var next = await world.RunnerOfAsync(job);
        Assert.NotEqual(runner.Id, next.Id);
        Assert.Equal((RunnerState.WaitingForJob, CapacityKind.OnDemand), (next.State, next.Plan!.Capacity));
        Assert.Equal(RunnerState.Failed, (await world.RunnerAsync(runner.Id)).State);
    }

    [Fact]
    public async Task A_class_may_be_spot_and_a_label_or_a_launcher_without_spot_overrules_it()
    {
        await using var world = new FleetWorld(o => o.Classes["small"].Capacity = "spot");
        Assert.Equal(CapacityKind.Spot, (await world.StartAsync("self-hosted", "class:small")).Runner.Plan!.Capacity);
        Assert.Equal(CapacityKind.OnDemand, (await world.StartAsync("self-hosted", "class:small", "capacity:on-demand")).Runner.Plan!.Capacity);
        Assert.Equal(CapacityKind.OnDemand, (await world.StartAsync("self-hosted", "class:large")).Runner.Plan!.Capacity);
        world.Launcher.Capabilities = new LauncherCapabilities { Spot = false };
        Assert.Equal(CapacityKind.OnDemand, (await world.StartAsync("self-hosted", "class:small")).Runner.Plan!.Capacity);
    }

    [Fact]
    public async Task A_failed_image_ends_its_runner_with_the_builds_words()
    {
        var builder = new FakeImageBuilder();
        await using var world = new FleetWorld(build: b => b.Services.AddSingleton<IImageBuilder>(builder));
        var (job, runner) = await world.StartAsync("self-hosted", "image:ubuntu:22.04");
        builder.Fail(runner.ImageBuildId!, "apt-get failed in step 3");
        await world.PassAsync(TimeSpan.FromMinutes(1));

        var ended = await world.RunnerAsync(runner.Id);
        Assert.Equal((RunnerState.Failed, ReasonCodes.ImageFailed), (ended.State, ended.Reason!.Code));
        Assert.Contains("step 3", (await world.JobAsync(job)).Diagnostic!.Message, StringComparison.Ordinal);
    }

    /// <summary>Holds a launcher's first call until the result is set.</summary>
    private static TaskCompletionSource Hold(FakeComputeLauncher launcher)
    {
        var hold = new TaskCompletionSource();
        var calls = 0;
        launcher.BeforeEachCall = _ => ++calls == 1 ? hold.Task : Task.CompletedTask;
        return hold;
    }

    private static Task StartDrainWorkerAsync(FleetWorld world) => world.Service<IEnumerable<IHostedService>>().OfType<DrainWorker>().Single().StartAsync(world.Cancel);

    /// <summary>The fleet's clock stands still: no deadline can have helped.</summary>
    private static async Task UntilWaitingForJobAsync(FleetWorld world, StandInJob job)
    {
        await UntilAsync(async () => (await world.RunnerOfAsync(job)).State == RunnerState.WaitingForJob);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
        }
    }
}
