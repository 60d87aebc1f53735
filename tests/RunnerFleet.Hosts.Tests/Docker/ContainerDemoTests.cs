using System.Net.Http.Json;
using System.Text.Json.Nodes;
using RunnerFleet.Tests;

namespace RunnerFleet.Hosts.Tests.Docker;

/// <summary>What one command shows to somebody who has an engine and has set nothing but the launcher.</summary>
[Collection(EngineTests.Name)]
public sealed class ContainerDemoTests
{
    private static readonly string[] AfterTheImage = ["STARTING", "WAITING_FOR_JOB", "RUNNING", "OFFLINE"];

    [Fact]
    public async Task A_job_runs_in_a_real_container_of_an_image_built_from_the_runner_folder()
    {
        await DockerEngine.NeedAsync(DockerEngine.Debian);
        await using var docker = DockerWorld.ForDemo();
        await docker.World.StartHostAsync();
        await docker.World.UntilPrintedAsync("-> RUNNING");
        var container = await docker.InspectAsync(Assert.Single(await docker.ContainersAsync()));
        await docker.World.UntilPrintedAsync("-> OFFLINE");

        var runner = Assert.Single(await docker.World.RunnersAsync());
        Assert.Equal(AfterTheImage, (await StatesAsync(docker.World, runner)).SkipWhile(state => state != "STARTING"));
        Assert.Equal("COMPLETED", await docker.World.JobStateAsync((long)runner["jobId"]!));
        Assert.StartsWith("runnerfleet/debian-bookworm:", (string)container["Config"]!["Image"]!, StringComparison.Ordinal);
        Assert.Equal("1001:1001", (string?)container["Config"]!["User"]);
        await docker.NothingIsLeftAsync();
        Assert.Equal(0, await RegistrationsAsync(docker.World));
    }

    [Fact]
    public async Task A_demo_killed_while_its_job_runs_goes_on_with_the_same_container()
    {
        await DockerEngine.NeedAsync(DockerEngine.Debian);
        await using var docker = DockerWorld.ForDemo();
        await docker.World.StartHostAsync();
        await docker.World.UntilPrintedAsync("-> RUNNING");
        await docker.World.Host.KillAsync();
        await docker.World.StartHostAsync();

        await docker.World.EventuallyAsync(async () => (await docker.World.RunnersAsync()).All(r => (string?)r["state"] is "OFFLINE" or "FAILED"), () => "the runner's end");
        var runner = Assert.Single(await docker.World.RunnersAsync());
        Assert.Equal("OFFLINE", (string?)runner["state"]);
        await docker.World.EventuallyAsync(async () => await docker.World.JobStateAsync((long)runner["jobId"]!) == "COMPLETED", () => "the job's end");
        await docker.NothingIsLeftAsync();
        Assert.Equal(0, await RegistrationsAsync(docker.World));
    }

    [Fact]
    public async Task Without_an_engine_the_demo_says_so_and_its_job_waits()
    {
        await using var docker = DockerWorld.ForDemo();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The demo with containers needs Linux.");
        var socket = Path.Combine(docker.World.Folder, "no-engine.sock");
        docker.World.Settings["RunnerFleet:Docker:Endpoint"] = "unix://" + socket;
        await docker.World.StartHostAsync();

        await docker.World.UntilPrintedAsync("Until then the job waits.");
        Assert.Contains(socket, docker.World.Host.Output, StringComparison.Ordinal);
        await docker.World.EventuallyAsync(async () => await docker.World.RunnersAsync() is [var runner] && ((string?)runner["reason"]?["message"])?.Contains(socket, StringComparison.Ordinal) == true, () => "the reason");
        Assert.Equal("PENDING", (string?)Assert.Single(await docker.World.RunnersAsync())["state"]);
    }

    private static async Task<IEnumerable<string>> StatesAsync(HostWorld world, JsonNode runner)
    {
        var full = await world.GetAsync($"api/runners/{(string)runner["id"]!}");
        return full["history"]!.AsArray().Where(move => (string?)move!["from"] != (string?)move["to"]).Select(move => (string)move!["to"]!);
    }

    private static async Task<int> RegistrationsAsync(HostWorld world)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "demo/github/repos/octo-org/demo/actions/runners");
        request.Headers.Authorization = new("Bearer", "demo-token");
        using var answer = await world.Http.SendAsync(request);
        return (int)(await answer.Content.ReadFromJsonAsync<JsonNode>())!["total_count"]!;
    }
}
