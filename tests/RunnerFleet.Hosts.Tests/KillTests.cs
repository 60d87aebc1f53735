using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Hosts.Tests;

/// <summary>A host may die at any moment: the next one over the same data ends in the same state.</summary>
public sealed class KillTests
{
    private const long Job = 9_000_000_001;

    [Fact]
    public async Task Killed_as_soon_as_the_webhook_was_answered()
    {
        Leftovers.NeedsProcessScan();
        await using var world = await HostWorld.WithGitHubAsync();
        await world.StartHostAsync();
        var job = world.GitHub.QueueJob(HostWorld.Repository, HostWorld.Labels);
        await world.EventuallyAsync(() => Task.FromResult(world.GitHub.Deliveries.Any(d => d.StatusCode == 202)), () => "202");
        await world.Host.KillAsync();
        await world.StartHostAsync();

        await OneRunnerDidItAsync(world, job.Id);
    }

    [Fact]
    public async Task Killed_while_the_runner_starts()
    {
        Leftovers.NeedsProcessScan();
        await using var world = await HostWorld.WithGitHubAsync();
        await world.StartHostAsync();
        var job = world.GitHub.QueueJob(HostWorld.Repository, HostWorld.Labels);
        await world.EventuallyAsync(async () => (await world.RunnersAsync(job.Id)).Any(r => (string?)r["state"] is "STARTING" or "WAITING_FOR_JOB"), () => "starting");
        await world.Host.KillAsync();
        await world.StartHostAsync();

        await OneRunnerDidItAsync(world, job.Id);
    }

    [Fact]
    public async Task Killed_while_the_runner_waits_for_its_job()
    {
        Leftovers.NeedsProcessScan();
        await using var world = await HostWorld.WithGitHubAsync();
        await world.StartHostAsync();
        await HoldJobAsync(world);
        await world.EventuallyAsync(() => Task.FromResult(world.GitHub.Runners.Any(r => r.IsOnline)), () => "a runner that listens");
        await world.Host.KillAsync();
        await world.StartHostAsync();
        await world.UntilRunnerIsAsync(Job, "WAITING_FOR_JOB");
        Assert.True(world.GitHub.ApproveJob(Job));

        await OneRunnerDidItAsync(world, Job);
    }

    [Fact]
    public async Task Killed_while_the_job_runs()
    {
        Leftovers.NeedsProcessScan();
        await using var world = await HostWorld.WithGitHubAsync();
        await world.StartHostAsync();
        var job = world.GitHub.QueueJob(HostWorld.Repository, HostWorld.Labels, new StandInJobOptions { Duration = TimeSpan.FromSeconds(5) });
        await world.UntilRunnerIsAsync(job.Id, "RUNNING");
        await world.Host.KillAsync();
        await world.StartHostAsync();

        await OneRunnerDidItAsync(world, job.Id);
    }

    [Fact]
    public async Task Told_to_stop_while_a_job_runs_a_host_leaves_it_to_run_and_the_next_one_finishes_the_books()
    {
        Leftovers.NeedsProcessScan();
        await using var world = await HostWorld.WithGitHubAsync();
        await world.StartHostAsync();
        var job = world.GitHub.QueueJob(HostWorld.Repository, HostWorld.Labels, new StandInJobOptions { Duration = TimeSpan.FromSeconds(3) });
        await world.UntilRunnerIsAsync(job.Id, "RUNNING");
        await world.Host.TerminateAsync();
        Assert.Equal(0, world.Host.ExitCode);

        // Nobody hears of the end: the webhook fails, and only what the next host looks up can tell it.
        await world.EventuallyAsync(() => Task.FromResult(world.GitHub.Jobs.Single().Status == "completed" && world.GitHub.Deliveries.Any(d => d is { Action: "completed", StatusCode: 0 })), () => "the job's end");
        await world.StartHostAsync();

        await OneRunnerDidItAsync(world, job.Id);
    }

    /// <summary>The fleet is told that the job is queued, but GitHub gives it to nobody until it is approved.</summary>
    internal static async Task HoldJobAsync(HostWorld world)
    {
        world.GitHub.QueueJob(HostWorld.Repository, HostWorld.Labels, new StandInJobOptions { Id = Job, IsWaiting = true, Announce = false });
        await world.PostAsync("queued", Job);
    }

    private static async Task OneRunnerDidItAsync(HostWorld world, long job)
    {
        await world.EventuallyAsync(async () => await world.JobStateAsync(job) == "COMPLETED", () => "the job's end");
        await world.NothingIsLeftAsync();
        var runner = Assert.Single(await world.RunnersAsync());
        Assert.Equal((job, "OFFLINE"), ((long)runner["jobId"]!, (string?)runner["state"]));
        Assert.Equal(1, world.Registrations);
        Assert.Equal("success", Assert.Single(world.GitHub.Jobs).Conclusion);
    }
}
