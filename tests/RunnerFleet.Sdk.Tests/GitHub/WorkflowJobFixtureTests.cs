using System.Text.Json;
using RunnerFleet.GitHub;
using OctokitJobEvent = Octokit.Webhooks.Events.WorkflowJobEvent;

namespace RunnerFleet.Sdk.Tests.GitHub;

/// <summary>Payloads of GitHub's own samples and of other projects, read as their list says.</summary>
public sealed class WorkflowJobFixtureTests
{
    private const string Folder = "github-webhooks";

    [Fact]
    public void A_queued_app_delivery_with_a_hosted_label()
    {
        var job = Parse("workflow_job.queued.hosted-label.json");
        Assert.Equal(("queued", 5L), (job.Action, job.RunnerId));
        Assert.Equal(["ubuntu-latest"], job.Labels);
        Assert.NotNull(job.InstallationId);
    }

    [Fact]
    public void A_job_in_progress_with_custom_labels_and_members_missing()
    {
        var job = Parse("workflow_job.in_progress.custom-labels.json");
        Assert.Equal(("in_progress", 0), (job.Action, job.RunAttempt));
        Assert.NotEmpty(job.Labels);
        Assert.DoesNotContain("self-hosted", job.Labels);
        Assert.Null(job.CreatedAt);
        Assert.Null(job.WorkflowName);
    }

    [Fact]
    public void A_completed_job_of_an_organization()
    {
        var job = Parse("workflow_job.completed.success.json");
        Assert.Equal(("completed", "success"), (job.Action, job.Conclusion));
        Assert.NotNull(job.Organization);
        Assert.NotNull(job.CompletedAt);
    }

    [Fact]
    public void A_queued_job_of_2021_without_runner_members()
    {
        var job = Parse("workflow_job.queued.self-hosted.terraform.json");
        Assert.Equal(("queued", 0, null, null), (job.Action, job.RunAttempt, job.RunnerId, job.RunnerName));
        Assert.Contains("self-hosted", job.Labels);
    }

    [Fact]
    public void Queued_jobs_with_one_label_and_with_self_hosted()
    {
        Assert.DoesNotContain("self-hosted", Assert.Single(Parse("workflow_job.queued.one-label.arc.json").Labels), StringComparison.Ordinal);
        var job = Parse("workflow_job.queued.self-hosted.arc.json");
        Assert.Equal(2, job.Labels.Count);
        Assert.Contains("self-hosted", job.Labels);
    }

    [Fact]
    public void Every_workflow_job_is_read_and_every_other_event_is_told_from_it()
    {
        Assert.All(Fixtures.List(Folder, "*.json"), file =>
        {
            var isJob = file.StartsWith("workflow_job.", StringComparison.Ordinal);
            Assert.Equal(isJob, WorkflowJobParser.TryParse(Fixtures.Read(Folder, file), out _, out var error));
            Assert.True(isJob || error is "workflow_job must be an object." or "action must be a string.", error);
        });
    }

    [Fact]
    public void Another_parser_reads_the_same_from_what_both_accept()
    {
        var compared = 0;
        foreach (var file in Fixtures.List(Folder, "workflow_job.*.json"))
        {
            if (ReadByOctokit(Fixtures.Read(Folder, file)) is { } theirs)
            {
                AssertSame(theirs, Parse(file));
                compared++;
            }
        }

        Assert.True(compared >= 2, $"Only {compared} fixtures were accepted by both.");
    }

    [Fact]
    public void Another_parser_reads_the_same_from_the_payload_of_the_bench()
    {
        var body = File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "bench", "workflow_job.queued.json"));
        Assert.True(WorkflowJobParser.TryParse(body, out var ours, out var error), error);
        AssertSame(Assert.IsType<OctokitJobEvent>(ReadByOctokit(body), exactMatch: false), ours);
    }

    private static void AssertSame(OctokitJobEvent theirs, WorkflowJobEvent ours)
    {
        Assert.Equal(theirs.Action, ours.Action);
        Assert.Equal(theirs.WorkflowJob.Id, ours.JobId);
        Assert.Equal(theirs.WorkflowJob.RunId, ours.RunId);
        Assert.Equal(theirs.WorkflowJob.RunAttempt, ours.RunAttempt);
        Assert.Equal(theirs.WorkflowJob.Name, ours.Name);
        Assert.Equal(theirs.WorkflowJob.HtmlUrl, ours.Url?.ToString());
        Assert.Equal(theirs.WorkflowJob.Status?.StringValue, ours.Status);
        Assert.Equal(theirs.WorkflowJob.Conclusion?.StringValue, ours.Conclusion);
        Assert.Equal(theirs.WorkflowJob.Labels, ours.Labels);
        Assert.Equal(theirs.WorkflowJob.RunnerId is 0 ? null : theirs.WorkflowJob.RunnerId, ours.RunnerId);
        Assert.Equal(theirs.WorkflowJob.RunnerName is "" ? null : theirs.WorkflowJob.RunnerName, ours.RunnerName);
        Assert.Equal(theirs.WorkflowJob.StartedAt, ours.StartedAt);
        Assert.Equal(theirs.WorkflowJob.CompletedAt, ours.CompletedAt);
        Assert.Equal(theirs.Repository?.FullName, ours.Repository.FullName);
        Assert.Equal(theirs.Repository?.Id, ours.Repository.Id);
        Assert.Equal(theirs.Repository?.Private, ours.Repository.IsPrivate);
        Assert.Equal(theirs.Organization?.Login, ours.Organization);
        Assert.Equal(theirs.Installation?.Id, ours.InstallationId);
    }

    private static OctokitJobEvent? ReadByOctokit(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize<OctokitJobEvent>(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static WorkflowJobEvent Parse(string file)
    {
        Assert.True(WorkflowJobParser.TryParse(Fixtures.Read(Folder, file), out var job, out var error), error);
        return job;
    }
}
