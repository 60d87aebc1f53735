using System.Text;
using System.Text.Json.Nodes;

namespace RunnerFleet.Aws.Tests.Events;

/// <summary>Payloads as AWS hands them over, of the tests' own making.</summary>
internal static class Payloads
{
    public const string Runner = "01JB6BFTPC940534Y7QZM5K95J";
    public const string Task = "arn:aws:ecs:eu-central-1:123456789012:task/fleet-cluster/0123456789abcdef0123456789abcdef";
    public const string Claim = "the-claim-secret-in-the-overrides";

    public const string Drain = """{"hint":"drain"}""";
    public const string Schedule = """{"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.events","account":"123456789012","time":"2026-11-27T10:00:00Z","region":"eu-central-1","resources":["arn:aws:events:eu-central-1:123456789012:rule/sweep"],"detail":{}}""";

    public static string TaskChanged(Action<JsonObject>? change = null, string fleet = "default", int attempt = 1)
    {
        var detail = new JsonObject
        {
            ["taskArn"] = Task,
            ["clusterArn"] = "arn:aws:ecs:eu-central-1:123456789012:cluster/fleet-cluster",
            ["startedBy"] = $"{fleet}/{Runner}/{attempt}",
            ["lastStatus"] = "STOPPED",
            ["desiredStatus"] = "STOPPED",
            ["createdAt"] = "2026-11-27T10:00:00.5Z",
            ["pullStartedAt"] = "2026-11-27T10:00:10Z",
            ["startedAt"] = "2026-11-27T10:00:40Z",
            ["stoppedAt"] = "2026-11-27T10:05:00.25Z",
            ["stopCode"] = "EssentialContainerExited",
            ["stoppedReason"] = "Essential container in task exited",
            ["containers"] = new JsonArray(new JsonObject { ["name"] = "runner", ["lastStatus"] = "STOPPED", ["exitCode"] = 0, ["cpu"] = "0" }),
            ["overrides"] = new JsonObject
            {
                ["containerOverrides"] = new JsonArray(new JsonObject { ["name"] = "runner", ["environment"] = new JsonArray(new JsonObject { ["name"] = "RUNNERFLEET_CLAIM_SECRET", ["value"] = Claim }) }),
            },
            ["version"] = 7,
        };
        change?.Invoke(detail);
        return Event("aws.ecs", "ECS Task State Change", detail);
    }

    public static string Event(string source, string type, JsonNode? detail) => new JsonObject
    {
        ["version"] = "0",
        ["id"] = "c030038d-8c4d-6141-9545-00ff7b7153ec",
        ["detail-type"] = type,
        ["source"] = source,
        ["account"] = "123456789012",
        ["time"] = "2026-11-27T10:05:00Z",
        ["region"] = "eu-central-1",
        ["resources"] = new JsonArray(),
        ["detail"] = detail,
    }.ToJsonString();

    public static string BuildChanged(string build) => Event("aws.codebuild", "CodeBuild Build State Change", new JsonObject { ["build-id"] = build, ["build-status"] = "SUCCEEDED" });

    public static string Batch(params (string Id, string Body)[] messages) => new JsonObject
    {
        ["Records"] = new JsonArray([.. messages.Select(message => new JsonObject { ["messageId"] = message.Id, ["body"] = message.Body, ["eventSource"] = "aws:sqs" })]),
    }.ToJsonString();

    public static byte[] Bytes(this string payload) => Encoding.UTF8.GetBytes(payload);
}
