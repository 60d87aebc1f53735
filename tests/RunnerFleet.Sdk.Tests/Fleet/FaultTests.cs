using RunnerFleet.Compute;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Sdk.Tests.Fleet;

/// <summary>
/// A fault at every step of a small story, and many at once: two jobs run, one is cancelled. Whichever store write, GitHub call or launch fails, before or after its effect,
/// the fleet ends in the same state: every job served, nothing left, no limit passed.
/// </summary>
public sealed class FaultTests
{
    private const int Writes = 40;
    private const int Calls = 24;

    [Fact]
    public async Task Without_a_fault_the_story_costs_three_runners()
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 3);
        var story = new Story(world);
        await story.PlayAsync();
        Assert.Equal(3, world.Launcher.Computes.Count);
        Assert.InRange(world.Store.Commits, 15, 80);
    }

    [Theory]
    [MemberData(nameof(Numbers), Writes)]
    public async Task A_store_write_that_never_happened(int number)
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 3);
        var seen = 0;
        world.Store.FailBefore = _ => ++seen == number;
        await new Story(world).PlayAsync();
        Assert.InRange(world.Launcher.Computes.Count, 2, 4);
    }

    [Theory]
    [MemberData(nameof(Numbers), Writes)]
    public async Task A_store_write_whose_reply_was_lost(int number)
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 3);
        var seen = 0;
        world.Store.FailAfter = _ => ++seen == number;
        await new Story(world).PlayAsync();
        Assert.InRange(world.Launcher.Computes.Count, 2, 4);
    }

    [Theory]
    [MemberData(nameof(Numbers), Calls)]
    public async Task A_GitHub_call_that_failed(int number)
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 3);
        await new Story(world) { BeforeCall = n => { if (n == number) world.GitHub.FailNext(1, 502); } }.PlayAsync();
        Assert.InRange(world.Launcher.Computes.Count, 2, 4);
    }

    [Theory]
    [MemberData(nameof(Numbers), Calls)]
    public async Task A_GitHub_call_whose_reply_was_lost(int number)
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 3);
        await new Story(world) { BeforeCall = n => { if (n == number) world.GitHub.LoseNextReplies(1); } }.PlayAsync();
        Assert.InRange(world.Launcher.Computes.Count, 2, 4);
    }

    [Theory]
    [MemberData(nameof(Numbers), 4)]
    public async Task A_launch_whose_reply_was_lost(int number)
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 3);
        var seen = 0;
        world.Launcher.LoseLaunchReply = _ => ++seen == number;
        await new Story(world).PlayAsync();
        Assert.Equal(3, world.Launcher.Computes.Count);
    }

    [Theory]
    [MemberData(nameof(Numbers), 12)]
    public async Task A_webhook_that_was_lost(int number)
    {
        await using var world = new FleetWorld(o => o.Limits.Fleet = 3);
        var seen = 0;
        world.GitHub.Fate = d => ++seen == number && d.Action != "queued" ? DeliveryFate.Drop : DeliveryFate.Deliver;
        await new Story(world).PlayAsync();
        Assert.InRange(world.Launcher.Computes.Count, 2, 5);
    }

    [Theory]
    [MemberData(nameof(Numbers), 100)]
    public async Task Many_faults_of_every_kind(int seed)
    {
        await using var world = new FleetWorld(o =>
        {
            o.Limits.Fleet = 3;
            o.Limits.LaunchesPerJob = 100;
        });
        var chance = new Random(seed);
        var faults = 60; // then the world behaves, and the fleet must come to rest
        bool Fault(double probability) => faults > 0 && chance.NextDouble() < probability && faults-- > 0;
        world.Store.FailBefore = _ => Fault(0.08);
        world.Store.FailAfter = _ => Fault(0.08);
        world.Launcher.LoseLaunchReply = _ => Fault(0.3);
        world.Launcher.LoseStopReply = _ => Fault(0.3);
        world.Launcher.DescribeAnswer = _ => Fault(0.1) ? new FindOutcome.Unknown("a fault") : null;
        world.GitHub.Fate = d => d.Action == "queued" ? DeliveryFate.Deliver : Fault(0.3) ? DeliveryFate.Drop : Fault(0.2) ? DeliveryFate.Duplicate : DeliveryFate.Deliver;
        await new Story(world)
        {
            BeforeCall = _ =>
            {
                if (Fault(0.1)) world.GitHub.FailNext(1, chance.Next(2) == 0 ? 502 : 429, retryAfter: TimeSpan.FromSeconds(5));
                if (Fault(0.1)) world.GitHub.LoseNextReplies(1);
            },
        }.PlayAsync();
    }

    public static TheoryData<int> Numbers(int count) => [.. Enumerable.Range(1, count)];

    /// <summary>Plays GitHub, the runners and the clock around a fleet until all is quiet.</summary>
    private sealed class Story(FleetWorld world)
    {
        private readonly Dictionary<string, long> _connected = [];
        private readonly Dictionary<long, int> _working = [];
        private readonly HashSet<long> _redelivered = [];
        private int _steps;

        /// <summary>Told the number of each step before it is taken.</summary>
        public Action<int>? BeforeCall { get; init; }

        public async Task PlayAsync()
        {
            StandInJob[] jobs = [world.Queue(), world.Queue(), world.Queue()];
            for (var round = 0; round < 600; round++)
            {
                if (round == 1) // its runner has just connected
                {
                    world.GitHub.CancelJob(jobs[2].Id);
                }

                await TryAsync(world.DeliverAsync);
                RedeliverFailed();
                await TryAsync(() => world.Fleet.DrainAsync(world.Cancel));
                await PlayRunnersAsync();
                Assert.True(world.Launcher.Computes.Count(c => c.Status != ComputeStatus.Stopped) <= 3, "The fleet's limit was passed.");
                world.Clock.Advance(TimeSpan.FromSeconds(30));
                if (round % 10 == 9)
                {
                    await TryAsync(() => world.Fleet.SweepAsync(world.Cancel));
                    if (await IsQuietAsync(jobs))
                    {
                        break;
                    }
                }
            }

            foreach (var job in jobs)
            {
                var stored = await world.JobAsync(job);
                Assert.True(stored.State == JobState.Completed, $"Job {job.Id} is {stored.State}: {stored.Diagnostic}\n{string.Join('\n', stored.History.Select(m => $"{m.At:T} {m.To} {m.Cause}"))}\ndeadline {stored.Deadline:T}");
            }

            Assert.Equal(["success", "success", "cancelled"], jobs.Select(j => world.GitHub.Jobs.Single(g => g.Id == j.Id).Conclusion));
            await world.AssertNothingIsLeftAsync();
        }

        private async Task<bool> IsQuietAsync(StandInJob[] jobs)
        {
            foreach (var job in jobs)
            {
                if ((await world.FindJobAsync(job))?.State != JobState.Completed)
                {
                    return false;
                }
            }

            return (await world.LiveAsync()).Count == 0 && world.GitHub.Runners.Count == 0;
        }

        private async Task PlayRunnersAsync()
        {
            foreach (var compute in world.Launcher.Computes.Where(c => c.Status != ComputeStatus.Stopped))
            {
                var id = compute.RunnerId!;
                if (!_connected.TryGetValue(id, out var registration))
                {
                    await TryAsync(async () =>
                    {
                        var launch = world.Launcher.Launches.Last(l => l.Identity.RunnerId == id);
                        var claim = new ClaimRequest { RunnerId = id, Attempt = launch.Identity.Attempt, Secret = launch.Environment[RunnerEnvironment.ClaimSecret] };
                        switch (await world.Fleet.ClaimAsync(claim, world.Cancel))
                        {
                            case ClaimOutcome.Registered registered when world.GitHub.Connect(registered.EncodedJitConfig) is { } connected:
                                _connected[id] = connected;
                                break;
                            case ClaimOutcome.Gone:
                                world.Launcher.End(id, 67);
                                break;
                        }
                    });
                }
                else if (_working.TryGetValue(registration, out var rounds))
                {
                    _working[registration] = rounds + 1;
                    if (rounds == 3)
                    {
                        world.GitHub.CompleteJob(registration);
                        world.Launcher.End(id, 0);
                    }
                }
                else if (world.GitHub.Runners.All(r => r.Id != registration))
                {
                    world.Launcher.End(id, 1); // the registration was removed: the listener exits
                }
                else if (world.GitHub.TakeJob(registration) is not null)
                {
                    _working[registration] = 0;
                }
            }
        }

        // GitHub shows the delivery as failed; a person, or the reconciler, sends it again.
        private void RedeliverFailed()
        {
            foreach (var failed in world.GitHub.Deliveries.Where(d => d.StatusCode >= 500 && _redelivered.Add(d.Id)))
            {
                world.GitHub.Redeliver(failed.Id);
            }
        }

        private async Task TryAsync(Func<Task> step)
        {
            BeforeCall?.Invoke(++_steps);
            try
            {
                await step();
            }
            catch (StoreUnavailableException)
            {
                // what a worker would log; the next round tries again
            }
        }
    }
}
