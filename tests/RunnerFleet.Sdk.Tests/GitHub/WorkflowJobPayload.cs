using System.Text;
using System.Text.Json.Nodes;

namespace RunnerFleet.Sdk.Tests.GitHub;

/// <summary>A whole <c>workflow_job</c> payload, to be spoiled by tests.</summary>
internal static class WorkflowJobPayload
{
    internal static JsonObject Create() => JsonNode.Parse("""
        {
          "action": "in_progress",
          "workflow_job": {
            "id": 123456789012, "run_id": 23456789012, "run_attempt": 2, "workflow_name": "Build", "name": "test",
            "url": "https://api.github.com/repos/octo/widgets/actions/jobs/123456789012",
            "html_url": "https://github.com/octo/widgets/actions/runs/23456789012/job/123456789012",
            "status": "in_progress", "conclusion": null,
            "created_at": "2026-11-23T10:00:05Z", "started_at": "2026-11-23T10:00:35Z", "completed_at": null,
            "steps": [ { "name": "Set up job", "status": "completed", "number": 1, "id": 7 } ],
            "labels": [ "self-hosted", "class:Large" ],
            "runner_id": 3000000000, "runner_name": "rf-default-01-1", "runner_group_id": 1, "runner_group_name": "Default"
          },
          "repository": { "id": 700000001, "name": "widgets", "full_name": "octo/widgets", "private": true, "owner": { "login": "octo", "id": 5 }, "license": { "name": "MIT" } },
          "organization": { "login": "octo", "id": 5 },
          "enterprise": { "slug": "octo-corp", "id": 6 },
          "installation": { "id": 55000001, "node_id": "x" },
          "sender": { "login": "someone", "id": 8 }
        }
        """)!.AsObject();

    internal static JsonObject Job(this JsonObject payload) => payload["workflow_job"]!.AsObject();

    internal static JsonObject Repository(this JsonObject payload) => payload["repository"]!.AsObject();

    internal static byte[] ToBytes(this JsonNode payload) => Encoding.UTF8.GetBytes(payload.ToJsonString());
}
