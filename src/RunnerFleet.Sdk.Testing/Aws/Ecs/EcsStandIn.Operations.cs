using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RunnerFleet.Compute;

namespace RunnerFleet.Testing.Aws;

public sealed partial class EcsStandIn
{
    private const int MostTasks = 100; // DescribeTasks and ListTasks

    private static readonly string[] s_otherFilters = ["family", "launchType", "serviceName", "containerInstance"];

    private readonly EcsTokenBucket _stops = new();
    private readonly EcsTokenBucket _reads = new();
    private readonly EcsTokenBucket _registrations = new();
    private readonly EcsTokenBucket _definitionReads = new();

    internal JsonObject StopTask(JsonElement request) => Locked<JsonObject>(now =>
    {
        _stops.Take(Options.StopTaskRate, now);
        request.Knows("cluster", "task", "reason");
        var cluster = ClusterOf(request);
        var id = request.Text("task") ?? throw EcsBody.Invalid("Task can not be blank.");
        Require("ecs:StopTask", id);
        if (request.Text("reason")?.Length > 255)
        {
            throw EcsBody.Invalid("Reason must have at most 255 characters.");
        }

        var task = Visible(cluster, now).FirstOrDefault(task => IsNamed(task, id)) ?? throw EcsBody.Invalid("The referenced task was not found.");
        task.Stop(request.Text("reason") ?? "Task stopped by user", now);
        return new() { ["task"] = EcsTaskJson.Answer(task, withTags: false) };
    });

    internal JsonObject DescribeTasks(JsonElement request) => Locked<JsonObject>(now =>
    {
        _reads.Take(Options.ReadRate, now);
        request.Knows("cluster", "tasks", "include");
        var cluster = ClusterOf(request);
        Require("ecs:DescribeTasks", cluster.Arn);
        var ids = request.Texts("tasks");
        if (ids.Count is 0 or > MostTasks)
        {
            throw EcsBody.Invalid(ids.Count == 0 ? "Tasks cannot be empty." : $"Tasks cannot have more than {MostTasks} elements.");
        }

        var visible = Visible(cluster, now).ToArray();
        var (tasks, failures) = (new JsonArray(), new JsonArray());
        foreach (var id in ids.Distinct())
        {
            if (visible.FirstOrDefault(task => IsNamed(task, id)) is { } task)
            {
                tasks.Add(EcsTaskJson.Answer(task, request.Texts("include").Contains("TAGS")));
            }
            else
            {
                failures.Add(FailureOf(id.StartsWith("arn:", StringComparison.Ordinal) ? id : Arn($"task/{cluster.Name}/{id}"), "MISSING", null));
            }
        }

        return new() { ["tasks"] = tasks, ["failures"] = failures };
    });

    internal JsonObject ListTasks(JsonElement request) => Locked<JsonObject>(now =>
    {
        _reads.Take(Options.ReadRate, now);
        request.Knows("cluster", "startedBy", "family", "launchType", "serviceName", "containerInstance", "desiredStatus", "maxResults", "nextToken");
        var cluster = ClusterOf(request);
        Require("ecs:ListTasks", cluster.Arn);
        var desired = request.Text("desiredStatus") ?? "RUNNING";
        if (desired is not ("RUNNING" or "PENDING" or "STOPPED") || request.Number("maxResults") is < 1 or > MostTasks)
        {
            throw EcsBody.Invalid("desiredStatus must be RUNNING, PENDING or STOPPED, and maxResults 1 to 100.");
        }

        // These words: https://github.com/aws/aws-sdk-go-v2/issues/1893. The documentation has startedBy as the only filter; Airflow's ECS operator has sent desiredStatus
        // beside it since https://github.com/apache/airflow/pull/29447, and finds its tasks.
        var startedBy = request.Text("startedBy");
        if (startedBy is not null && (s_otherFilters.Any(name => request.Member(name) is not null) || (Options.RefusesStatusBesideStartedBy && request.Member("desiredStatus") is not null)))
        {
            throw EcsBody.Invalid("cannot specify startedBy with other arguments");
        }

        var all = Visible(cluster, now)
            .Where(task => task.DesiredStatus == desired)
            .Where(task => startedBy is null || task.StartedBy == startedBy)
            .Where(task => request.Text("family") is not { } family || task.Definition.Family == family)
            .Where(task => request.Text("launchType") is not { } type || (EcsRunTaskRules.IsFargate(task.Provider) ? "FARGATE" : "EC2") == type)
            .Where(_ => request.Member("serviceName") is null && request.Member("containerInstance") is null)
            .Select(task => task.Arn)
            .ToArray();
        return PageOf(all, request);
    });

