using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace RunnerFleet.Bench.Load;

/// <summary>One job at GitHub: of which repository and class it is follows from its number.</summary>
internal sealed record LoadJob(int Number)
{
    public const string Owner = "octo-example-organization";
    public const int Repositories = 8;

    private const long FirstId = 500_000_000_000;
    private const string IdMark = "999999999999";
    private const string RunnerMark = "RUNNER-NAME";
    private const string TimeMark = "2000-01-01T00:00:00Z";
    private static readonly Dictionary<(int Repository, string Class, string Action), string> s_bodies = Bodies();

    public long Id => FirstId + Number;

    public int Repository => Number % Repositories;

    public string RepositoryName => $"{Owner}/{NameOf(Repository)}";

    /// <summary>Every third job is large, in every repository.</summary>
    public string Class => Number % 3 == 0 ? "large" : "small";

    public string Queue => QueueOf(RepositoryName, Class);

    public static string QueueOf(string repository, string runnerClass) => $"{repository}|{runnerClass}";

    /// <summary>The webhook's body: about 10 KB, as GitHub's are.</summary>
    public byte[] Body(string action, DateTimeOffset createdAt, string? runnerName) => Encoding.UTF8.GetBytes(new StringBuilder(s_bodies[(Repository, Class, action)])
        .Replace(IdMark, Id.ToString(CultureInfo.InvariantCulture))
        .Replace(RunnerMark, runnerName)
        .Replace(TimeMark, createdAt.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture))
        .ToString());

    private static string NameOf(int repository) => $"repository-{repository}";

    private static Dictionary<(int Repository, string Class, string Action), string> Bodies()
    {
        using var stream = typeof(LoadJob).Assembly.GetManifestResourceStream("workflow_job.queued.json")!;
        var template = JsonNode.Parse(stream)!;
        var bodies = new Dictionary<(int Repository, string Class, string Action), string>();
        for (var repository = 0; repository < Repositories; repository++)
        {
            foreach (var runnerClass in (string[])["small", "large"])
            {
                foreach (var action in (string[])["queued", "in_progress", "completed"])
                {
                    var body = template.DeepClone();
                    body["action"] = action;
                    var job = body["workflow_job"]!;
                    job["id"] = long.Parse(IdMark, CultureInfo.InvariantCulture);
                    job["status"] = action;
                    job["conclusion"] = action == "completed" ? "success" : null;
                    job["created_at"] = TimeMark;
                    job["labels"] = new JsonArray("self-hosted", "linux", $"class:{runnerClass}");
                    job["runner_name"] = action == "queued" ? null : RunnerMark;
                    body["repository"]!["id"] = 700_000_000 + repository;
                    body["repository"]!["name"] = NameOf(repository);
                    body["repository"]!["full_name"] = $"{Owner}/{NameOf(repository)}";
                    bodies.Add((repository, runnerClass, action), body.ToJsonString());
                }
            }
        }

        return bodies;
    }
}
