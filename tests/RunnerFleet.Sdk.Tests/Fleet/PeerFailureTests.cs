using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Sdk.Tests.Fleet;

/// <summary>What fleets of this kind are known to lose and to leak, one row each (docs/design/correctness.md). Here: what comes in.</summary>
public sealed partial class PeerFailureTests
{
    [Fact]
    public async Task A03_A_failed_load_of_the_classes_is_not_kept()
    {
        var catalog = new FailingCatalog { Fails = true };
        await using var world = new FleetWorld(build: b => b.Services.Replace(ServiceDescriptor.Singleton<IRunnerClassCatalog>(catalog)));
        var job = world.Queue();
        var delivery = (await world.InterceptAsync()).Single();

        Assert.IsType<WebhookOutcome.Unavailable>(await world.PostAsync(delivery)); // shows as failed at GitHub: it can be redelivered
        Assert.Null(await world.FindJobAsync(job));

        catalog.Fails = false;
        Assert.Equal("queued", Assert.IsType<WebhookOutcome.Recorded>(await world.PostAsync(delivery)).Outcome);

        catalog.Fails = true;
        await world.Fleet.DrainAsync(world.Cancel);
        var waiting = await world.RunnerOfAsync(job);
        Assert.Equal((RunnerState.Pending, ReasonCodes.ClassesUnavailable), (waiting.State, waiting.Reason!.Code));
        Assert.Equal("The runner classes cannot be read at present; tried again. access denied", waiting.Reason.Message);

        catalog.Fails = false;
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(job)).State);
    }

    [Fact]
    public async Task A05_A_repository_whose_installation_is_gone_holds_up_no_other()
    {
        await using var world = new FleetWorld();
        world.GitHub.AddRepository("gone/app");
        var poisoned = world.GitHub.QueueJob("gone/app", FleetWorld.Labels);
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        var healthy = world.Queue();
        world.GitHub.FailNext(10_000, 404, "/repos/gone/");
        await world.DeliverAndDrainAsync();

        Assert.IsType<ClaimOutcome.Gone>(await world.ClaimAsync(await world.RunnerOfAsync(poisoned)));
        Assert.NotEqual(0, await world.ConnectAsync(await world.RunnerOfAsync(healthy)));

        // From now on the one waits with its reason, and the other is served.
        var poisonedToo = world.GitHub.QueueJob("gone/app", FleetWorld.Labels);
        var healthyToo = world.Queue();
        await world.DeliverAndDrainAsync();
        var waiting = await world.RunnerOfAsync(poisonedToo);
        Assert.Equal((RunnerState.Pending, ReasonCodes.BreakerOpen), (waiting.State, waiting.Reason!.Code));
        Assert.Equal(RunnerState.WaitingForJob, (await world.RunnerOfAsync(healthyToo)).State);
        Assert.Equal(0, (await world.Fleet.SweepAsync(world.Cancel)).Errors);
    }

    [Fact]
    public async Task A06_A_label_that_cannot_be_kept_makes_a_job_no_job_of_ours_and_a_runner_has_every_label_of_its_job()
    {
        await using var world = new FleetWorld(o => o.Labels.OwnLabels.Add("Team_A"));
        var tooLong = world.GitHub.QueueJob(FleetWorld.Repository, [.. FleetWorld.Labels, "team_a-" + new string('x', 300)]);
        var unknown = world.GitHub.QueueJob(FleetWorld.Repository, [.. FleetWorld.Labels, "rf-something"]);
        await world.DeliverAndDrainAsync();
        Assert.Null(await world.FindJobAsync(tooLong));
        Assert.Null(await world.FindJobAsync(unknown));
        Assert.Empty(world.Launcher.Launches);

        string[] labels = ["Self-Hosted", "LINUX", "class:Small", "disk:50", "team_a"];
        var (job, _, registration) = await world.StartAndConnectAsync(labels);
        Assert.Equal(labels.Order(StringComparer.OrdinalIgnoreCase), Assert.Single(world.GitHub.Runners).Labels.Where(l => labels.Contains(l)).Order(StringComparer.OrdinalIgnoreCase));
        Assert.Equal(job.Id, world.GitHub.TakeJob(registration)?.Id);
    }

    [Fact]
    public async Task A07_One_job_delivered_many_times_to_several_hosts_gets_one_runner()
    {
        await using var world = new FleetWorld();
        IRunnerFleet[] hosts = [world.Fleet, world.AddHost(), world.AddHost()];
        var job = world.Queue();
        var delivery = (await world.InterceptAsync()).Single();

        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Task.Run(async () =>
        {
            Assert.IsType<WebhookOutcome.Recorded>(await hosts[i % 3].ReceiveAsync(FleetWorld.Webhook(delivery), world.Cancel));
            await hosts[(i + 1) % 3].DrainAsync(world.Cancel);
        })));
        var runner = await world.RunnerOfAsync(job);
        var registration = await world.ConnectAsync(runner);
        world.GitHub.TakeJob(registration);
        world.GitHub.CompleteJob(registration);
        world.Launcher.End(runner.Id, 0);
        await world.PassAsync(TimeSpan.FromMinutes(5));

        // Also once it is over.
        Assert.Equal("duplicate", Assert.IsType<WebhookOutcome.Recorded>(await world.PostAsync(delivery)).Outcome);
        await world.PassAsync(TimeSpan.FromMinutes(5));

        // A host that starts sends again what has no answer yet, as it was sent: whoever resends with the same token starts nothing new.
        Assert.Single(world.Launcher.Launches.Select(launch => launch.Identity.Token).Distinct());
        Assert.Single(world.Launcher.Computes);
        Assert.Single(await world.RunnersAsync());
        await world.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A17_A_large_body_is_read_one_too_large_is_said_to_be_and_a_repository_not_served_is_an_outcome()
    {
        await using var world = new FleetWorld(o => o.Policy.Repositories.Add("acme/app"));
        world.GitHub.AddRepository("acme/secret");
        var large = world.Queue();
        var delivery = FleetWorld.Webhook((await world.InterceptAsync()).Single());
        byte[] padded = [.. "{\"padding\":\""u8, .. Enumerable.Repeat((byte)'x', 1_000_000), .. "\","u8, .. delivery.Body.ToArray()[1..]];
        Assert.Equal("queued", Assert.IsType<WebhookOutcome.Recorded>(await world.Fleet.ReceiveAsync(delivery with { Body = padded, Signature = WebhookSignature.Sign(padded, FleetWorld.Secret) }, world.Cancel)).Outcome);

        var tooLarge = new byte[25 * 1024 * 1024 + 1];
        Assert.IsType<WebhookOutcome.TooLarge>(await world.Fleet.ReceiveAsync(delivery with { Body = tooLarge, Signature = WebhookSignature.Sign(tooLarge, FleetWorld.Secret) }, world.Cancel));

        var foreign = world.GitHub.QueueJob("acme/secret", FleetWorld.Labels);
        var refused = (await world.InterceptAsync()).Single();
        for (var i = 0; i < 2; i++)
        {
            var outcome = Assert.IsType<WebhookOutcome.Recorded>(await world.PostAsync(refused));
            Assert.Equal(("refused", ReasonCodes.RepositoryRefused), (outcome.Outcome, outcome.Diagnostic!.Code));
        }

        await world.Fleet.DrainAsync(world.Cancel);
        Assert.Equal(JobState.Refused, (await world.JobAsync(foreign)).State);
        Assert.Equal((await world.RunnerOfAsync(large)).Id, Assert.Single(world.Launcher.Launches).Identity.RunnerId);
        Assert.DoesNotContain(world.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private sealed class FailingCatalog : IRunnerClassCatalog
    {
        public bool Fails { get; set; }

        public ValueTask<IReadOnlyDictionary<string, RunnerClass>> GetClassesAsync(CancellationToken cancellationToken) => Fails
            ? throw new ClassesUnavailableException("access denied")
            : new(new Dictionary<string, RunnerClass> { ["small"] = new() { Name = "small", Cpu = 512, MemoryMiB = 1024 } });
    }
}
