using RunnerFleet.Compute;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Sdk.Tests.Fleet;

public sealed class JobLifeTests
{
    [Fact]
    public async Task A_job_gets_a_fresh_runner_and_nothing_is_left_behind()
    {
        await using var world = new FleetWorld();
        var (job, runner, registration) = await world.StartAndConnectAsync();
        Assert.Equal(RunnerState.WaitingForJob, runner.State);
        Assert.Equal($"rf-test-{runner.Id}-1", runner.Registration!.Name);

        world.GitHub.TakeJob(registration);
        await world.DeliverAndDrainAsync();
        Assert.Equal(RunnerState.Running, (await world.RunnerAsync(runner.Id)).State);
        Assert.Equal(JobState.InProgress, (await world.JobAsync(job)).State);

        world.GitHub.CompleteJob(registration);
        await world.DeliverAndDrainAsync();
        world.Launcher.End(runner.Id, 0);
        await world.Fleet.HandleEventAsync(new FleetEvent.ComputeChanged(world.Launcher.Computes.Single()), world.Cancel);
        await world.DeliverAndDrainAsync();

        var done = await world.JobAsync(job);
        Assert.Equal((JobState.Completed, "success", runner.Id), (done.State, done.Conclusion, done.RunnerId));
        var ended = await world.RunnerAsync(runner.Id);
        Assert.Equal(RunnerState.Offline, ended.State);
        Assert.Equal(ReasonCodes.JobCompleted, ended.Reason!.Code);
        Assert.Equal(
            [RunnerState.Pending, RunnerState.Starting, RunnerState.WaitingForJob, RunnerState.Running, RunnerState.Offline],
            ended.History.Where(m => m.From != m.To).Select(m => m.To));
        await world.AssertNothingIsLeftAsync();
        Assert.Single(world.Launcher.Launches);
    }

