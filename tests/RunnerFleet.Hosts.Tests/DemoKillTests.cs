using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace RunnerFleet.Hosts.Tests;

/// <summary>The demo's GitHub lives in the host's own process, and is killed with it.</summary>
public sealed class DemoKillTests
{
    [Theory]
    [InlineData("-> PENDING")]
    [InlineData("-> STARTING")]
    [InlineData("-> WAITING_FOR_JOB")]
    [InlineData("-> RUNNING")]
    public async Task A_demo_killed_in_any_phase_goes_on_with_the_same_runner(string line)
    {
        Leftovers.NeedsProcessScan();
        await using var world = HostWorld.ForDemo();
        world.Settings["RunnerFleet:Timing:LaunchTimeoutSeconds"] = "5"; // a launch cut short by the kill is tried again after this
        world.Settings["RunnerFleet:Timing:SweepIntervalSeconds"] = "5";
        await world.StartHostAsync();
        await world.UntilPrintedAsync(line);
        await world.Host.KillAsync();
        await world.StartHostAsync();

        await world.EventuallyAsync(async () => await world.RunnersAsync() is { Count: > 0 } all && all.All(r => (string?)r["state"] is "OFFLINE" or "FAILED"), () => "the runner's end");
        var runner = Assert.Single(await world.RunnersAsync());
        Assert.Equal("OFFLINE", (string?)runner["state"]);
        await world.EventuallyAsync(async () => await world.JobStateAsync((long)runner["jobId"]!) == "COMPLETED", () => "the job's end");
        var registered = await GitHubRunnersAsync(world);
        Assert.Equal(0, (int)registered["total_count"]!);
        await world.NothingIsLeftAsync();
        Assert.Single(await world.RunnersAsync());
    }

    private static async Task<JsonNode> GitHubRunnersAsync(HostWorld world)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "demo/github/repos/octo-org/demo/actions/runners");
        request.Headers.Authorization = new("Bearer", "demo-token");
        using var answer = await world.Http.SendAsync(request);
        return (await answer.Content.ReadFromJsonAsync<JsonNode>())!;
    }
}
