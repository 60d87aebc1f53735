using System.Net;

namespace RunnerFleet.Hosts.Tests;

/// <summary>Bodies that nobody of this project wrote. They are looked for beside the repository, or where RUNNERFLEET_FIXTURES says.</summary>
public sealed class RealWebhookTests
{
    [Fact]
    public async Task Each_gets_the_right_answer()
    {
        var folder = Fixtures();
        Assert.SkipWhen(folder is null, "No folder github-webhooks in RUNNERFLEET_FIXTURES or beside the repository (../shared/fixtures).");
        await using var world = await HostWorld.WithGitHubAsync();
        world.Settings.Remove("RunnerFleet:GitHub:Repository");
        world.Settings["RunnerFleet:GitHub:Organization"] = "MYORG";
        world.Settings["RunnerFleet:Policy:AllowDefaultRunnerGroup"] = "true";
        world.Settings["RunnerFleet:Labels:OwnLabels:0"] = "label1";
        world.Settings["RunnerFleet:Limits:Fleet"] = "0"; // judged and recorded, not launched
        await world.StartHostAsync();

        (string File, string Event, HttpStatusCode Status, string Outcome)[] expected =
        [
            ("workflow_job.queued.hosted-label.json", "workflow_job", HttpStatusCode.OK, "ignored"),
            ("workflow_job.in_progress.custom-labels.json", "workflow_job", HttpStatusCode.OK, "ignored"),
            ("workflow_job.completed.success.json", "workflow_job", HttpStatusCode.OK, "ignored"),
            ("ping.repository.json", "ping", HttpStatusCode.OK, "ignored"),
            ("workflow_run.completed.json", "workflow_run", HttpStatusCode.OK, "ignored"),
            ("workflow_job.queued.self-hosted.terraform.json", "workflow_job", HttpStatusCode.Accepted, "refused"),
            ("check_run.created.terraform.json", "check_run", HttpStatusCode.OK, "ignored"),
            ("workflow_job.queued.one-label.arc.json", "workflow_job", HttpStatusCode.OK, "ignored"),
            ("workflow_job.queued.self-hosted.arc.json", "workflow_job", HttpStatusCode.Accepted, "queued"),
            ("check_run.org.arc.json", "check_run", HttpStatusCode.OK, "ignored"),
        ];
        Assert.Equal(Directory.GetFiles(folder!, "*.json").Select(Path.GetFileName).Order(), expected.Select(e => e.File).Order());
        foreach (var (file, @event, status, outcome) in expected)
        {
            var body = await File.ReadAllBytesAsync(Path.Combine(folder!, file));
            var answer = await world.PostAsync(body, @event);
            Assert.Equal((file, status, outcome), (file, answer.Status, (string?)answer.Body!["outcome"]));
            var (forged, _) = await world.PostAsync(body, @event, secret: "not the secret");
            Assert.Equal(HttpStatusCode.Unauthorized, forged);
        }

        Assert.Equal("QUEUED", await world.JobStateAsync(1234567890));
        Assert.Equal("REFUSED", await world.JobStateAsync(3169272040));
        Assert.Single(await world.RunnersAsync());
    }

    private static string? Fixtures()
    {
        var given = Environment.GetEnvironmentVariable("RUNNERFLEET_FIXTURES");
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null && string.IsNullOrEmpty(given); folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "RunnerFleet.sln")))
            {
                given = Path.Combine(folder.FullName, "..", "shared", "fixtures");
            }
        }

        var path = Path.Combine(given ?? "", "github-webhooks");
        return !string.IsNullOrEmpty(given) && Directory.Exists(path) ? path : null;
    }
}
