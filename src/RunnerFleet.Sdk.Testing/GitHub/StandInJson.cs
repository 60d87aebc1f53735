using System.Globalization;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.GitHub;

/// <summary>Writes jobs, runs, runners and repositories with the member names of GitHub's API and webhooks.</summary>
internal sealed class StandInJson(string host)
{
    private static readonly string[] ReadOnlyLabels = ["self-hosted", "linux", "windows", "macOS", "x64", "ARM", "ARM64"];

    private static readonly string[] RepositoryUrls =
    [
        "forks", "keys{/key_id}", "collaborators{/collaborator}", "teams", "hooks", "issue_events:issues/events{/number}", "events", "assignees{/user}", "branches{/branch}", "tags",
        "blobs:git/blobs{/sha}", "git_tags:git/tags{/sha}", "git_refs:git/refs{/sha}", "trees:git/trees{/sha}", "statuses/{sha}", "languages", "stargazers", "contributors", "subscribers",
        "subscription", "commits{/sha}", "git_commits:git/commits{/sha}", "comments{/number}", "issue_comment:issues/comments{/number}", "contents/{+path}", "compare/{base}...{head}",
        "merges", "archive:{archive_format}{/ref}", "downloads", "issues{/number}", "pulls{/number}", "milestones{/number}", "notifications{?since,all,participating}", "labels{/name}",
        "releases{/id}", "deployments",
    ];

    private static readonly string[] UserUrls =
    [
        "followers", "following{/other_user}", "gists{/gist_id}", "starred{/owner}{/repo}", "subscriptions", "organizations:orgs", "repos", "events{/privacy}", "received_events",
    ];

    private readonly string _web = $"https://{host}";
    private readonly string _api = host == "github.com" ? "https://api.github.com" : $"https://{host}/api/v3";

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    public JsonObject Webhook(JobRow job, string action)
    {
        var repository = job.Run.Repository;
        var body = new JsonObject
        {
            ["action"] = action,
            ["workflow_job"] = Job(job),
            ["repository"] = Repository(repository),
            ["sender"] = User(repository.OwnerId + 1, "octocat", "User"),
        };
        if (!repository.OwnerIsUser)
        {
            body["organization"] = Organization(repository);
        }

        return body;
    }

    public JsonObject Job(JobRow job)
    {
        var api = $"{_api}/repos/{job.Run.Repository.FullName}";
        var isTaken = job.RunnerId is not null;
        var endedUntaken = job.Status == "completed" && !isTaken; // GitHub then says 0 and "", not null
        return new()
        {
            ["id"] = job.Id,
            ["run_id"] = job.Run.Id,
            ["workflow_name"] = job.Run.WorkflowName,
            ["head_branch"] = "main",
            ["run_url"] = $"{api}/actions/runs/{job.Run.Id}",
            ["run_attempt"] = job.Attempt,
            ["node_id"] = NodeId("CR", job.Id),
            ["head_sha"] = Sha(job.Run.Id),
            ["url"] = $"{api}/actions/jobs/{job.Id}",
            ["html_url"] = $"{_web}/{job.Run.Repository.FullName}/actions/runs/{job.Run.Id}/job/{job.Id}",
            ["status"] = job.Status,
            ["conclusion"] = job.Conclusion,
            ["created_at"] = Time(job.CreatedAt),
            ["started_at"] = Time(job.StartedAt ?? job.CreatedAt), // set even while queued
            ["completed_at"] = job.CompletedAt is { } end ? Time(end) : null,
            ["name"] = job.Options.Name,
            ["steps"] = Steps(job),
            ["check_run_url"] = $"{api}/check-runs/{job.Id}",
            ["labels"] = new JsonArray([.. job.Labels.Select(l => (JsonNode?)l)]),
            ["runner_id"] = isTaken ? job.RunnerId : endedUntaken ? 0 : null,
            ["runner_name"] = isTaken ? job.RunnerName : endedUntaken ? "" : null,
            ["runner_group_id"] = isTaken ? job.RunnerGroupId : endedUntaken ? 0 : null,
            ["runner_group_name"] = isTaken ? "Default" : endedUntaken ? "" : null,
        };
    }

