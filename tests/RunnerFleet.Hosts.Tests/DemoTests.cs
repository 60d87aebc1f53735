using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace RunnerFleet.Hosts.Tests;

/// <summary>What one command shows to somebody who has set nothing.</summary>
public sealed class DemoTests
{
    private static readonly string[] WholeLife = ["PENDING", "STARTING", "WAITING_FOR_JOB", "RUNNING", "OFFLINE"];

    [Fact]
    public async Task The_demo_runs_its_job_another_on_request_and_one_more_at_the_next_start()
    {
        await using var world = HostWorld.ForDemo();
        await world.StartHostAsync();
        await world.UntilPrintedAsync("-> OFFLINE");

        var runner = Assert.Single(await world.RunnersAsync());
        var life = await LifeAsync(world, (string)runner["id"]!);
        Assert.Equal(WholeLife, life.States);
        Assert.True(life.Took < TimeSpan.FromSeconds(15), $"It took {life.Took}.");
        TestContext.Current.TestOutputHelper!.WriteLine($"From PENDING to OFFLINE: {life.Took.TotalSeconds:F1} s.");
        foreach (var named in new[] { "RunnerFleet demo", "RunnerFleet__GitHub__WebhookSecret", "RunnerFleet__GitHub__Token", "RunnerFleet__GitHub__Repository", "RunnerFleet__Process__RunnerFolder" })
        {
            Assert.Contains(named, world.Host.Output, StringComparison.Ordinal);
        }

        var second = await QueueAsync(world);
        await world.UntilRunnerIsAsync(second, "OFFLINE");

        await world.Host.KillAsync();
        await world.StartHostAsync();
        await world.EventuallyAsync(async () => (await world.RunnersAsync()) is { Count: 3 } all && all.All(r => (string?)r["state"] == "OFFLINE"), () => "a third runner");
        await world.NothingIsLeftAsync();
    }

    [Fact]
    public async Task With_a_webhook_secret_only_the_demo_accepts_any_repository_that_signs_with_it()
    {
        await using var world = HostWorld.ForDemo();
        world.Settings["RunnerFleet:GitHub:WebhookSecret"] = HostWorld.Secret;
        await world.StartHostAsync();

        var (status, body) = await world.PostAsync("queued", 4711);
        Assert.Equal((HttpStatusCode.Accepted, "queued"), (status, (string?)body!["outcome"]));
        var (forged, _) = await world.PostAsync("{}"u8.ToArray(), "ping", secret: "another secret");
        Assert.Equal(HttpStatusCode.Unauthorized, forged);
    }

    [Fact]
    public async Task Only_the_owner_can_read_what_the_demo_keeps_secret()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes; the folder's own access list holds.");
            return;
        }

        await using var world = HostWorld.ForDemo();
        await world.StartHostAsync();
        await world.UntilPrintedAsync("-> PENDING");
        foreach (var file in new[] { "webhook-secret", "github.json" })
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(world.Settings["RunnerFleet:DataFolder"], "demo", file)));
        }
    }

    private static async Task<long> QueueAsync(HostWorld world)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "demo/jobs?seconds=0");
        request.Headers.Add("X-RunnerFleet", "test");
        using var answer = await world.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return (long)(await answer.Content.ReadFromJsonAsync<JsonNode>())!["jobId"]!;
    }

    private static async Task<(IReadOnlyList<string> States, TimeSpan Took)> LifeAsync(HostWorld world, string id)
    {
        var runner = await world.GetAsync($"api/runners/{id}");
        var moves = runner["history"]!.AsArray().Where(h => (string?)h!["from"] != (string?)h["to"]).ToList();
        var begin = DateTimeOffset.Parse((string)runner["createdAt"]!, System.Globalization.CultureInfo.InvariantCulture);
        return ([.. moves.Select(h => (string)h!["to"]!)], DateTimeOffset.Parse((string)runner["stateSince"]!, System.Globalization.CultureInfo.InvariantCulture) - begin);
    }
}