    [Fact]
    public async Task One_delivery_posted_fifty_times_at_once_starts_one_runner()
    {
        await using var world = new FleetWorld();
        var job = world.Queue();
        var delivery = (await world.InterceptAsync()).Single();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => world.PostAsync(delivery))));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => world.Fleet.DrainAsync(world.Cancel))));

        Assert.All(outcomes, o => Assert.IsType<WebhookOutcome.Recorded>(o));
        Assert.Single(outcomes.Cast<WebhookOutcome.Recorded>(), o => o.Outcome == "queued");
        Assert.Single(outcomes.Cast<WebhookOutcome.Recorded>().Select(o => o.RunnerId).Distinct());
        Assert.Single(world.Launcher.Computes);
        Assert.Equal(1, (await world.JobAsync(job)).Launches);
    }

    [Fact]
    public async Task Two_deliveries_of_one_job_start_one_runner()
    {
        await using var world = new FleetWorld();
        var job = world.Queue();
        await world.DeliverAndDrainAsync();
        world.GitHub.Redeliver(world.GitHub.Deliveries.Single().Id);
        await world.DeliverAndDrainAsync();

        Assert.Equal(2, world.GitHub.Deliveries.Count);
        Assert.Single(world.Launcher.Computes);
        Assert.Equal(1, (await world.JobAsync(job)).Launches);
    }

    [Fact]
    public async Task A_job_cancelled_before_its_launch_launches_nothing()
    {
        await using var world = new FleetWorld();
        var job = world.Queue();
        await world.DeliverAsync();
        world.GitHub.CancelJob(job.Id);
        await world.DeliverAndDrainAsync();

        Assert.Empty(world.Launcher.Launches);
        var done = await world.JobAsync(job);
        Assert.Equal((JobState.Completed, "cancelled"), (done.State, done.Conclusion));
        var runner = Assert.Single(await world.RunnersAsync());
        Assert.Equal((RunnerState.Offline, ReasonCodes.Surplus), (runner.State, runner.Reason!.Code));
    }

    [Fact]
    public async Task A_job_cancelled_while_its_runner_waits_is_followed_by_remove_then_stop()
    {
        await using var world = new FleetWorld();
        var (job, runner, _) = await world.StartAndConnectAsync();
        world.GitHub.CancelJob(job.Id);
        await world.DeliverAndDrainAsync();
        Assert.Equal(ReasonCodes.Surplus, (await world.RunnerAsync(runner.Id)).Closing!.Cause.Code);

        // One not-busy reading is not enough: GitHub's flag lags.
        await world.PassAsync(TimeSpan.FromSeconds(45));
        Assert.Empty(world.Launcher.Stops);
        Assert.Single(world.GitHub.Runners);

        await world.PassAsync(TimeSpan.FromSeconds(45));
        Assert.Equal(RunnerState.Offline, (await world.RunnerAsync(runner.Id)).State);
        await world.AssertNothingIsLeftAsync();
        var calls = world.GitHub.Calls.ToList();
        Assert.Contains(calls, c => c.StartsWith("DELETE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_runner_that_takes_another_job_changes_places_with_that_jobs_runner()
    {
        await using var world = new FleetWorld();
        var (first, firstRunner, firstRegistration) = await world.StartAndConnectAsync();
        var (second, secondRunner) = await world.StartAsync();

        world.GitHub.CancelJob(first.Id); // the first runner's own job is gone, so GitHub gives it the second
        world.GitHub.TakeJob(firstRegistration);
        var third = world.Queue();
        await world.DeliverAndDrainAsync();

        var taken = await world.JobAsync(second);
        Assert.Equal((JobState.InProgress, firstRunner.Id), (taken.State, taken.RunnerId));
        Assert.Equal(FleetWorld.KeyOf(second), (await world.RunnerAsync(firstRunner.Id)).Job);

        // The second runner is free, and serves the third job; whatever was recorded beyond need is gone again.
        var live = await world.LiveAsync();
        Assert.Equal(2, live.Count(r => r.Closing is null));
        var served = await world.JobAsync(third);
        Assert.Contains(live, r => r.Id == served.RunnerId && r.Job == served.Key);
        Assert.NotNull(secondRunner);
    }

    [Fact]
    public async Task A_swapped_pair_of_equal_labels_needs_no_new_launch()
    {
        await using var world = new FleetWorld();
        var (first, firstRunner) = await world.StartAsync();
        var (second, secondRunner) = await world.StartAsync();
        var secondRegistration = await world.ConnectAsync(secondRunner);
        Assert.Equal(first.Id, world.GitHub.TakeJob(secondRegistration)!.Id); // the oldest queued job goes first

        await world.DeliverAndDrainAsync();

        Assert.Equal(secondRunner.Id, (await world.JobAsync(first)).RunnerId);
        Assert.Equal(firstRunner.Id, (await world.JobAsync(second)).RunnerId);
        Assert.Equal(FleetWorld.KeyOf(second), (await world.RunnerAsync(firstRunner.Id)).Job);
        Assert.Equal(2, world.Launcher.Launches.Count);
    }

    [Fact]
    public async Task A_swapped_pair_needs_no_third_runner_either_when_its_reports_are_faster_than_the_news()
    {
        await using var world = new FleetWorld();
        var (first, firstRunner) = await world.StartAsync();
        var (second, secondRunner) = await world.StartAsync();
        var tokens = new Dictionary<string, string>();
        foreach (var runner in new[] { secondRunner, firstRunner })
        {
            var claim = Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(runner));
            tokens[runner.Id] = claim.ReportToken;
            Assert.NotNull(world.GitHub.TakeJob(world.GitHub.Connect(claim.EncodedJitConfig)!.Value)); // the oldest queued job goes first
        }

        foreach (var (runner, token) in tokens)
        {
            Assert.Equal(ReportOutcome.Accepted, await world.Fleet.ReportAsync(new RunnerReport { RunnerId = runner, Token = token, Status = RunnerReportStatus.Started }, world.Cancel));
        }

        await world.DeliverAndDrainAsync();
        Assert.Equal((JobState.InProgress, secondRunner.Id), ((await world.JobAsync(first)).State, (await world.JobAsync(first)).RunnerId));
        Assert.Equal((JobState.InProgress, firstRunner.Id), ((await world.JobAsync(second)).State, (await world.JobAsync(second)).RunnerId));
        Assert.Equal(2, (await world.RunnersAsync()).Count);
    }

    [Fact]
    public async Task A_launched_runner_whose_job_is_gone_serves_one_that_still_waits()
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 1);
        var (first, runner) = await world.StartAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = world.Queue();
        await world.DeliverAndDrainAsync();
        var waited = await world.RunnerOfAsync(second);

        world.GitHub.CancelJob(first.Id);
        await world.DeliverAndDrainAsync();

        Assert.Equal(runner.Id, (await world.JobAsync(second)).RunnerId);
        Assert.Null((await world.RunnerAsync(runner.Id)).Closing);
        Assert.Equal((RunnerState.Offline, ReasonCodes.Surplus), ((await world.RunnerAsync(waited.Id)).State, (await world.RunnerAsync(waited.Id)).Reason!.Code));
        Assert.Single(world.Launcher.Launches);
    }

    [Fact]
    public async Task A_dearer_runner_taken_by_a_plain_job_is_replaced_for_its_own_job()
    {
        await using var world = new FleetWorld();
        var large = await world.StartAsync("self-hosted", "class:large");
        var registration = await world.ConnectAsync(large.Runner);
        var plain = world.GitHub.QueueJob(FleetWorld.Repository, ["self-hosted"]);
        world.GitHub.CancelJob(large.Job.Id);
        var again = world.GitHub.QueueJob(FleetWorld.Repository, ["self-hosted", "class:large"], new StandInJobOptions { Announce = true });
        Assert.Equal(plain.Id, world.GitHub.TakeJob(registration)!.Id);
        await world.DeliverAndDrainAsync();
        await world.DeliverAndDrainAsync();

        Assert.Equal(large.Runner.Id, (await world.JobAsync(plain)).RunnerId);
        var served = await world.RunnerOfAsync(again);
        Assert.NotEqual(large.Runner.Id, served.Id);
        Assert.Equal("large", served.Spec.ClassName);
    }

    [Fact]
    public async Task Completed_before_queued_launches_nothing()
    {
        await using var world = new FleetWorld();
        var job = world.Queue();
        world.GitHub.CancelJob(job.Id);
        var sent = await world.InterceptAsync();
        Assert.Equal(["queued", "completed"], sent.Select(d => d.Action));

        await world.PostAsync(sent[1]);
        var late = await world.PostAsync(sent[0]);
        await world.Fleet.DrainAsync(world.Cancel);

        Assert.Equal("duplicate", Assert.IsType<WebhookOutcome.Recorded>(late).Outcome);
        Assert.Equal(JobState.Completed, (await world.JobAsync(job)).State);
        Assert.Empty(await world.RunnersAsync());
        Assert.Empty(world.Launcher.Launches);
    }

    [Fact]
    public async Task A_waiting_job_launches_nothing_until_it_is_approved()
    {
        await using var world = new FleetWorld();
        var job = world.GitHub.QueueJob(FleetWorld.Repository, FleetWorld.Labels, new StandInJobOptions { IsWaiting = true });
        await world.DeliverAndDrainAsync();
        Assert.Equal(JobState.Waiting, (await world.JobAsync(job)).State);
        Assert.Empty(world.Launcher.Launches);

        world.GitHub.ApproveJob(job.Id);
        await world.DeliverAndDrainAsync();
        Assert.Equal(JobState.Queued, (await world.JobAsync(job)).State);
        Assert.Single(world.Launcher.Launches);
    }

    [Fact]
    public async Task Waiting_that_comes_after_queued_does_not_take_the_job_back()
    {
        await using var world = new FleetWorld();
        var job = world.GitHub.QueueJob(FleetWorld.Repository, FleetWorld.Labels, new StandInJobOptions { IsWaiting = true });
        world.GitHub.ApproveJob(job.Id);
        var sent = await world.InterceptAsync();
        Assert.Equal(["waiting", "queued"], sent.Select(d => d.Action));

        await world.PostAsync(sent[1]);
        await world.PostAsync(sent[0]);
        await world.Fleet.DrainAsync(world.Cancel);

        Assert.Equal(JobState.Queued, (await world.JobAsync(job)).State);
        Assert.Single(world.Launcher.Computes);
    }

    [Fact]
    public async Task In_progress_before_queued_binds_and_launches_nothing_more()
    {
        await using var world = new FleetWorld();
        var (own, runner, registration) = await world.StartAndConnectAsync();
        world.GitHub.CancelJob(own.Id);
        await world.InterceptAsync();
        var job = world.Queue();
        world.GitHub.TakeJob(registration);
        var sent = await world.InterceptAsync();
        Assert.Equal(["queued", "in_progress"], sent.Select(d => d.Action));

        await world.PostAsync(sent[1]);
        var late = await world.PostAsync(sent[0]);
        await world.Fleet.DrainAsync(world.Cancel);

        Assert.Equal("duplicate", Assert.IsType<WebhookOutcome.Recorded>(late).Outcome);
        var bound = await world.JobAsync(job);
        Assert.Equal((JobState.InProgress, runner.Id, 0), (bound.State, bound.RunnerId, bound.Launches));
        Assert.Equal(RunnerState.Running, (await world.RunnerAsync(runner.Id)).State);
    }

    [Fact]
    public async Task A_public_repository_is_refused_with_its_cure_and_reopened_by_a_redelivery()
    {
        var allowed = false;
        await using var world = new FleetWorld(o =>
        {
            if (allowed)
            {
                o.Policy.PublicRepositories.Add("acme/open");
            }
        });
        world.GitHub.AddRepository("acme/open", isPrivate: false);
        var job = world.GitHub.QueueJob("acme/open", FleetWorld.Labels, new StandInJobOptions { IsPrivate = false });
        var delivery = (await world.InterceptAsync()).Single();

        var refused = Assert.IsType<WebhookOutcome.Recorded>(await world.PostAsync(delivery));
        Assert.Equal("refused", refused.Outcome);
        Assert.Equal(ReasonCodes.PublicRepository, refused.Diagnostic!.Code);
        Assert.Contains("PublicRepositories", refused.Diagnostic.Message, StringComparison.Ordinal);
        Assert.Equal(JobState.Refused, (await world.JobAsync(job)).State);

        allowed = true;
        var second = world.AddHost(); // restarted with the new setting
        var reopened = Assert.IsType<WebhookOutcome.Recorded>(await second.ReceiveAsync(FleetWorld.Webhook(delivery), world.Cancel));
        Assert.Equal("queued", reopened.Outcome);
        await second.DrainAsync(world.Cancel);
        Assert.Single(world.Launcher.Computes);
        Assert.Null((await world.JobAsync(job)).Diagnostic);
    }

    [Fact]
    public async Task A_redelivery_that_policy_now_refuses_takes_the_pending_runner_back()
    {
        var refused = false;
        await using var world = new FleetWorld(o =>
        {
            if (refused)
            {
                o.Policy.Repositories.Add("acme/another");
            }
        });
        var job = world.Queue();
        var delivery = (await world.InterceptAsync()).Single();
        await world.PostAsync(delivery);

        refused = true;
        var second = world.AddHost();
        Assert.Equal("refused", Assert.IsType<WebhookOutcome.Recorded>(await second.ReceiveAsync(FleetWorld.Webhook(delivery), world.Cancel)).Outcome);
        await second.DrainAsync(world.Cancel);

        Assert.Equal(JobState.Refused, (await world.JobAsync(job)).State);
        Assert.Empty(world.Launcher.Launches);
        Assert.Empty(await world.LiveAsync());
    }

    [Fact]
    public async Task Invalid_labels_are_recorded_with_a_diagnostic_and_launch_nothing()
    {
        await using var world = new FleetWorld();
        var job = world.Queue("self-hosted", "class:nosuch");
        await world.DeliverAndDrainAsync();

        var stored = await world.JobAsync(job);
        Assert.Equal(JobState.Refused, stored.State);
        Assert.Contains("small", stored.Diagnostic!.Message, StringComparison.Ordinal);
        Assert.Empty(world.Launcher.Launches);
    }

    [Fact]
    public async Task Somebody_elses_job_is_ignored_and_kept_as_a_notice()
    {
        await using var world = new FleetWorld();
        var job = world.GitHub.QueueJob(FleetWorld.Repository, ["ubuntu-latest"]);
        await world.DeliverAndDrainAsync();

        Assert.Null(await world.FindJobAsync(job));
        var overview = await world.Fleet.GetOverviewAsync(world.Cancel);
        Assert.Contains(overview.Notices, n => n.Reason.Code == ReasonCodes.NotOurs && n.Subject.EndsWith($"/{job.Id}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refused_job_on_our_runner_is_named_foreign_and_the_displaced_job_gets_another_runner()
    {
        await using var world = new FleetWorld(o => o.Labels.RequireClassOrImage = true);
        var refused = world.GitHub.QueueJob(FleetWorld.Repository, ["self-hosted"]);
        var (own, runner, registration) = await world.StartAndConnectAsync();
        Assert.Equal(JobState.Refused, (await world.JobAsync(refused)).State);
        Assert.Equal(refused.Id, world.GitHub.TakeJob(registration)!.Id); // its one label is covered by our runner's

        await world.DeliverAndDrainAsync();

        var foreign = await world.JobAsync(refused);
        Assert.Equal((JobState.InProgress, runner.Id, ReasonCodes.ForeignJob), (foreign.State, foreign.RunnerId, foreign.Diagnostic!.Code));
        var displaced = await world.JobAsync(own);
        Assert.Equal((JobState.Queued, 2, 1), (displaced.State, displaced.Launches, displaced.Displacements));
        Assert.NotEqual(runner.Id, displaced.RunnerId);
        Assert.Contains((await world.Fleet.GetOverviewAsync(world.Cancel)).Notices, n => n.Reason.Code == ReasonCodes.ForeignJob);
    }

    [Fact]
    public async Task A_job_displaced_too_often_is_given_up_with_the_reason()
    {
        await using var world = new FleetWorld(o => o.Labels.RequireClassOrImage = true);
        var thieves = Enumerable.Range(0, 4).Select(_ => world.GitHub.QueueJob(FleetWorld.Repository, ["self-hosted"])).ToList();
        var own = world.Queue();
        await world.DeliverAndDrainAsync();
        for (var i = 0; i < thieves.Count; i++)
        {
            var registration = await world.ConnectAsync(await world.RunnerOfAsync(own));
            world.GitHub.TakeJob(registration);
            await world.DeliverAndDrainAsync();
        }

        var job = await world.JobAsync(own);
        Assert.Equal((JobState.GaveUp, 4), (job.State, job.Launches));
        Assert.Equal(ReasonCodes.TriesExhausted, job.Diagnostic!.Code);
        Assert.Contains("taken 4 times", job.Diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_completes_unseen_frees_its_runner_by_asking_GitHub()
    {
        await using var world = new FleetWorld();
        var (job, runner, registration) = await world.StartAndConnectAsync();
        world.GitHub.Fate = _ => DeliveryFate.Drop; // from here on every webhook is lost
        world.GitHub.TakeJob(registration);
        world.GitHub.CompleteJob(registration);
        world.Launcher.End(runner.Id, 0);

        await world.PassAsync(TimeSpan.FromMinutes(10));
        await world.Fleet.SweepAsync(world.Cancel);
        await world.PassAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(JobState.Completed, (await world.JobAsync(job)).State);
        Assert.Single(world.Launcher.Launches);
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_job_that_is_over_before_the_news_of_its_beginning_gets_no_second_runner()
    {
        await using var world = new FleetWorld();
        var (job, runner, registration) = await world.StartAndConnectAsync();
        world.GitHub.TakeJob(registration);
        world.GitHub.CompleteJob(registration);
        world.Launcher.End(runner.Id, 0);
        await world.Fleet.HandleEventAsync(new FleetEvent.ComputeChanged(world.Launcher.Computes.Single()), world.Cancel);
        await world.Fleet.DrainAsync(world.Cancel);
        Assert.Equal(RunnerState.Offline, (await world.RunnerAsync(runner.Id)).State);

        await world.DeliverAndDrainAsync();
        await world.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal((JobState.Completed, runner.Id), ((await world.JobAsync(job)).State, (await world.JobAsync(job)).RunnerId));
        Assert.Single(world.Launcher.Launches);
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_job_whose_runner_failed_gets_no_other_before_GitHub_was_asked()
    {
        await using var world = new FleetWorld();
        var (job, runner, registration) = await world.StartAndConnectAsync();
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        world.GitHub.TakeJob(registration);
        world.GitHub.CompleteJob(registration);
        world.Launcher.End(runner.Id, 1);
        world.GitHub.FailNext(3, 502, "/actions/jobs/");
        await world.Fleet.HandleEventAsync(new FleetEvent.ComputeChanged(world.Launcher.Computes.Single()), world.Cancel);
        await world.PassAsync(TimeSpan.FromSeconds(45));
        Assert.Equal(JobState.Queued, (await world.JobAsync(job)).State);
        Assert.Single(await world.RunnersAsync());

        await world.PassAsync(TimeSpan.FromMinutes(15));

        Assert.Equal(JobState.Completed, (await world.JobAsync(job)).State);
        Assert.Single(await world.RunnersAsync());
    }

    [Fact]
    public async Task A_job_cancelled_unseen_is_found_out_and_its_runner_removed()
    {
        await using var world = new FleetWorld();
        var (job, _, _) = await world.StartAndConnectAsync();
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        world.GitHub.CancelJob(job.Id);

        await world.PassAsync(TimeSpan.FromMinutes(40), TimeSpan.FromMinutes(1));

        Assert.Equal(JobState.Completed, (await world.JobAsync(job)).State);
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_job_record_is_forgotten_ten_days_after_its_end()
    {
        await using var world = new FleetWorld();
        var job = world.Queue();
        await world.DeliverAsync();
        world.GitHub.CancelJob(job.Id);
        await world.DeliverAndDrainAsync();
        world.Clock.Advance(TimeSpan.FromDays(9.9));
        await world.Fleet.SweepAsync(world.Cancel);
        Assert.NotNull(await world.FindJobAsync(job));

        world.Clock.Advance(TimeSpan.FromDays(0.2));
        await world.Fleet.SweepAsync(world.Cancel);
        Assert.Null(await world.FindJobAsync(job));
        Assert.Empty(await world.RunnersAsync());
    }

    [Fact]
    public async Task Runners_that_change_places_while_demand_is_counted_are_not_replaced()
    {
        await using var world = new FleetWorld();
        var unserved = world.Queue();
        world.Launcher.AnswerNextLaunch(new LaunchOutcome.Rejected("as the test asked"));
        await world.DeliverAndDrainAsync();
        world.GitHub.CancelJob(unserved.Id);
        await world.InterceptAsync(); // and nobody hears of it: it seems to wait for a runner still

        var (first, _, _) = await world.StartAndConnectAsync();
        var (second, runner, registration) = await world.StartAndConnectAsync();
        Assert.Equal(first.Id, world.GitHub.TakeJob(registration)?.Id); // GitHub gives the oldest job to any runner
        await world.Fleet.ReportAsync(new RunnerReport { RunnerId = runner.Id, Status = RunnerReportStatus.Started, Token = world.Service<ClaimSecrets>().ReportToken(runner.Id) }, world.Cancel);
        world.Store.BeforeQueuedJobs = world.DeliverAsync; // the free runners are listed by then

        await world.Service<Demand>().ReconcileAsync((await world.JobAsync(second)).DemandKey, world.Cancel);

        Assert.Equal(1, (await world.JobAsync(second)).Launches);
        Assert.Equal(2, (await world.LiveAsync()).Count);
    }
}