    public JsonObject Run(RunRow run, IEnumerable<JobRow> jobs)
    {
        var repository = run.Repository;
        var api = $"{_api}/repos/{repository.FullName}";
        var self = $"{api}/actions/runs/{run.Id}";
        var (status, conclusion) = RunStatus([.. jobs]);
        return new()
        {
            ["id"] = run.Id,
            ["name"] = run.WorkflowName,
            ["node_id"] = NodeId("WFR", run.Id),
            ["head_branch"] = "main",
            ["head_sha"] = Sha(run.Id),
            ["path"] = ".github/workflows/ci.yml",
            ["display_title"] = "Change something",
            ["run_number"] = run.Number,
            ["event"] = "push",
            ["status"] = status,
            ["conclusion"] = conclusion,
            ["workflow_id"] = repository.Id,
            ["check_suite_id"] = run.Id,
            ["check_suite_node_id"] = NodeId("CS", run.Id),
            ["url"] = self,
            ["html_url"] = $"{_web}/{repository.FullName}/actions/runs/{run.Id}",
            ["pull_requests"] = new JsonArray(),
            ["created_at"] = Time(run.CreatedAt),
            ["updated_at"] = Time(run.CreatedAt),
            ["run_attempt"] = run.Attempt,
            ["run_started_at"] = Time(run.CreatedAt),
            ["jobs_url"] = $"{self}/jobs",
            ["logs_url"] = $"{self}/logs",
            ["check_suite_url"] = $"{api}/check-suites/{run.Id}",
            ["artifacts_url"] = $"{self}/artifacts",
            ["cancel_url"] = $"{self}/cancel",
            ["rerun_url"] = $"{self}/rerun",
            ["previous_attempt_url"] = null,
            ["workflow_url"] = $"{api}/actions/workflows/{repository.Id}",
            ["head_commit"] = new JsonObject
            {
                ["id"] = Sha(run.Id),
                ["tree_id"] = Sha(run.Id + 1),
                ["message"] = "Change something",
                ["timestamp"] = Time(run.CreatedAt),
                ["author"] = new JsonObject { ["name"] = "octocat", ["email"] = "octocat@users.noreply.github.com" },
                ["committer"] = new JsonObject { ["name"] = "GitHub", ["email"] = "noreply@github.com" },
            },
            ["repository"] = Repository(repository),
            ["head_repository"] = Repository(repository),
        };
    }

    public static (string Status, string? Conclusion) RunStatus(IReadOnlyList<JobRow> jobs)
    {
        var latest = jobs.Where(j => !j.IsSuperseded).ToList();
        if (latest.TrueForAll(j => j.Status == "completed"))
        {
            return ("completed", latest.Find(j => j.Conclusion != "success")?.Conclusion ?? "success");
        }

        // A run that has begun is in progress, even while all that is left of it is queued.
        return (latest.Exists(j => j.Status is "in_progress" or "completed") ? "in_progress" : latest.Exists(j => j.Status == "queued") ? "queued" : "waiting", null);
    }

    public static JsonObject Runner(RunnerRow runner, bool isOnline, bool isBusy) => new()
    {
        ["id"] = runner.Id,
        ["name"] = runner.Name,
        ["os"] = runner.HasEverConnected ? "linux" : "unknown",
        ["status"] = isOnline ? "online" : "offline",
        ["busy"] = isBusy,
        ["ephemeral"] = true,
        ["runner_group_id"] = runner.GroupId,
        ["version"] = runner.HasEverConnected ? "2.336.0" : null,
        ["labels"] = new JsonArray([.. runner.Labels.Select((label, i) => (JsonNode?)new JsonObject
        {
            ["id"] = i + 1,
            ["name"] = label,
            ["type"] = ReadOnlyLabels.Contains(label, StringComparer.OrdinalIgnoreCase) ? "read-only" : "custom",
        })]),
    };

    private static JsonArray Steps(JobRow job)
    {
        var steps = new JsonArray();
        if (job.StartedAt is not { } started)
        {
            return steps;
        }

        string[] names = job.Status == "completed" ? ["Set up job", "Run", "Complete job"] : ["Set up job"];
        for (var i = 0; i < names.Length; i++)
        {
            steps.Add(new JsonObject
            {
                ["name"] = names[i],
                ["status"] = job.Status,
                ["conclusion"] = job.Conclusion,
                ["number"] = i + 1,
                ["started_at"] = Time(started),
                ["completed_at"] = job.CompletedAt is { } end ? Time(end) : null,
            });
        }

        return steps;
    }

