using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Sweeping;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Sdk.Tests.Fleet;

public sealed class MissedWebhookTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task A_job_whose_webhooks_are_all_lost_is_found_and_runs()
    {
        await using var world = await ServedAsync();
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        var job = world.Queue();

        Assert.Equal(1, (await SweepAsync(world)).MissedJobs);
        await world.Fleet.DrainAsync(world.Cancel);
        var runner = await world.RunnerOfAsync(job);
        var registration = await world.ConnectAsync(runner);
        Assert.Equal(job.Id, world.GitHub.TakeJob(registration)!.Id);
        await SweepAsync(world);
        Assert.Equal((JobState.InProgress, runner.Id), ((await world.JobAsync(job)).State, (await world.JobAsync(job)).RunnerId));

        world.GitHub.CompleteJob(registration);
        world.Launcher.End(runner.Id, 0);
        await SweepAsync(world);
        await world.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(JobState.Completed, (await world.JobAsync(job)).State);
        await world.AssertNothingIsLeftAsync();
        var notice = Assert.Single((await world.Fleet.GetOverviewAsync(world.Cancel)).Notices, n => n.Reason.Code == ReasonCodes.MissedWebhooks);
        Assert.Equal(FleetWorld.Repository, notice.Subject);
    }

    [Fact]
    public async Task A_configured_repository_is_looked_at_though_no_webhook_of_it_ever_came()
    {
        await using var world = new FleetWorld(o => o.GitHub.Repository = FleetWorld.Repository);
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        var job = world.Queue();

        Assert.Equal(1, (await SweepAsync(world)).MissedJobs);

        Assert.Equal(JobState.Queued, (await world.JobAsync(job)).State);
        Assert.True((await world.JobAsync(job)).Repository is { Id: > 0, IsPrivate: true });
    }

    [Fact]
    public async Task A_repository_that_GitHub_does_not_describe_and_no_webhook_ever_described_is_left_to_its_webhooks()
    {
        await using var world = new FleetWorld(o => o.GitHub.Repository = FleetWorld.Repository, b =>
        {
            var inner = b.Services.Last(s => s.ServiceType == typeof(IRunnerRegistrar));
            b.Services.Replace(ServiceDescriptor.Singleton<IRunnerRegistrar>(s => new SilentRegistrar((IRunnerRegistrar)ActivatorUtilities.CreateInstance(s, inner.ImplementationType!))));
        });
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        var job = world.Queue();

        Assert.Equal(0, (await SweepAsync(world)).MissedJobs);
        Assert.Null(await world.FindJobAsync(job)); // neither served as private nor refused as public
    }

    [Fact]
    public async Task A_young_job_is_left_to_its_webhook()
    {
        await using var world = await ServedAsync();
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        world.Clock.Advance(Interval);
        var job = world.Queue();
        world.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(0, (await world.Fleet.SweepAsync(world.Cancel)).MissedJobs);
        Assert.Null(await world.FindJobAsync(job));

        Assert.Equal(1, (await SweepAsync(world)).MissedJobs);
    }

    [Fact]
    public async Task A_lost_completion_is_found_while_its_run_goes_on()
    {
        await using var world = await ServedAsync();
        var (job, runner, registration) = await world.StartAndConnectAsync();
        world.GitHub.QueueJob(FleetWorld.Repository, ["ubuntu-latest"], new() { RunId = job.RunId });
        world.GitHub.TakeJob(registration);
        await world.DeliverAndDrainAsync();
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        world.GitHub.CompleteJob(registration);

        Assert.Equal(1, (await SweepAsync(world)).MissedJobs);

        Assert.Equal((JobState.Completed, "success"), ((await world.JobAsync(job)).State, (await world.JobAsync(job)).Conclusion));
        Assert.Equal(ReasonCodes.JobCompleted, (await world.RunnerAsync(runner.Id)).Closing?.Cause.Code);
    }

    [Fact]
    public async Task An_approval_whose_webhook_was_lost_lets_its_job_run()
    {
        await using var world = await ServedAsync();
        var job = world.GitHub.QueueJob(FleetWorld.Repository, FleetWorld.Labels, new() { IsWaiting = true });
        await world.DeliverAsync();
        Assert.Equal(JobState.Waiting, (await world.JobAsync(job)).State);
        world.GitHub.QueueJob(FleetWorld.Repository, ["ubuntu-latest"], new() { RunId = job.RunId });
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        await SweepAsync(world);
        Assert.Equal(JobState.Waiting, (await world.JobAsync(job)).State);

        world.GitHub.ApproveJob(job.Id);
        await SweepAsync(world);
        await world.Fleet.DrainAsync(world.Cancel);

        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(job)).State);
    }

    [Fact]
    public async Task What_is_known_already_is_no_news()
    {
        await using var world = await ServedAsync();
        var (_, runner, registration) = await world.StartAndConnectAsync();
        world.GitHub.TakeJob(registration);
        await world.DeliverAndDrainAsync();
        var waiting = world.Queue();
        await world.DeliverAndDrainAsync();
        var launches = world.Launcher.Launches.Count;

        Assert.Equal(0, (await SweepAsync(world)).MissedJobs);

        Assert.Equal(launches, world.Launcher.Launches.Count);
        Assert.Equal(JobState.Queued, (await world.JobAsync(waiting)).State);
        Assert.Equal(RunnerState.Running, (await world.RunnerAsync(runner.Id)).State);
    }

    [Fact]
    public async Task A_job_of_a_public_repository_is_found_and_refused_and_stays_so()
    {
        await using var world = new FleetWorld(o => o.GitHub.Repository = "acme/open");
        world.GitHub.AddRepository("acme/open", isPrivate: false);
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        var job = world.GitHub.QueueJob("acme/open", FleetWorld.Labels);

        Assert.Equal(1, (await SweepAsync(world)).MissedJobs);
        Assert.Equal((JobState.Refused, ReasonCodes.PublicRepository), ((await world.JobAsync(job)).State, (await world.JobAsync(job)).Diagnostic!.Code));

        Assert.Equal(0, (await SweepAsync(world)).MissedJobs);
        Assert.Equal(JobState.Refused, (await world.JobAsync(job)).State);
        Assert.Empty(await world.RunnersAsync());
    }

    [Fact]
    public async Task A_repository_that_became_public_is_judged_by_what_GitHub_says_now()
    {
        await using var world = new FleetWorld();
        world.GitHub.AddRepository("acme/open", isPrivate: false);
        var said = new RepositoryRef { Id = 1, Owner = "acme", Name = "open", IsPrivate = true };
        await world.Service<FleetState>().SawRepositoryOnceAsync(new SeenRepository { Repository = said, Scope = ScopeOf(said) }, world.Cancel);
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        var job = world.GitHub.QueueJob("acme/open", FleetWorld.Labels);

        await SweepAsync(world);

        Assert.Equal(ReasonCodes.PublicRepository, (await world.JobAsync(job)).Diagnostic!.Code);
        Assert.Empty(await world.RunnersAsync());
    }

    [Fact]
    public async Task Somebody_elses_jobs_launch_nothing_and_cost_no_record()
    {
        await using var world = await ServedAsync();
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        var queued = world.GitHub.QueueJob(FleetWorld.Repository, ["ubuntu-latest"]);
        var running = world.GitHub.QueueJob(FleetWorld.Repository, ["self-hosted", "gpu"]);
        var theirs = await world.Service<IRunnerRegistrar>().CreateJitConfigAsync(new() { Scope = ScopeOf(Acme), Name = "theirs-1", Labels = ["self-hosted", "gpu"] }, world.Cancel);
        Assert.Equal(running.Id, world.GitHub.TakeJob(world.GitHub.Connect(theirs.Value!.EncodedJitConfig)!.Value)!.Id);

        var summary = await SweepAsync(world);

        Assert.Equal((0, 0), (summary.MissedJobs, summary.Errors));

        Assert.Null(await world.FindJobAsync(queued));
        Assert.Null(await world.FindJobAsync(running));
        Assert.Empty((await world.Fleet.GetOverviewAsync(world.Cancel)).Notices);
    }

    [Fact]
    public async Task A_job_that_several_hosts_find_at_once_gets_one_runner()
    {
        await using var world = await ServedAsync();
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        var launches = world.Launcher.Launches.Count;
        var job = world.Queue();
        world.Clock.Advance(Interval);
        var seen = Assert.Single(await world.Service<FleetState>().RepositoriesAsync(world.Cancel));
        var jobs = world.Service<MissedJobs>();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => jobs.LookAsync(seen, afterRun: 0, world.Cancel))));
        await world.Fleet.DrainAsync(world.Cancel);

        Assert.Equal(1, (await world.JobAsync(job)).Launches);
        Assert.Equal(launches + 1, world.Launcher.Launches.Count);
    }

    [Fact]
    public async Task A_webhook_that_comes_after_its_job_was_found_changes_nothing()
    {
        await using var world = await ServedAsync();
        world.GitHub.Fate = _ => DeliveryFate.Hold;
        var job = world.Queue();
        await SweepAsync(world);
        await world.Fleet.DrainAsync(world.Cancel);
        var launches = world.Launcher.Launches.Count;

        world.GitHub.ReleaseHeld();
        await world.DeliverAndDrainAsync();

        Assert.Equal(1, (await world.JobAsync(job)).Launches);
        Assert.Equal(launches, world.Launcher.Launches.Count);
    }

    [Fact]
    public async Task An_answer_that_did_not_come_concludes_nothing_and_is_asked_for_again()
    {
        await using var world = await ServedAsync();
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        var job = world.Queue();
        world.GitHub.FailNext(1, 502, "/actions/runs/");

        Assert.Equal(0, (await SweepAsync(world)).MissedJobs);
        Assert.Null(await world.FindJobAsync(job));

        Assert.Equal(1, (await SweepAsync(world)).MissedJobs);
    }

    [Fact]
    public async Task A_silent_GitHub_is_not_asked_about_every_repository_and_all_are_looked_at_soon_after_it_answers_again()
    {
        await using var world = await ServedAsync();
        for (var i = 0; i < 12; i++)
        {
            world.GitHub.AddRepository($"acme/r{i:00}");
            await SeeAsync(world, $"acme/r{i:00}");
        }

        world.GitHub.FailNext(12 * 3, 502, "/actions/runs");
        for (var i = 0; i < 12; i++)
        {
            var before = CallsTo(world, "/actions/runs");
            await SweepAsync(world);
            Assert.Equal(3, CallsTo(world, "/actions/runs") - before);
        }

        var after = CallsTo(world, "/actions/runs");
        await SweepAsync(world);
        Assert.Equal(13 * 2, CallsTo(world, "/actions/runs") - after);
    }

    [Fact]
    public async Task A_store_that_fails_for_one_job_does_not_hide_the_others()
    {
        await using var world = await ServedAsync();
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        var poisoned = world.Queue();
        var healthy = world.Queue();
        world.Store.FailBefore = c => c.Jobs.Any(j => j.Key == FleetWorld.KeyOf(poisoned));

        var summary = await SweepAsync(world);
        Assert.Equal((1, 1), (summary.MissedJobs, summary.Errors));
        Assert.Equal(JobState.Queued, (await world.JobAsync(healthy)).State);

        world.Store.FailBefore = null;
        Assert.Equal(1, (await SweepAsync(world)).MissedJobs);
    }

    [Fact]
    public async Task A_repository_that_is_gone_does_not_delay_the_others_and_is_asked_with_growing_distance()
    {
        await using var world = await ServedAsync();
        await SeeAsync(world, "acme/gone"); // not there: 404 on everything
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        var job = world.Queue();

        Assert.Equal(1, (await SweepAsync(world)).MissedJobs);
        Assert.Equal(JobState.Queued, (await world.JobAsync(job)).State);
        Assert.Contains((await world.Fleet.GetOverviewAsync(world.Cancel)).Notices, n => n.Reason.Code == ReasonCodes.NotReconciled && n.Subject == "github.com/acme/gone");

        var asked = new List<int>();
        for (var i = 0; i < 12 * 12; i++)
        {
            var before = CallsTo(world, "repos/acme/gone");
            await SweepAsync(world);
            asked.AddRange(CallsTo(world, "repos/acme/gone") > before ? [i] : Array.Empty<int>());
        }

        // First after 5 minutes, then 10, 20, 40, 80, 160 and 320.
        Assert.Equal([0, 2, 6, 14, 30, 62, 126], asked);
    }

    [Fact]
    public async Task After_a_throttled_answer_nobody_asks_until_the_wait_is_over_and_then_the_others_come_first()
    {
        await using var world = await ServedAsync();
        await SeeAsync(world, "acme/a-first");
        world.GitHub.AddRepository("acme/a-first");
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        var job = world.Queue();
        world.GitHub.FailNext(20, 429, "repos/acme/a-first/actions/runs", retryAfter: TimeSpan.FromMinutes(8));

        await SweepAsync(world);
        Assert.Equal(1, CallsTo(world, "repos/acme/a-first"));
        Assert.Null(await world.FindJobAsync(job));
        var others = CallsTo(world, "/actions/runs");
        await SweepAsync(world);
        Assert.Equal(others, CallsTo(world, "/actions/runs"));

        Assert.Equal(1, (await SweepAsync(world)).MissedJobs);
        Assert.Equal(JobState.Queued, (await world.JobAsync(job)).State);
    }

    [Fact]
    public async Task The_budget_of_calls_holds_over_every_hour_and_all_hosts_and_repositories_take_turns()
    {
        const int perHour = 60;
        await using var world = new FleetWorld(o => o.GitHub.ReconcileCallsPerHour = perHour);
        var other = world.AddHost();
        for (var i = 0; i < 40; i++)
        {
            world.GitHub.AddRepository($"acme/r{i:00}");
            await SeeAsync(world, $"acme/r{i:00}");
        }

        world.Clock.Advance(TimeSpan.FromHours(3)); // what is not spent does not pile up
        var calls = new List<int>();
        for (var minute = 0; minute < 180; minute++)
        {
            var before = CallsTo(world, "/actions/runs");
            await world.Fleet.SweepAsync(world.Cancel);
            await other.SweepAsync(world.Cancel);
            calls.Add(CallsTo(world, "/actions/runs") - before);
            world.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        // A look is begun while a call is left, and costs two here.
        Assert.All(Enumerable.Range(0, 120), from => Assert.InRange(calls.Skip(from).Take(60).Sum(), perHour - 10, perHour + 1));
        Assert.All(Enumerable.Range(0, 40), i => Assert.InRange(CallsTo(world, $"repos/acme/r{i:00}/"), 2, 6));
    }

    [Fact]
    public async Task A_job_behind_many_runs_that_wait_for_somebody_else_is_found_by_a_later_look_and_no_look_takes_long()
    {
        await using var world = await ServedAsync(o => o.GitHub.ReconcileCallsPerHour = 15000);
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        for (var i = 0; i < 120; i++)
        {
            world.GitHub.QueueJob(FleetWorld.Repository, ["ubuntu-latest"]);
        }

        var job = world.Queue();
        var calls = new List<int>();
        var found = new List<int>();
        for (var i = 0; i < 6; i++)
        {
            var before = CallsTo(world, "/actions/runs");
            found.Add((await SweepAsync(world)).MissedJobs);
            calls.Add(CallsTo(world, "/actions/runs") - before);
        }

        Assert.All(calls, c => Assert.Equal(50, c)); // 3 pages of runs, and 47 of the 121 runs
        Assert.Equal([0, 0, 1, 0, 0, 0], found);
        Assert.Equal(JobState.Queued, (await world.JobAsync(job)).State);
    }

    [Fact]
    public async Task A_repository_with_many_runs_keeps_to_the_budget_and_leaves_the_others_their_turns()
    {
        const int perHour = 120;
        await using var world = new FleetWorld(o => o.GitHub.ReconcileCallsPerHour = perHour);
        world.GitHub.AddRepository("acme/busy");
        world.GitHub.AddRepository("acme/quiet");
        await SeeAsync(world, "acme/busy");
        await SeeAsync(world, "acme/quiet");
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        for (var i = 0; i < 250; i++)
        {
            world.GitHub.QueueJob("acme/busy", ["ubuntu-latest"]);
        }

        var calls = new List<int>();
        for (var i = 0; i < 36; i++)
        {
            var before = CallsTo(world, "/actions/runs");
            await SweepAsync(world);
            calls.Add(CallsTo(world, "/actions/runs") - before);
        }

        // A look is begun while a call is left; the least it costs here is 5: three pages of queued runs, one of running ones, and one run.
        Assert.All(Enumerable.Range(0, 24), from => Assert.InRange(calls.Skip(from).Take(12).Sum(), perHour - 20, perHour + 5));
        Assert.InRange(CallsTo(world, "repos/acme/quiet/"), 2 * 15, 2 * 36);
    }

    [Fact]
    public async Task A_look_that_fails_midway_is_charged_for_what_it_sent()
    {
        await using var world = await ServedAsync();
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        var jobs = Enumerable.Range(0, 10).Select(_ => world.Queue()).ToList();
        world.GitHub.FailNext(1, 502, $"/actions/runs/{jobs[7].RunId}/jobs");
        world.Clock.Advance(Interval);
        var budget = world.Service<CallBudget>();
        var before = await budget.LeftAsync(world.Cancel);

        Assert.Equal(0, (await world.Fleet.SweepAsync(world.Cancel)).MissedJobs);

        Assert.Equal(2 + 8, before - await budget.LeftAsync(world.Cancel), 0.001);
    }

    [Fact]
    public async Task A_search_for_failed_deliveries_is_charged_for_what_it_sent()
    {
        await using var world = await ServedAsync();
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        var host = HostOfWebhook(world);
        world.Clock.Advance(Interval);
        var budget = world.Service<CallBudget>();
        var (before, calls) = (await budget.LeftAsync(world.Cancel), CallsTo(world, "/actions/runs") + CallsTo(world, "/hooks/"));

        await host.SweepAsync(world.Cancel);

        var sent = CallsTo(world, "/actions/runs") + CallsTo(world, "/hooks/") - calls;
        Assert.Equal(3, sent); // no delivery failed: one page says so; and the repository's two
        Assert.Equal(sent, before - await budget.LeftAsync(world.Cancel), 0.001);
    }

    [Fact]
    public async Task What_is_expired_is_purged_before_the_search_which_may_take_long()
    {
        await using var world = await ServedAsync();
        var asked = CallsTo(world, "/actions/runs");
        var askedBeforePurge = -1;
        world.Store.BeforePurge = () => askedBeforePurge = CallsTo(world, "/actions/runs");

        await SweepAsync(world);

        Assert.Equal(asked, askedBeforePurge);
        Assert.True(CallsTo(world, "/actions/runs") > asked);
    }

    [Fact]
    public async Task A_budget_of_nothing_asks_nothing()
    {
        await using var world = await ServedAsync(o => o.GitHub.ReconcileCallsPerHour = 0);
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        world.Queue();

        Assert.Equal(0, (await SweepAsync(world)).MissedJobs);
        Assert.Equal(0, CallsTo(world, "/actions/runs"));
    }

    [Fact]
    public async Task A_failed_delivery_is_delivered_again_once()
    {
        await using var world = await ServedAsync();
        var host = HostOfWebhook(world);
        var job = await FailDeliveryAsync(world);

        Assert.Equal(1, (await SweepAsync(world, host)).Redelivered);
        await world.DeliverAsync();
        Assert.Equal(JobState.Queued, (await world.JobAsync(job)).State);
        Assert.True(world.GitHub.Deliveries[0].IsRedelivery);

        Assert.Equal(0, await RedeliveredAsync(world, host, TimeSpan.FromHours(70)));
    }

    [Fact]
    public async Task A_failed_delivery_that_somebody_had_delivered_meanwhile_is_left_alone()
    {
        await using var world = await ServedAsync();
        var host = HostOfWebhook(world);
        await FailDeliveryAsync(world);
        world.GitHub.Redeliver(world.GitHub.Deliveries[0].Id);
        await world.DeliverAsync();

        Assert.Equal(0, await RedeliveredAsync(world, host, TimeSpan.FromHours(3)));
    }

    [Fact]
    public async Task A_delivery_that_keeps_failing_is_tried_five_times_with_growing_distance()
    {
        await using var world = await ServedAsync(o => o.GitHub.ReconcileCallsPerHour = 100);
        var host = HostOfWebhook(world);
        await FailDeliveryAsync(world);
        world.Store.FailBefore = c => c.Jobs.Count > 0;
        var times = new List<TimeSpan>();
        var start = world.Clock.GetUtcNow();
        for (var i = 0; i < 60 * 12; i++)
        {
            if ((await SweepAsync(world, host)).Redelivered > 0)
            {
                times.Add(world.Clock.GetUtcNow() - start);
            }

            await world.DeliverAsync();
        }

        Assert.Equal(5, times.Count);
        var distances = times.Zip(times.Skip(1), (a, b) => b - a).ToArray();
        Assert.All(distances.Zip(distances.Skip(1)), d => Assert.True(d.Second > 2 * d.First));
    }

    [Fact]
    public async Task What_an_outage_left_behind_is_delivered_in_portions_and_starts_no_runner_for_a_job_that_is_over()
    {
        await using var world = await ServedAsync();
        var host = HostOfWebhook(world);
        world.Store.FailBefore = c => c.Jobs.Count > 0;
        var jobs = Enumerable.Range(0, 50).Select(_ => world.Queue()).ToList();
        await world.DeliverAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        jobs.ForEach(job => world.GitHub.CancelJob(job.Id));
        await world.DeliverAsync();

        world.Store.FailBefore = null;
        var launches = world.Launcher.Launches.Count;
        var portions = new List<int>();
        for (var i = 0; i < 6; i++)
        {
            portions.Add((await SweepAsync(world, host)).Redelivered);
            await world.DeliverAndDrainAsync();
        }

        Assert.Equal([30, 30, 30, 10, 0, 0], portions);
        Assert.Equal(launches, world.Launcher.Launches.Count);
        Assert.Empty(await world.RunnersAsync(RunnerState.Pending));
    }

    [Fact]
    public async Task A_redelivery_whose_answer_was_lost_is_no_reason_to_hurry()
    {
        await using var world = await ServedAsync();
        var host = HostOfWebhook(world);
        var job = await FailDeliveryAsync(world);
        world.GitHub.LoseNextReplies(1, "/attempts");

        await SweepAsync(world, host);
        await world.DeliverAsync();

        Assert.Equal(JobState.Queued, (await world.JobAsync(job)).State);
        Assert.Equal(0, await RedeliveredAsync(world, host, TimeSpan.FromHours(3)));
    }

    [Theory]
    [InlineData(422)]
    [InlineData(404)]
    public async Task A_delivery_that_GitHub_will_not_repeat_holds_up_no_other(int status)
    {
        await using var world = await ServedAsync();
        var host = HostOfWebhook(world);
        var older = await FailDeliveryAsync(world);
        await FailDeliveryAsync(world);
        world.GitHub.FailNext(1, status, "/attempts");

        var summary = await SweepAsync(world, host);
        Assert.Equal((1, 1), (summary.Redelivered, summary.Errors));
        await world.DeliverAsync();
        Assert.Equal(JobState.Queued, (await world.JobAsync(older)).State);
        Assert.DoesNotContain((await host.GetOverviewAsync(world.Cancel)).Notices, n => n.Reason.Code == ReasonCodes.NotReconciled);

        Assert.Equal(1, (await SweepAsync(world, host)).Redelivered); // the refused one has its next try, and the webhook was not put off
    }

    [Fact]
    public async Task A_token_that_may_not_repeat_deliveries_is_told_of_after_three()
    {
        await using var world = await ServedAsync();
        var host = HostOfWebhook(world);
        await FailDeliveriesAsync(world, 10);
        world.GitHub.FailNext(1000, 403, "/attempts");

        Assert.Equal(0, (await SweepAsync(world, host)).Redelivered);

        Assert.Equal(3, CallsTo(world, "/attempts"));
        Assert.Contains((await host.GetOverviewAsync(world.Cancel)).Notices, n => n.Reason.Code == ReasonCodes.NotReconciled && n.Subject == "webhook");
    }

    [Fact]
    public async Task Refusals_after_a_delivery_that_was_repeated_are_those_of_single_deliveries()
    {
        await using var world = await ServedAsync();
        var host = HostOfWebhook(world);
        await FailDeliveriesAsync(world, 10);
        foreach (var delivery in world.GitHub.Deliveries.Skip(1).Take(4).ToList()) // the newest is the first to go
        {
            world.GitHub.FailNext(1, 422, $"/deliveries/{delivery.Id}/attempts");
        }

        var summary = await SweepAsync(world, host);
        Assert.Equal((6, 4), (summary.Redelivered, summary.Errors));
        await world.DeliverAsync();

        Assert.Equal(4, (await SweepAsync(world, host)).Redelivered);
    }

    [Fact]
    public async Task A_GitHub_that_repeats_nothing_and_says_nothing_does_not_hold_the_sweep_and_is_asked_again_at_the_next_turn()
    {
        await using var world = await ServedAsync();
        var host = HostOfWebhook(world);
        await FailDeliveriesAsync(world, 10);
        world.GitHub.FailNext(3, 502, "/attempts");

        Assert.Equal(0, (await SweepAsync(world, host)).Redelivered);
        Assert.Equal(3, CallsTo(world, "/attempts"));

        Assert.Equal(10, (await SweepAsync(world, host)).Redelivered);
    }

    [Fact]
    public async Task Without_the_webhooks_id_deliveries_are_not_looked_at()
    {
        await using var world = await ServedAsync(o => o.GitHub.Repository = FleetWorld.Repository);
        await FailDeliveryAsync(world);

        var summary = await SweepAsync(world);

        Assert.Equal((0, 1), (summary.Redelivered, summary.MissedJobs)); // its job is found all the same
        Assert.Equal(0, CallsTo(world, "/hooks/"));
    }

    [Fact]
    public async Task A_webhook_that_the_token_may_not_read_does_not_delay_the_repositories()
    {
        await using var world = await ServedAsync();
        var host = HostOfWebhook(world);
        world.GitHub.FailNext(1000, 403, "/hooks/");
        world.GitHub.Fate = _ => DeliveryFate.Drop;
        world.Queue();

        Assert.Equal(1, (await SweepAsync(world, host)).MissedJobs);
        Assert.Contains((await host.GetOverviewAsync(world.Cancel)).Notices, n => n.Reason.Code == ReasonCodes.NotReconciled && n.Subject == "webhook");
    }

    [Fact]
    public async Task A_repository_is_remembered_at_most_once_an_hour_from_one_process()
    {
        await using var world = await ServedAsync();
        var writes = 0;
        world.Store.FailBefore = c =>
        {
            writes += c.Entries.Count(e => e.Key.StartsWith("repository/", StringComparison.Ordinal));
            return false;
        };
        for (var i = 0; i < 20; i++)
        {
            await world.StartAsync();
        }

        Assert.Equal(0, writes);
    }

    [Fact]
    public async Task A_repository_that_cannot_be_remembered_holds_up_no_launch()
    {
        await using var world = new FleetWorld();
        world.Store.FailBefore = c => c.Entries.Any(e => e.Key.StartsWith("repository/", StringComparison.Ordinal));
        var (_, runner) = await world.StartAsync();
        Assert.Equal(RunnerState.WaitingForJob, runner.State);

        world.Store.FailBefore = null;
        await world.StartAsync();
        Assert.Single(await world.Service<FleetState>().RepositoriesAsync(world.Cancel));
    }

    private static readonly RepositoryRef Acme = new() { Id = 1, Owner = "acme", Name = "app", IsPrivate = true };

    private static RunnerScope ScopeOf(RepositoryRef repository) => new() { Kind = RunnerScopeKind.Repository, Owner = repository.Owner, Repository = repository.Name };

    /// <summary>A world in which the repository had a job before, and is remembered.</summary>
    private static async Task<FleetWorld> ServedAsync(Action<RunnerFleetOptions>? configure = null)
    {
        var world = new FleetWorld(configure);
        var (job, runner, registration) = await world.StartAndConnectAsync();
        Assert.Equal(job.Id, world.GitHub.TakeJob(registration)!.Id);
        world.GitHub.CompleteJob(registration);
        world.Launcher.End(runner.Id, 0);
        await world.PassAsync(TimeSpan.FromMinutes(2));
        await world.AssertNothingIsLeftAsync();
        return world;
    }

    private static ValueTask SeeAsync(FleetWorld world, string name)
    {
        var repository = new RepositoryRef { Id = 7, Owner = name.Split('/')[0], Name = name.Split('/')[1], IsPrivate = true };
        return world.Service<FleetState>().SawRepositoryOnceAsync(new SeenRepository { Repository = repository, Scope = ScopeOf(repository) }, world.Cancel);
    }

    private static IRunnerFleet HostOfWebhook(FleetWorld world) => world.AddHost(configure: o =>
    {
        o.GitHub.Repository = FleetWorld.Repository;
        o.GitHub.WebhookId = world.GitHub.HookIds[0];
    });

    /// <summary>Queues a job whose webhook is answered 503.</summary>
    private static async Task<StandInJob> FailDeliveryAsync(FleetWorld world)
    {
        world.Store.FailBefore = c => c.Jobs.Count > 0;
        var job = world.Queue();
        await world.DeliverAsync();
        world.Store.FailBefore = null;
        Assert.Equal(503, world.GitHub.Deliveries[0].StatusCode);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        return job;
    }

    private static async Task FailDeliveriesAsync(FleetWorld world, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await FailDeliveryAsync(world);
        }
    }

    private static async Task<SweepSummary> SweepAsync(FleetWorld world, IRunnerFleet? host = null)
    {
        world.Clock.Advance(Interval);
        return await (host ?? world.Fleet).SweepAsync(world.Cancel);
    }

    private static async Task<int> RedeliveredAsync(FleetWorld world, IRunnerFleet host, TimeSpan time)
    {
        var sum = 0;
        for (var passed = TimeSpan.Zero; passed < time; passed += Interval)
        {
            sum += (await SweepAsync(world, host)).Redelivered;
            await world.DeliverAsync();
        }

        return sum;
    }

    private static int CallsTo(FleetWorld world, string part) => world.GitHub.Calls.Count(c => c.Contains(part, StringComparison.Ordinal));

    /// <summary>Does not say which repository a job belongs to, as another implementation may not.</summary>
    private sealed class SilentRegistrar(IRunnerRegistrar inner) : IRunnerRegistrar
    {
        public Task<GitHubAnswer<JitRegistration>> CreateJitConfigAsync(JitRequest request, CancellationToken cancellationToken) => inner.CreateJitConfigAsync(request, cancellationToken);

        public Task<GitHubAnswer<RegistrationToken>> CreateRegistrationTokenAsync(RunnerScope scope, CancellationToken cancellationToken) => inner.CreateRegistrationTokenAsync(scope, cancellationToken);

        public Task<GitHubAnswer<GitHubRunner?>> FindRunnerAsync(RunnerScope scope, string name, CancellationToken cancellationToken) => inner.FindRunnerAsync(scope, name, cancellationToken);

        public Task<GitHubAnswer<GitHubRunner>> GetRunnerAsync(RunnerScope scope, long runnerId, CancellationToken cancellationToken) => inner.GetRunnerAsync(scope, runnerId, cancellationToken);

        public Task<GitHubAnswer<IReadOnlyList<GitHubRunner>>> ListRunnersAsync(RunnerScope scope, string namePrefix, CancellationToken cancellationToken) => inner.ListRunnersAsync(scope, namePrefix, cancellationToken);

        public Task<GitHubAnswer<bool>> DeleteRunnerAsync(RunnerScope scope, long runnerId, CancellationToken cancellationToken) => inner.DeleteRunnerAsync(scope, runnerId, cancellationToken);

        public Task<GitHubAnswer<GitHubJob>> GetJobAsync(RunnerScope scope, RepositoryRef repository, long jobId, CancellationToken cancellationToken) => inner.GetJobAsync(scope, repository, jobId, cancellationToken);

        public async Task<GitHubAnswer<IReadOnlyList<GitHubJob>>> ListActiveJobsAsync(RunnerScope scope, RepositoryRef repository, long afterRunId, int mostRequests, CancellationToken cancellationToken) =>
            GitHubAnswer.Ok<IReadOnlyList<GitHubJob>>([.. (await inner.ListActiveJobsAsync(scope, repository, afterRunId, mostRequests, cancellationToken)).Value!.Select(j => j with { Repository = null })]);

        public Task<GitHubAnswer<IReadOnlyList<HookDelivery>>> ListFailedDeliveriesAsync(RunnerScope scope, long hookId, DateTimeOffset since, CancellationToken cancellationToken) => inner.ListFailedDeliveriesAsync(scope, hookId, since, cancellationToken);

        public Task<GitHubAnswer<bool>> RedeliverAsync(RunnerScope scope, long hookId, long deliveryId, CancellationToken cancellationToken) => inner.RedeliverAsync(scope, hookId, deliveryId, cancellationToken);
    }
}
