using RunnerFleet.Testing.GitHub;
using RunnerFleet.Tests;

namespace RunnerFleet.Hosts.Tests.Docker;

/// <summary>One after the other: they share an engine, and the image that the first one builds.</summary>
[CollectionDefinition(Name)]
public sealed class EngineTests
{
    public const string Name = "Docker engine";
}

/// <summary>Containers vanish, engines go down and come back, hosts die: each job gets its runner all the same, and nothing is left.</summary>
[Collection(EngineTests.Name)]
public sealed class ContainerTests
{
    private const long Job = 9_000_000_003;

    [Fact]
    public async Task A_waiting_container_that_is_removed_by_force_is_replaced_and_its_registration_goes()
    {
        await DockerEngine.NeedAsync(DockerEngine.Debian);
        await using var docker = await DockerWorld.WithGitHubAsync();
        await docker.World.StartHostAsync();
        await HoldJobAsync(docker.World);
        var first = await UntilOneListensAsync(docker.World);
        await docker.RemoveAsync(Assert.Single(await docker.ContainersAsync()));

        await docker.World.EventuallyAsync(() => Task.FromResult(docker.World.GitHub.Runners is [{ IsOnline: true } next] && next.Name != first), () => "another runner that listens, and only that one registered");
        Assert.True(docker.World.GitHub.ApproveJob(Job));

        await CompletedAsync(docker, Job, runners: 2);
    }

    [Fact]
    public async Task While_the_engine_is_down_jobs_wait_with_that_reason_and_afterwards_they_run()
    {
        await DockerEngine.NeedAsync(DockerEngine.Debian);
        await using var door = new EngineDoor();
        await using var docker = await DockerWorld.WithGitHubAsync(door.Url);
        await docker.World.StartHostAsync();
        var job = docker.World.GitHub.QueueJob(HostWorld.Repository, HostWorld.Labels);

        await docker.World.EventuallyAsync(async () => await docker.World.RunnersAsync(job.Id) is [var runner] && ((string?)runner["reason"]?["message"])?.Contains(door.Url.LocalPath, StringComparison.Ordinal) == true, () => "the reason");
        Assert.Equal("PENDING", (string?)Assert.Single(await docker.World.RunnersAsync())["state"]);
        var ready = await docker.World.GetAsync("readyz"); // which is 200: webhooks are stored
        Assert.Equal("ready", (string?)ready["status"]);
        var compute = ready["checks"]!.AsArray().Single(check => (string?)check!["name"] == "compute")!;
        Assert.Equal("degraded", (string?)compute["status"]);
        Assert.Contains(door.Url.LocalPath, (string)compute["detail"]!, StringComparison.Ordinal);
        Assert.Contains("Jobs wait; nothing is lost.", (string)compute["detail"]!, StringComparison.Ordinal);

        door.Open();
        await CompletedAsync(docker, job.Id);
    }

    [Fact]
    public async Task An_engine_that_is_restarted_under_a_waiting_runner_costs_a_runner_and_no_job()
    {
        await DockerEngine.NeedAsync(DockerEngine.Debian);
        OwnEngine.Needs();
        await using var engine = await OwnEngine.StartAsync();
        await engine.TakeImageAsync(await BuiltImageAsync());
        await using var docker = await DockerWorld.WithGitHubAsync(engine.Url, engine.CreateClient());
        await docker.World.StartHostAsync();
        await HoldJobAsync(docker.World);
        var first = await UntilOneListensAsync(docker.World);

        await engine.StopAsync();
        await docker.World.EventuallyAsync(async () => (await docker.World.GetAsync("readyz"))["checks"]!.AsArray().Any(check => (string?)check!["name"] == "compute" && (string?)check["status"] == "degraded"), () => "the engine missed");
        await engine.RestartAsync();

        await docker.World.EventuallyAsync(() => Task.FromResult(docker.World.GitHub.Runners is [{ IsOnline: true } next] && next.Name != first), () => "another runner that listens, and only that one registered");
        Assert.True(docker.World.GitHub.ApproveJob(Job));
        await CompletedAsync(docker, Job, runners: 2);
    }

    [Fact]
    public async Task A_host_killed_while_its_container_waits_goes_on_with_it()
    {
        await DockerEngine.NeedAsync(DockerEngine.Debian);
        await using var docker = await DockerWorld.WithGitHubAsync();
        await docker.World.StartHostAsync();
        await HoldJobAsync(docker.World);
        await UntilOneListensAsync(docker.World);
        await docker.World.Host.KillAsync();
        await docker.World.StartHostAsync();
        await docker.World.UntilRunnerIsAsync(Job, "WAITING_FOR_JOB");
        Assert.True(docker.World.GitHub.ApproveJob(Job));

        await CompletedAsync(docker, Job);
    }

    [Fact]
    public async Task A_host_killed_while_its_job_runs_finds_the_container_again()
    {
        await DockerEngine.NeedAsync(DockerEngine.Debian);
        await using var docker = await DockerWorld.WithGitHubAsync();
        await docker.World.StartHostAsync();
        var job = docker.World.GitHub.QueueJob(HostWorld.Repository, HostWorld.Labels, new StandInJobOptions { Duration = TimeSpan.FromSeconds(5) });
        await docker.World.UntilRunnerIsAsync(job.Id, "RUNNING");
        await docker.World.Host.KillAsync();
        await docker.World.StartHostAsync();

        await CompletedAsync(docker, job.Id);
    }

    /// <summary>The fleet is told that the job is queued, but GitHub gives it to nobody until it is approved.</summary>
    private static async Task HoldJobAsync(HostWorld world)
    {
        world.GitHub.QueueJob(HostWorld.Repository, HostWorld.Labels, new StandInJobOptions { Id = Job, IsWaiting = true, Announce = false });
        await world.PostAsync("queued", Job);
    }

    /// <returns>The name of the runner that waits for the job.</returns>
    private static async Task<string> UntilOneListensAsync(HostWorld world)
    {
        await world.EventuallyAsync(() => Task.FromResult(world.GitHub.Runners.Any(runner => runner.IsOnline)), () => "a runner that listens");
        return Assert.Single(world.GitHub.Runners).Name;
    }

    private static async Task CompletedAsync(DockerWorld docker, long job, int runners = 1)
    {
        await docker.World.EventuallyAsync(async () => await docker.World.JobStateAsync(job) == "COMPLETED", () => "the job's end");
        await docker.NothingIsLeftAsync();
        Assert.Equal(runners, (await docker.World.RunnersAsync()).Count);
        Assert.Equal(runners, docker.World.Registrations);
        Assert.Equal("success", Assert.Single(docker.World.GitHub.Jobs).Conclusion);
    }

    /// <summary>The image of these tests, on the engine that all share, built when this is the first test that asks.</summary>
    private static async Task<string> BuiltImageAsync()
    {
        await using var docker = await DockerWorld.WithGitHubAsync();
        await docker.World.StartHostAsync();
        await HoldJobAsync(docker.World);
        await UntilOneListensAsync(docker.World);
        var image = (string)(await docker.InspectAsync(Assert.Single(await docker.ContainersAsync())))["Config"]!["Image"]!;
        Assert.True(docker.World.GitHub.ApproveJob(Job));
        await CompletedAsync(docker, Job);
        return image;
    }
}
