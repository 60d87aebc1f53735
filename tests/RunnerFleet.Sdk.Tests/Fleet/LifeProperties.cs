using FsCheck.Xunit;
using RunnerFleet.Compute;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Sdk.Tests.Fleet;

public sealed class LifeProperties
{
    /// <summary>Whatever happens in whatever order, through the engine itself.</summary>
    [Property(MaxTest = 150, EndSize = 60)]
    public async Task Every_record_walks_its_table_and_places_are_held_by_the_living_alone(FsCheck.NonEmptyArray<byte> steps)
    {
        await using var world = new FleetWorld(o =>
        {
            o.Limits.Fleet = 3;
            o.Timing.RunnerTtlSeconds = 1800;
            o.Timing.ClaimTimeoutSeconds = 300;
        });
        var ended = new Dictionary<string, Runner>(StringComparer.Ordinal);
        foreach (var step in steps.Get)
        {
            await StepAsync(world, step % 13, step / 13);
            await CheckAsync(world, ended);
        }
    }

    private static async Task StepAsync(FleetWorld world, int kind, int which)
    {
        var computes = world.Launcher.Computes.Where(c => c.Status != ComputeStatus.Stopped).ToList();
        var compute = computes.Count == 0 ? null : computes[which % computes.Count];
        var registered = world.GitHub.Runners.Count == 0 ? null : world.GitHub.Runners[which % world.GitHub.Runners.Count];
        var waiting = world.GitHub.Jobs.Where(j => j.Status == "queued").ToList();
        switch (kind)
        {
            case 0 or 1:
                world.Queue("self-hosted", which % 2 == 0 ? "class:small" : "class:large");
                await world.DeliverAndDrainAsync();
                break;
            case 2 when waiting.Count > 0:
                world.GitHub.CancelJob(waiting[which % waiting.Count].Id);
                break;
            case 3 or 4 or 5 when compute is not null:
                var launch = world.Launcher.Launches.Last(l => l.Identity.RunnerId == compute.RunnerId);
                var claim = new ClaimRequest { RunnerId = compute.RunnerId!, Attempt = launch.Identity.Attempt, Secret = launch.Environment[RunnerEnvironment.ClaimSecret] };
                if (await world.Fleet.ClaimAsync(claim, world.Cancel) is ClaimOutcome.Registered claimed && world.GitHub.Connect(claimed.EncodedJitConfig) is { } id)
                {
                    world.GitHub.TakeJob(id);
                }

                break;
            case 6 or 7 when registered is not null:
                world.GitHub.CompleteJob(registered.Id, which % 2 == 0 ? "success" : "failure");
                break;
            case 8 when compute is not null:
                world.Launcher.End(compute.RunnerId!, which % 3);
                await world.Fleet.HandleEventAsync(new FleetEvent.ComputeChanged(world.Launcher.Computes.Single(c => c.Compute == compute.Compute)), world.Cancel);
                break;
            case 9 when compute is not null:
                await world.Fleet.TerminateAsync(compute.RunnerId!, force: which % 2 == 0, world.Cancel);
                break;
            case 10:
                world.Launcher.LoseLaunchReply = world.Launcher.LoseLaunchReply is null ? _ => true : null;
                break;
            case 11:
                await world.Fleet.SweepAsync(world.Cancel);
                break;
            default:
                await world.PassAsync(TimeSpan.FromMinutes(1 + which), TimeSpan.FromMinutes(1));
                break;
        }
    }

    private static async Task CheckAsync(FleetWorld world, Dictionary<string, Runner> ended)
    {
        var runners = await world.RunnersAsync();
        foreach (var runner in runners)
        {
            var moves = runner.History.Where(m => m.From != m.To).ToList();
            Assert.True(moves[0].From is null && moves[0].To == RunnerState.Pending, $"{runner.Id} began as {moves[0].To}.");
            Assert.True(moves[^1].To == runner.State, $"{runner.Id} is {runner.State}, and its history ends at {moves[^1].To}.");
            Assert.All(moves.Zip(moves.Skip(1)), pair => Assert.True(pair.First.To == pair.Second.From && RunnerTransitions.CanMove(pair.First.To, pair.Second.To) && pair.First.At <= pair.Second.At));
            Assert.True(!runner.IsTerminal || runner.Places.Count == 0, $"{runner.Id} has ended and holds {string.Join(", ", runner.Places)}.");
            if (ended.TryGetValue(runner.Id, out var end))
            {
                Assert.Equal((end.State, end.Reason, end.History.Count(m => m.From != m.To)), (runner.State, runner.Reason, moves.Count));
            }
            else if (runner.IsTerminal)
            {
                ended.Add(runner.Id, runner);
            }
        }

        foreach (var job in (await world.Fleet.ListJobsAsync(new JobQuery { Take = 1000 }, world.Cancel)).Items)
        {
            var moves = job.History.Where(m => m.From != m.To).ToList();
            Assert.Equal(job.State, moves[^1].To);
            Assert.All(moves.Zip(moves.Skip(1)), pair => Assert.True(pair.First.To == pair.Second.From && JobTransitions.CanMove(pair.First.To, pair.Second.To)));
        }

        foreach (var key in new[] { "fleet", "class/small", "class/large" })
        {
            Assert.Equal(runners.Count(r => r.Places.Contains(key)), await world.PlacesAsync(key));
        }

        Assert.True(await world.PlacesAsync("fleet") <= 3, "The fleet's limit was passed.");
        Assert.True(world.Launcher.Computes.Count(c => c.Status != ComputeStatus.Stopped) <= await world.PlacesAsync("fleet"), "Compute lives without a place.");
    }
}
