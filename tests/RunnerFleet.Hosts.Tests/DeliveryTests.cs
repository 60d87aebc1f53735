using System.Net;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Hosts.Tests;

/// <summary>Deliveries that repeat, come in the wrong order, or turn out otherwise than they began.</summary>
public sealed class DeliveryTests
{
    private const long Job = 9_000_000_002;
    private const string Other = "0b989ba4-242f-11e5-81e1-c7b6966d2516";

    [Fact]
    public async Task The_same_delivery_fifty_times_at_once_and_a_second_one_start_one_runner()
    {
        await using var world = await HostWorld.WithGitHubAsync();
        await world.StartHostAsync();
        world.GitHub.QueueJob(HostWorld.Repository, HostWorld.Labels, new StandInJobOptions { Id = Job, IsWaiting = true, Announce = false });

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => world.PostAsync("queued", Job)));
        Assert.All(answers, a => Assert.True(a.Status is HttpStatusCode.Accepted or HttpStatusCode.OK, $"{a.Status} {a.Body}"));
        var second = await world.PostAsync("queued", Job, delivery: Other);
        Assert.True(second.Status is HttpStatusCode.Accepted or HttpStatusCode.OK, $"{second.Status} {second.Body}");

        await world.EventuallyAsync(() => Task.FromResult(world.GitHub.Runners.Any(r => r.IsOnline)), () => "a runner that listens");
        Assert.True(world.GitHub.ApproveJob(Job));
        await world.EventuallyAsync(async () => await world.JobStateAsync(Job) == "COMPLETED", () => "the job's end");
        await world.NothingIsLeftAsync();
        Assert.Single(await world.RunnersAsync());
        Assert.Equal(1, world.Registrations);
    }

    [Fact]
    public async Task A_job_cancelled_while_its_runner_waits_leaves_nothing()
    {
        await using var world = await HostWorld.WithGitHubAsync();
        await world.StartHostAsync();
        world.GitHub.QueueJob(HostWorld.Repository, HostWorld.Labels, new StandInJobOptions { Id = Job, IsWaiting = true, Announce = false });
        await world.PostAsync("queued", Job);
        await world.EventuallyAsync(() => Task.FromResult(world.GitHub.Runners.Any(r => r.IsOnline)), () => "a runner that listens");

        Assert.True(world.GitHub.CancelJob(Job)); // its webhook says completed, cancelled

        await world.EventuallyAsync(async () => await world.JobStateAsync(Job) == "COMPLETED", () => "the job's end");
        await world.NothingIsLeftAsync();
        Assert.Single(await world.RunnersAsync());
    }

    [Fact]
    public async Task A_runner_that_takes_another_job_is_bound_to_that_and_both_jobs_are_done()
    {
        await using var world = await HostWorld.WithGitHubAsync();
        await world.StartHostAsync();
        world.GitHub.QueueJob(HostWorld.Repository, HostWorld.Labels, new StandInJobOptions { Id = Job, IsWaiting = true, Announce = false });
        await world.PostAsync("queued", Job);
        await world.EventuallyAsync(() => Task.FromResult(world.GitHub.Runners.Any(r => r.IsOnline)), () => "a runner that listens");
        var first = (string)(await world.RunnersAsync(Job)).Single()["id"]!;

        var other = world.GitHub.QueueJob(HostWorld.Repository, HostWorld.Labels);
        await world.EventuallyAsync(async () => (await world.RunnersAsync(other.Id)).Any(r => (string?)r["id"] == first), () => "the runner bound to the other job");
        Assert.True(world.GitHub.ApproveJob(Job));

        await world.EventuallyAsync(async () => await world.JobStateAsync(Job) == "COMPLETED" && await world.JobStateAsync(other.Id) == "COMPLETED", () => "the jobs' end");
        await world.NothingIsLeftAsync();
        Assert.Equal(2, (await world.RunnersAsync()).Count);
    }

    [Fact]
    public async Task Completed_before_queued_starts_nothing_and_waiting_starts_nothing_until_it_is_queued()
    {
        await using var world = await HostWorld.WithGitHubAsync();
        await world.StartHostAsync();
        await world.PostAsync("completed", Job, conclusion: "cancelled");
        await world.PostAsync("queued", Job, delivery: Other);
        Assert.Equal("COMPLETED", await world.JobStateAsync(Job));
        Assert.Empty(await world.RunnersAsync());

        var waiting = world.GitHub.QueueJob(HostWorld.Repository, HostWorld.Labels, new StandInJobOptions { IsWaiting = true });
        await world.EventuallyAsync(async () => await world.JobStateAsync(waiting.Id) == "WAITING", () => "WAITING");
        Assert.Empty(await world.RunnersAsync());
        Assert.True(world.GitHub.ApproveJob(waiting.Id));
        await world.EventuallyAsync(async () => await world.JobStateAsync(waiting.Id) == "COMPLETED", () => "the job's end");
        await world.NothingIsLeftAsync();
        Assert.Single(await world.RunnersAsync());
    }
}