    internal JsonObject RegisterTaskDefinition(JsonElement request) => Locked<JsonObject>(now =>
    {
        _registrations.Take(Options.RegisterRate, now);
        Require("ecs:RegisterTaskDefinition", "*");
        var definition = EcsStoredDefinition.Register(
            request,
            family => _definitions.Count(one => one.Family == family) + 1,
            (family, revision) => Arn(string.Create(CultureInfo.InvariantCulture, $"task-definition/{family}:{revision}")));
        _definitions.Add(definition);
        return new() { ["taskDefinition"] = definition.ToJson() };
    });

    internal JsonObject DescribeTaskDefinition(JsonElement request) => Locked<JsonObject>(now =>
    {
        _definitionReads.Take(Options.DescribeDefinitionRate, now);
        request.Knows("taskDefinition", "include");
        Require("ecs:DescribeTaskDefinition", "*");
        var definition = DefinitionOf(request.Text("taskDefinition") ?? "") ?? throw EcsBody.Client("Unable to describe task definition.");
        return new() { ["taskDefinition"] = definition.ToJson() };
    });

    private EcsCluster ClusterOf(JsonElement request)
    {
        var name = request.Text("cluster") ?? "default";
        var cluster = _clusters.GetValueOrDefault(name[(name.LastIndexOf('/') + 1)..]);
        return cluster is not null && (cluster.Name == name || cluster.Arn == name) ? cluster : throw new AwsStandInException("ClusterNotFoundException", "Cluster not found.");
    }

    private EcsStoredDefinition? DefinitionOf(string name)
    {
        var short_ = name.StartsWith("arn:", StringComparison.Ordinal) ? name[(name.LastIndexOf('/') + 1)..] : name;
        var known = name == short_ ? _definitions : _definitions.Where(definition => definition.Arn == name);
        return short_.Contains(':', StringComparison.Ordinal)
            ? known.SingleOrDefault(definition => FormattableString.Invariant($"{definition.Family}:{definition.Revision}") == short_)
            : known.LastOrDefault(definition => definition.Family == short_ && definition.IsActive);
    }

    private EcsStoredDefinition LaunchableDefinition(string name) => DefinitionOf(name) switch
    {
        null => throw EcsBody.Client("TaskDefinition not found."),
        { IsActive: false } => throw EcsBody.Invalid("TaskDefinition is inactive"),
        var definition => definition,
    };

    private IEnumerable<EcsTaskLife> Visible(EcsCluster cluster, DateTimeOffset now) => _tasks.Where(task => task.ClusterArn == cluster.Arn && task.CreatedAt + Options.ConsistencyDelay <= now);

    private static bool IsNamed(EcsTaskLife task, string id) => task.Arn == id || task.Arn.EndsWith("/" + id, StringComparison.Ordinal);

    private static JsonObject FailureOf(string? arn, string reason, string? detail)
    {
        var failure = new JsonObject { ["reason"] = reason };
        if (arn is not null)
        {
            failure["arn"] = arn;
        }

        if (detail is not null)
        {
            failure["detail"] = detail;
        }

        return failure;
    }

    private static JsonObject PageOf(string[] all, JsonElement request)
    {
        var after = request.Text("nextToken") is { } token ? Encoding.UTF8.GetString(Convert.FromBase64String(token)) : null;
        var rest = after is null ? all : [.. all.SkipWhile(arn => arn != after).Skip(1)];
        var size = request.Number("maxResults") ?? MostTasks;
        var page = new JsonObject { ["taskArns"] = new JsonArray([.. rest.Take(size).Select(arn => (JsonNode)arn)]) };
        if (rest.Length > size)
        {
            page["nextToken"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(rest[size - 1]));
        }

        return page;
    }

    /// <exception cref="AwsStandInException">The caller may not.</exception>
    private void Require(string action, string resource)
    {
        if (_denied.Contains(action))
        {
            throw new AwsStandInException("AccessDeniedException", $"User: arn:aws:sts::{_account()}:assumed-role/control-plane/host is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action");
        }
    }

}