    private JsonObject Repository(RepositoryRow repository)
    {
        var self = $"{_api}/repos/{repository.FullName}";
        var html = $"{_web}/{repository.FullName}";
        var json = new JsonObject
        {
            ["id"] = repository.Id,
            ["node_id"] = NodeId("R", repository.Id),
            ["name"] = repository.Name,
            ["full_name"] = repository.FullName,
            ["private"] = repository.IsPrivate,
            ["owner"] = User(repository.OwnerId, repository.Owner, repository.OwnerIsUser ? "User" : "Organization"),
            ["html_url"] = html,
            ["description"] = null,
            ["fork"] = false,
            ["url"] = self,
        };
        AddUrls(json, self, RepositoryUrls);
        foreach (var (name, value) in new (string, JsonNode?)[]
        {
            ("created_at", "2024-01-01T00:00:00Z"), ("updated_at", "2024-01-01T00:00:00Z"), ("pushed_at", "2024-01-01T00:00:00Z"),
            ("git_url", $"git://{host}/{repository.FullName}.git"), ("ssh_url", $"git@{host}:{repository.FullName}.git"), ("clone_url", html + ".git"), ("svn_url", html),
            ("homepage", null), ("size", 0), ("stargazers_count", 0), ("watchers_count", 0), ("language", "C#"), ("has_issues", true), ("has_projects", true), ("has_downloads", true),
            ("has_wiki", true), ("has_pages", false), ("has_discussions", false), ("forks_count", 0), ("mirror_url", null), ("archived", false), ("disabled", false),
            ("open_issues_count", 0), ("license", null), ("allow_forking", true), ("is_template", false), ("web_commit_signoff_required", false), ("topics", new JsonArray()),
            ("visibility", repository.IsPrivate ? "private" : "public"), ("forks", 0), ("open_issues", 0), ("watchers", 0), ("default_branch", "main"), ("custom_properties", new JsonObject()),
        })
        {
            json[name] = value;
        }

        return json;
    }

    private JsonObject User(long id, string login, string type)
    {
        var self = $"{_api}/users/{login}";
        var json = new JsonObject
        {
            ["login"] = login,
            ["id"] = id,
            ["node_id"] = NodeId("U", id),
            ["avatar_url"] = $"https://avatars.githubusercontent.com/u/{id}?v=4",
            ["gravatar_id"] = "",
            ["url"] = self,
            ["html_url"] = $"{_web}/{login}",
        };
        AddUrls(json, self, UserUrls);
        json["type"] = type;
        json["site_admin"] = false;
        return json;
    }

    private JsonObject Organization(RepositoryRow repository)
    {
        var self = $"{_api}/orgs/{repository.Owner}";
        var json = new JsonObject { ["login"] = repository.Owner, ["id"] = repository.OwnerId, ["node_id"] = NodeId("O", repository.OwnerId), ["url"] = self };
        AddUrls(json, self, ["repos", "events", "hooks", "issues", "members{/member}", "public_members{/member}"]);
        json["avatar_url"] = $"https://avatars.githubusercontent.com/u/{repository.OwnerId}?v=4";
        json["description"] = "";
        return json;
    }

    /// <summary>Adds <c>NAME_url</c> members: <c>name{template}</c>, or <c>name:path</c> where the two differ.</summary>
    private static void AddUrls(JsonObject json, string self, string[] urls)
    {
        foreach (var url in urls)
        {
            var end = url.IndexOfAny(['{', '/', ':']);
            var name = end < 0 ? url : url[..end];
            json[name + "_url"] = $"{self}/{(end >= 0 && url[end] == ':' ? url[(end + 1)..] : url)}";
        }
    }

    private static string NodeId(string kind, long id) => string.Create(CultureInfo.InvariantCulture, $"{kind}_{id:x12}");

    private static string Sha(long id) => id.ToString("x40", CultureInfo.InvariantCulture);
}
