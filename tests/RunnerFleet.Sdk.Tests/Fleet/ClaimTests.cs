using RunnerFleet.Compute;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;

namespace RunnerFleet.Sdk.Tests.Fleet;

public sealed class ClaimTests
{
    [Fact]
    public async Task Only_the_right_secret_of_the_right_attempt_claims()
    {
        await using var world = new FleetWorld();
        var (_, runner) = await world.StartAsync();
        var (_, other) = await world.StartAsync();
        var claim = world.ClaimOf(runner);

        Assert.IsType<ClaimOutcome.Unauthorized>(await world.Fleet.ClaimAsync(claim with { Secret = "guess" }, world.Cancel));
        Assert.IsType<ClaimOutcome.Unauthorized>(await world.Fleet.ClaimAsync(claim with { Attempt = 2 }, world.Cancel));
        Assert.IsType<ClaimOutcome.Unauthorized>(await world.Fleet.ClaimAsync(claim with { RunnerId = other.Id }, world.Cancel));
        Assert.IsType<ClaimOutcome.Unauthorized>(await world.Fleet.ClaimAsync(claim with { RunnerId = "../etc" }, world.Cancel));
        Assert.Empty(world.GitHub.Runners);
        Assert.IsType<ClaimOutcome.Registered>(await world.Fleet.ClaimAsync(claim, world.Cancel));
    }

    [Fact]
    public async Task A_registration_that_may_yet_be_minted_is_not_taken_as_gone()
    {
        await using var world = new FleetWorld();
        var (_, runner) = await world.StartAsync();
        world.GitHub.FailNext(1, 502, "generate-jitconfig");
        Assert.IsType<ClaimOutcome.Busy>(await world.ClaimAsync(runner)); // the mark is set, and GitHub may be at it still

        await world.Fleet.TerminateAsync(runner.Id, force: false, world.Cancel);
        await world.PassAsync(TimeSpan.FromSeconds(15));
        var ending = await world.RunnerAsync(runner.Id);
        Assert.Equal((RunnerState.WaitingForJob, false), (ending.State, ending.Registration!.IsGone));
        Assert.Equal(ComputeStatus.Running, Assert.Single(world.Launcher.Computes).Status);

        await world.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(RunnerState.Offline, (await world.RunnerAsync(runner.Id)).State);
    }

    [Fact]
    public async Task A_claim_key_can_be_rotated_under_waiting_runners()
    {
        await using var world = new FleetWorld(o => o.ClaimKeys.Add("the first claim key, long enough"));
        var (_, runner) = await world.StartAsync();
        var claim = world.ClaimOf(runner);
        var rotated = world.AddHost(configure: o => o.ClaimKeys.Insert(0, "the second claim key, long enough"));
        Assert.IsType<ClaimOutcome.Registered>(await rotated.ClaimAsync(claim, world.Cancel));
    }

