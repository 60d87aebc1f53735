using System.Text;
using System.Text.Json;
using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Aws.Ecs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.Events;

/// <summary>Reads what AWS hands to a host: events of EventBridge, messages of SQS, the fleet's own hints. Any bytes have an answer, and none throws.</summary>
internal static class AwsEventParser
{
    /// <summary>The source of the fleet's own events, and the member by which a schedule names what it is for.</summary>
    public const string Source = "runnerfleet";

    /// <summary>The body of a hint in a queue.</summary>
    public const string DrainHint = """{"hint":"drain"}""";

    private const string CustomSource = "ecs-runner";

    public static AwsEvent Parse(ReadOnlyMemory<byte> payload, string fleet) => Parse(payload, fleet, mayBeBatch: true);

    private static AwsEvent Parse(ReadOnlyMemory<byte> payload, string fleet, bool mayBeBatch)
    {
        try
        {
            using var document = JsonDocument.Parse(payload);
            return Read(document.RootElement, fleet, mayBeBatch);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: a text that is no Unicode
        {
            return new AwsEvent.Unreadable("It is not JSON, or its members are of other kinds than AWS writes.");
        }
    }

    private static AwsEvent Read(JsonElement root, string fleet, bool mayBeBatch)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return new AwsEvent.Unreadable("It is not a JSON object.");
        }

        if (root.TextOf("hint") is { } hint)
        {
            return hint == "drain" ? new AwsEvent.Drain() : new AwsEvent.NotOurs($"The hint {hint.Quoted()} is none of this version.");
        }

        if (root.TextOf(Source) is { } wish)
        {
            return wish switch
            {
                "sweep" => new AwsEvent.Sweep(),
                "drain" => new AwsEvent.Drain(),
                _ => new AwsEvent.Unreadable($"It asks the fleet for {wish.Quoted()}; write sweep or drain."),
            };
        }

        if (root.TryGetProperty("Records", out var records) && records.ValueKind == JsonValueKind.Array)
        {
            return mayBeBatch ? ReadBatch(records, fleet) : new AwsEvent.Unreadable("It is a batch within a message.");
        }

        return root.TextOf("source") is { } source && root.TextOf("detail-type") is { } type && root.TryGetProperty("detail", out var detail)
            ? ReadEvent(source, type, detail, fleet)
            : new AwsEvent.Unreadable("It is neither an event of EventBridge nor a batch of SQS nor a hint.");
    }

    private static AwsEvent ReadEvent(string source, string type, JsonElement detail, string fleet) => (source, type) switch
    {
        ("aws.ecs", "ECS Task State Change") => TaskChanged(detail, fleet),
        ("aws.codebuild", "CodeBuild Build State Change") => BuildChanged(detail.TextOf("build-id")),
        (CustomSource, "image-build") => BuildChanged(detail.TextOf("build_id")),
        (CustomSource, "runner-status") => RunnerMentioned(detail.TextOf("runner_id")),
        ("aws.events" or "aws.scheduler", "Scheduled Event") => new AwsEvent.Sweep(),
        _ => new AwsEvent.NotOurs($"Events {type.Quoted()} of {source.Quoted()} say nothing to a fleet."),
    };

    // Of the detail only what a task's description needs is read: it also holds the task's overrides, with the claim secret in clear (Amazon ECS Developer Guide, task state change events).
    private static AwsEvent TaskChanged(JsonElement detail, string fleet)
    {
        if (detail.Deserialize(EcsJson.Default.TaskDetail)?.Read() is not { ClusterArn.Length: > 0, LastStatus.Length: > 0 } task)
        {
            return new AwsEvent.Unreadable("The event of an ECS task names no task, no cluster or no status.");
        }

        return EcsDescriptions.TryParse(task.StartedBy, out var owner, out _, out _) && owner == fleet
            ? new AwsEvent.News(new FleetEvent.ComputeChanged(EcsDescriptions.Of(task)))
            : new AwsEvent.NotOurs("The task was not started by this fleet.");
    }

    private static AwsEvent BuildChanged(string? build) => CodeBuildId.Read(build) is { } id
        ? new AwsEvent.News(new FleetEvent.ImageBuildChanged(id))
        : new AwsEvent.Unreadable("The event of an image build names no build.");

    // Whoever may put events can send it, so it says no more than that the runner is worth a look.
    private static AwsEvent RunnerMentioned(string? runner) => RunnerName.IsId(runner)
        ? new AwsEvent.News(new FleetEvent.RunnerMentioned(runner!))
        : new AwsEvent.Unreadable("The event of a runner names no runner of a fleet.");

    private static AwsEvent ReadBatch(JsonElement records, string fleet)
    {
        var messages = new List<(string, AwsEvent)>();
        foreach (var record in records.EnumerateArray())
        {
            if (record.TextOf("eventSource") is not "aws:sqs")
            {
                return new AwsEvent.NotOurs($"Records of {(record.TextOf("eventSource") ?? "nobody").Quoted()} say nothing to a fleet.");
            }

            if (record.TextOf("messageId") is not { Length: > 0 } id)
            {
                return new AwsEvent.Unreadable("A message of the batch has no id.");
            }

            messages.Add((id, record.TextOf("body") is { } body ? Parse(Encoding.UTF8.GetBytes(body), fleet, mayBeBatch: false) : new AwsEvent.Unreadable("The message has no body.")));
        }

        return new AwsEvent.Batch(messages);
    }

    /// <summary>A member that is a text; <see langword="null"/> where it is absent or something else.</summary>
    internal static string? TextOf(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
