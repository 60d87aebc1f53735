using System.Net.Http.Json;
using RunnerFleet.Compute;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.SeveralHosts.Tests.Checks;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.SeveralHosts.Tests.Engines;

/// <summary>Every check can fail: each of these worlds breaks one promise, and the check of that promise finds it.</summary>
public sealed class BrokenWorldTests
{
    private const int FewRounds = 40;

    [Fact]
    public async Task A_store_without_versions_lets_a_job_have_two_runners()
    {
        await using var world = World(store => new LastWriterWins(store));
        await new Storm(world, seed: 1) { Jobs = 30, MostRounds = FewRounds }.PlayAsync();
        world.Findings.AssertSome(Rule.NoDouble, "runners at once");
    }

    [Fact]
    public async Task A_store_without_versions_lets_a_final_state_be_left()
    {
        await using var world = new EngineWorld();
        var honest = world.Watch(new InMemoryRunnerStore());
        var stale = SampleRecords.Runner(1) with { Version = 2, State = RunnerState.Starting };
        await honest.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1)] }, CancellationToken.None);
        await honest.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1) with { Version = 2, State = RunnerState.Offline }] }, CancellationToken.None);

        Assert.IsType<CommitOutcome.Conflict>(await honest.CommitAsync(new StoreCommit { Runners = [stale] }, CancellationToken.None));
        world.Findings.AssertNone();
        await new LastWriterWins(honest).CommitAsync(new StoreCommit { Runners = [stale] }, CancellationToken.None);
        world.Findings.AssertSome(Rule.TerminalIsFinal, "left Offline for Starting");
    }

    [Fact]
    public async Task A_final_state_that_holds_a_place_is_found()
    {
        await using var world = new EngineWorld();
        await world.Watch(new InMemoryRunnerStore()).CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1) with { State = RunnerState.Failed, Places = ["fleet"] }] }, CancellationToken.None);
        world.Findings.AssertSome(Rule.TerminalIsFinal, "holds fleet");
    }

    [Fact]
    public async Task A_store_without_limits_lets_too_much_run()
    {
        await using var world = World(store => new WithoutLimits(store));
        await new Storm(world, seed: 1) { Jobs = 60, MostRounds = 10 }.PlayAsync();
        world.Findings.AssertSome(Rule.LimitsHold, "places are taken under fleet");
        world.Findings.AssertSome(Rule.LimitsHold, "computes live under fleet");
        world.Findings.AssertSome(Rule.LimitsHold, "computes live under class/small");
        world.Findings.AssertSome(Rule.LimitsHold, "computes live under repository/acme/");
    }

    [Theory]
    [InlineData(0, "are still taken")]
    [InlineData(2, "freed twice")]
    public async Task A_store_that_frees_places_never_or_twice(int times, string found)
    {
        await using var world = World(store => new FreesPlaces(times, store));
        await new Storm(world, seed: 1) { Jobs = 10, MostRounds = FewRounds }.PlayAsync();
        world.Findings.AssertSome(Rule.PlacesAreFreedOnce, found);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_store_that_forgets_registrations_lets_a_runner_have_two(bool forgets)
    {
        await using var world = World(store => forgets ? new ForgetsRegistrations(store) : store);
        world.GitHub.QueueJob(EngineWorld.Repositories[0], ["self-hosted", "class:small"]);
        await world.Engines[0].ReceiveAsync(EngineWorld.Webhook((await world.TakeDeliveriesAsync()).Single()), CancellationToken.None);
        await world.Engines[1].DrainAsync(CancellationToken.None);
        var runner = Assert.Single(world.Launcher.Live).RunnerId!;

        Assert.IsType<ClaimOutcome.Registered>(await world.Engines[0].ClaimAsync(world.ClaimOf(runner), CancellationToken.None));
        await world.Engines[1].ClaimAsync(world.ClaimOf(runner), CancellationToken.None);

        if (forgets)
        {
            world.Findings.AssertSome(Rule.OneRegistration, "2 registrations at once");
        }
        else
        {
            world.Findings.AssertNone();
            Assert.Single(world.GitHub.Runners);
        }
    }

    [Fact]
    public async Task A_store_that_forgets_that_a_job_is_over_loses_it()
    {
        await using var world = World(store => new ForgetsCompletions(store));
        await new Storm(world, seed: 1) { Jobs = 5, MostRounds = FewRounds }.PlayAsync();
        world.Findings.AssertSome(Rule.NoJobIsLost, "here it is not completed");
    }

    [Fact]
    public async Task Compute_that_has_no_record_and_does_not_stop_is_found()
    {
        await using var world = World(store => store);
        await world.Launcher.LaunchAsync(Request(SampleRecords.RunnerId(1), 1), CancellationToken.None);
        await new Storm(world, seed: 1) { Jobs = 3 }.PlayAsync();
        world.Findings.AssertSome(Rule.NothingIsLeft, "still runs");
    }

    [Fact]
    public async Task A_registration_that_nobody_removes_is_found()
    {
        await using var world = World(store => store);
        using var gitHub = new HttpClient(world.WatchedGitHub.CreateHandler());
        gitHub.DefaultRequestHeaders.Authorization = new("Bearer", "a-token");
        using var minted = await gitHub.PostAsJsonAsync("http://github/repos/acme/app/actions/runners/generate-jitconfig", new { name = "a-strangers-runner", runner_group_id = 1, labels = new[] { "self-hosted" } });
        minted.EnsureSuccessStatusCode();

        await new Storm(world, seed: 1) { Jobs = 3 }.PlayAsync();
        world.Findings.AssertSome(Rule.NothingIsLeft, "a-strangers-runner is still registered");
        world.Findings.AssertSome(Rule.NothingIsLeft, "registrations were minted");
    }

    [Fact]
    public async Task Compute_for_a_runner_that_has_ended_or_has_compute_already_is_found()
    {
        await using var world = new EngineWorld();
        var ended = SampleRecords.Runner(1) with { State = RunnerState.Offline };
        world.Ledger.Put(ended);
        await world.Launcher.LaunchAsync(Request(ended.Id, 1), CancellationToken.None);
        world.Findings.AssertSome(Rule.NoDouble, "after its end");
        await world.Launcher.LaunchAsync(Request(ended.Id, 2), CancellationToken.None);
        world.Findings.AssertSome(Rule.NoDouble, "2 computes at once");
    }

    private static EngineWorld World(Func<IRunnerStore, IRunnerStore> bend)
    {
        var world = new EngineWorld();
        var store = bend(world.Watch(new InMemoryRunnerStore()));
        for (var i = 0; i < 3; i++)
        {
            world.AddEngine(store);
        }

        return world;
    }

    private static LaunchRequest Request(string runnerId, int attempt) => new()
    {
        Identity = new ComputeIdentity { Fleet = EngineWorld.Fleet, RunnerId = runnerId, Attempt = attempt },
        Plan = new LaunchPlan { Attempt = attempt, ClassName = "small", Cpu = 512, MemoryMiB = 1024, Architecture = "x64", ControlPlaneUrl = new Uri("https://fleet.example"), ClaimKeyId = "k" },
        Environment = new Dictionary<string, string> { [RunnerEnvironment.ClaimSecret] = "not one of the fleet's" },
        Tags = new Dictionary<string, string> { ["repository"] = "acme/app" },
    };
}