    [Fact]
    public async Task A_second_claim_removes_the_first_registration()
    {
        await using var world = new FleetWorld();
        var (_, runner) = await world.StartAsync();
        var first = Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(runner));
        var second = Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(runner));

        Assert.EndsWith("-1", first.RunnerName, StringComparison.Ordinal);
        Assert.EndsWith("-2", second.RunnerName, StringComparison.Ordinal);
        Assert.Equal([second.RunnerName], world.GitHub.Runners.Select(r => r.Name));
    }

    [Fact]
    public async Task The_fourth_claim_ends_the_runner_and_its_job_gets_another()
    {
        await using var world = new FleetWorld();
        var (job, runner) = await world.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(runner));
        }

        var gone = Assert.IsType<ClaimOutcome.Gone>(await world.ClaimAsync(runner));
        Assert.Equal(ReasonCodes.ClaimsExhausted, gone.Reason.Code);
        await world.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(RunnerState.Failed, (await world.RunnerAsync(runner.Id)).State);
        Assert.NotEqual(runner.Id, (await world.RunnerOfAsync(job)).Id);
        Assert.DoesNotContain(world.GitHub.Runners, r => r.Name.Contains(runner.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Claims_made_at_once_leave_one_registration()
    {
        await using var world = new FleetWorld();
        var (_, runner) = await world.StartAsync();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => world.ClaimAsync(runner))));

        Assert.Contains(outcomes, o => o is ClaimOutcome.Registered);
        var stored = await world.RunnerAsync(runner.Id);
        await world.PassAsync(TimeSpan.FromMinutes(20));
        await world.Fleet.SweepAsync(world.Cancel);
        Assert.True(world.GitHub.Runners.Count(r => r.Name.Contains(runner.Id, StringComparison.Ordinal)) <= 1);
        Assert.InRange(stored.Claims, 1, 3);
    }

    [Fact]
    public async Task The_secret_is_dead_once_the_runner_works()
    {
        await using var world = new FleetWorld();
        var (_, runner, registration) = await world.StartAndConnectAsync();
        world.GitHub.TakeJob(registration);
        await world.DeliverAndDrainAsync();

        Assert.IsType<ClaimOutcome.Gone>(await world.ClaimAsync(runner));
        Assert.Single(world.GitHub.Runners);
    }

    [Fact]
    public async Task A_mint_whose_answer_was_lost_is_found_by_its_name_and_replaced()
    {
        await using var world = new FleetWorld();
        var (_, runner) = await world.StartAsync();
        world.GitHub.LoseNextReplies(1, "generate-jitconfig");
        var busy = Assert.IsType<ClaimOutcome.Busy>(await world.ClaimAsync(runner));
        Assert.True(busy.RetryAfter > TimeSpan.Zero);
        Assert.Single(world.GitHub.Runners); // it was minted after all

        var registered = Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(runner));
        Assert.EndsWith("-2", registered.RunnerName, StringComparison.Ordinal);
        Assert.Equal([registered.RunnerName], world.GitHub.Runners.Select(r => r.Name));
    }

    [Fact]
    public async Task A_mint_that_failed_before_its_effect_uses_its_name_again()
    {
        await using var world = new FleetWorld();
        var (_, runner) = await world.StartAsync();
        world.GitHub.FailNext(1, 502, "generate-jitconfig");
        Assert.IsType<ClaimOutcome.Busy>(await world.ClaimAsync(runner));
        var registered = Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(runner));
        Assert.EndsWith("-1", registered.RunnerName, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rate_limit_is_passed_on_with_its_time()
    {
        await using var world = new FleetWorld();
        var (_, runner) = await world.StartAsync();
        world.GitHub.FailNext(1, 429, "generate-jitconfig", TimeSpan.FromSeconds(20));
        var busy = Assert.IsType<ClaimOutcome.Busy>(await world.ClaimAsync(runner));
        Assert.Equal(TimeSpan.FromSeconds(20), busy.RetryAfter);
        Assert.EndsWith("-1", Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(runner)).RunnerName, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_permanent_refusal_opens_a_breaker_and_later_jobs_wait_with_the_reason()
    {
        await using var world = new FleetWorld(token: "a-wrong-token");
        var (job, runner) = await world.StartAsync();
        var gone = Assert.IsType<ClaimOutcome.Gone>(await world.ClaimAsync(runner));
        Assert.Equal(ReasonCodes.RegistrationRefused, gone.Reason.Code);
        world.Launcher.End(runner.Id, 1);
        await world.PassAsync(TimeSpan.FromMinutes(1));

        var (_, waiting) = await world.StartAsync();
        Assert.Equal((RunnerState.Pending, ReasonCodes.BreakerOpen), (waiting.State, waiting.Reason!.Code));
        var breaker = Assert.Single((await world.Fleet.GetOverviewAsync(world.Cancel)).Breakers);
        Assert.Equal(ReasonCodes.RegistrationRefused, breaker.Reason.Code);
        Assert.Single(world.Launcher.Launches);

        // One probe every five minutes, not a fleet of them.
        await world.PassAsync(TimeSpan.FromMinutes(6));
        Assert.Equal(2, world.Launcher.Launches.Count);
        Assert.NotEqual(JobState.Completed, (await world.JobAsync(job)).State);
    }

    [Fact]
    public async Task A_probe_that_succeeds_closes_the_breaker()
    {
        await using var world = new FleetWorld();
        var (_, runner) = await world.StartAsync();
        world.GitHub.FailNext(1, 403, "generate-jitconfig");
        Assert.IsType<ClaimOutcome.Gone>(await world.ClaimAsync(runner));
        world.Launcher.End(runner.Id, 1);
        var queued = await world.StartAsync();
        Assert.Equal(ReasonCodes.BreakerOpen, queued.Runner.Reason!.Code);

        await world.PassAsync(TimeSpan.FromMinutes(6));
        var probe = world.Launcher.Launches[^1].Identity.RunnerId;
        Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(await world.RunnerAsync(probe)));
        await world.PassAsync(TimeSpan.FromMinutes(5));

        Assert.Empty((await world.Fleet.GetOverviewAsync(world.Cancel)).Breakers);
        Assert.Empty(await world.RunnersAsync(RunnerState.Pending));
    }

    [Fact]
    public async Task Whoever_wins_the_probe_launches_although_another_host_that_lost_it_has_just_put_the_runner_off()
    {
        await using var world = new FleetWorld();
        var (_, runner) = await world.StartAsync();
        world.GitHub.FailNext(1, 403, "generate-jitconfig");
        Assert.IsType<ClaimOutcome.Gone>(await world.ClaimAsync(runner));
        world.Launcher.End(runner.Id, 1);
        var other = world.AddHost();
        await other.DrainAsync(world.Cancel);
        var waiting = (await world.StartAsync()).Runner;
        Assert.Equal(ReasonCodes.BreakerOpen, waiting.Reason!.Code);
        var isFirst = true;
        world.Store.BeforeCommit = async commit =>
        {
            if (isFirst && commit.Runners.Any(r => r.State == RunnerState.Starting))
            {
                isFirst = false;
                await other.DrainAsync(world.Cancel);
            }
        };

        world.Clock.Advance(TimeSpan.FromMinutes(6));
        await world.Fleet.DrainAsync(world.Cancel);

        Assert.False(isFirst);
        Assert.Equal(2, world.Launcher.Launches.Count);
        Assert.Equal(2, world.Launcher.Computes.Count);
    }

    [Fact]
    public async Task Three_runners_that_never_claim_open_the_network_breaker()
    {
        await using var world = new FleetWorld(o => o.Timing.ClaimTimeoutSeconds = 60);
        var first = await world.StartAsync();
        await world.StartAsync();
        await world.StartAsync();
        await world.PassAsync(TimeSpan.FromMinutes(3));

        Assert.Equal(ReasonCodes.NeverClaimed, (await world.RunnerAsync(first.Runner.Id)).Reason!.Code);
        Assert.Contains((await world.Fleet.GetOverviewAsync(world.Cancel)).Breakers, b => b.Key == "network");
        Assert.All(await world.RunnersAsync(RunnerState.Pending), r => Assert.Equal(ReasonCodes.BreakerOpen, r.Reason!.Code));
    }

    [Fact]
    public async Task Runners_that_GitHub_kept_waiting_do_not_open_the_network_breaker()
    {
        await using var world = new FleetWorld(o => o.Timing.ClaimTimeoutSeconds = 60);
        var started = new List<Runner>();
        for (var i = 0; i < 3; i++)
        {
            started.Add((await world.StartAsync()).Runner);
        }

        world.GitHub.FailNext(1000, 429, "generate-jitconfig", TimeSpan.FromMinutes(30));
        foreach (var runner in started)
        {
            Assert.IsType<ClaimOutcome.Busy>(await world.ClaimAsync(runner));
        }

        await world.PassAsync(TimeSpan.FromMinutes(5));
        foreach (var runner in started)
        {
            Assert.Equal(ReasonCodes.RegistrationWaits, (await world.RunnerAsync(runner.Id)).Reason!.Code);
        }

        var breaker = Assert.Single((await world.Fleet.GetOverviewAsync(world.Cancel)).Breakers);
        Assert.StartsWith("scope/", breaker.Key, StringComparison.Ordinal);
        Assert.All(await world.RunnersAsync(RunnerState.Pending), r => Assert.Equal(ReasonCodes.BreakerOpen, r.Reason!.Code));
    }

    [Fact]
    public async Task A_report_moves_to_running_and_can_end_nothing()
    {
        await using var world = new FleetWorld();
        var (_, runner) = await world.StartAsync();
        var registered = Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(runner));
        world.GitHub.Connect(registered.EncodedJitConfig);
        var report = new RunnerReport { RunnerId = runner.Id, Token = registered.ReportToken, Status = RunnerReportStatus.Started };

        Assert.Equal(ReportOutcome.Unauthorized, await world.Fleet.ReportAsync(report with { Token = "forged" }, world.Cancel));
        Assert.Equal(ReportOutcome.Accepted, await world.Fleet.ReportAsync(report, world.Cancel));
        Assert.Equal(RunnerState.Running, (await world.RunnerAsync(runner.Id)).State);

        await world.Fleet.ReportAsync(report with { Status = RunnerReportStatus.Exiting }, world.Cancel);
        await world.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal(RunnerState.Running, (await world.RunnerAsync(runner.Id)).State);
        Assert.Empty(world.Launcher.Stops);
    }

    [Fact]
    public async Task A_runner_that_somebody_mentions_is_looked_at_soon_and_nothing_ends_by_it()
    {
        await using var world = new FleetWorld();
        var (_, runner, _) = await world.StartAndConnectAsync();

        await world.Fleet.HandleEventAsync(new FleetEvent.RunnerMentioned(runner.Id), world.Cancel);

        var mentioned = await world.RunnerAsync(runner.Id);
        Assert.Equal((RunnerState.WaitingForJob, null, world.Clock.GetUtcNow().AddSeconds(2)), (mentioned.State, mentioned.Closing, mentioned.Deadline));
        await world.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerAsync(runner.Id)).State);
        Assert.Empty(world.Launcher.Stops);

        await world.Fleet.HandleEventAsync(new FleetEvent.RunnerMentioned(runner.Id), world.Cancel);
        world.Launcher.End(runner.Id, exitCode: 1);
        await world.PassAsync(TimeSpan.FromSeconds(2));
        var ended = await world.RunnerAsync(runner.Id);
        Assert.Equal(RunnerState.Failed, ended.State);

        await world.Fleet.HandleEventAsync(new FleetEvent.RunnerMentioned(runner.Id), world.Cancel);
        await world.Fleet.HandleEventAsync(new FleetEvent.RunnerMentioned("01JB6BFTPC940534Y7QZM5K95J"), world.Cancel);
        await world.Fleet.HandleEventAsync(new FleetEvent.RunnerMentioned("../nobody"), world.Cancel);
        Assert.Equal(ended.Version, (await world.RunnerAsync(runner.Id)).Version);
    }

    [Fact]
    public async Task No_credential_reaches_store_overrides_logs_or_texts()
    {
        await using var world = new FleetWorld();
        var (_, runner) = await world.StartAsync();
        var claim = world.ClaimOf(runner);
        var registered = Assert.IsType<ClaimOutcome.Registered>(await world.ClaimAsync(runner));
        world.GitHub.FailNext(1, 403);
        await world.PassAsync(TimeSpan.FromMinutes(6));

        var secrets = new[] { FleetWorld.Secret, "a-token", registered.EncodedJitConfig, registered.ReportToken, claim.Secret };
        var stored = System.Text.Encoding.UTF8.GetString(RunnerFleet.Storage.RecordJson.Serialize(await world.RunnerAsync(runner.Id)));
        var overrides = world.Launcher.Launches.SelectMany(l => l.Environment.Where(e => e.Key != RunnerEnvironment.ClaimSecret)).Select(e => e.Value);
        string[] texts = [stored, .. overrides, .. world.Log, claim.ToString(), registered.ToString()];
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(texts, t => t.Contains(secret, StringComparison.Ordinal));
        }
    }
}
