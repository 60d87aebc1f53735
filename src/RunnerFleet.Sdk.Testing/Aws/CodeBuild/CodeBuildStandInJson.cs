using System.Globalization;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws;

/// <summary>A build as CodeBuild's API and its events write it.</summary>
internal static class CodeBuildStandInJson
{
    private static readonly string[] s_phases = ["SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"];

    /// <summary>As BatchGetBuilds answers it.</summary>
    public static JsonObject Build(CodeBuildStandInBuild build, AwsStandIn account)
    {
        var json = new JsonObject
        {
            ["id"] = build.Id,
            ["arn"] = build.Arn,
            ["buildNumber"] = build.Number,
            ["startTime"] = StandInInput.Seconds(build.StartTime),
            ["currentPhase"] = PhaseNow(build),
            ["buildStatus"] = build.Status,
            ["projectName"] = build.ProjectName,
            ["phases"] = new JsonArray([.. Phases(build).Select(phase => PhaseToJson(phase.Type, phase.Status, build.Message))]),
            ["environment"] = new JsonObject
            {
                ["type"] = build.EnvironmentType,
                ["image"] = build.Image,
                ["computeType"] = "BUILD_GENERAL1_SMALL",
                ["environmentVariables"] = Variables(build.EnvironmentVariables, withType: true),
                ["privilegedMode"] = build.PrivilegedMode,
            },
            ["logs"] = Logs(build, account, "groupName", "streamName", "deepLink"),
            ["timeoutInMinutes"] = (int)build.Timeout.TotalMinutes,
            ["queuedTimeoutInMinutes"] = (int)build.QueuedTimeout.TotalMinutes,
            ["buildComplete"] = build.IsComplete,
            ["initiator"] = "runnerfleet",
            ["exportedEnvironmentVariables"] = Variables(build.ExportedVariables, withType: false),
        };
        if (build.EndTime is { } end)
        {
            json["endTime"] = StandInInput.Seconds(end);
        }

        if (build.SourceVersion is { } source)
        {
            json["sourceVersion"] = source;
        }

        return json;
    }

    /// <summary>As EventBridge delivers its change (AWS CodeBuild User Guide, "Build notifications input format reference").</summary>
    public static JsonObject Event(CodeBuildStandInBuild build, AwsStandIn account, DateTimeOffset now) => new()
    {
        ["version"] = "0",
        ["id"] = string.Create(CultureInfo.InvariantCulture, $"c030038d-8c4d-6141-9545-{build.Number:x12}"),
        ["detail-type"] = "CodeBuild Build State Change",
        ["source"] = "aws.codebuild",
        ["account"] = account.Account,
        ["time"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        ["region"] = account.Region,
        ["resources"] = new JsonArray(JsonValue.Create(build.Arn)),
        ["detail"] = new JsonObject
        {
            ["build-status"] = build.Status,
            ["project-name"] = build.ProjectName,
            ["build-id"] = build.Arn,
            ["additional-information"] = new JsonObject
            {
                ["environment"] = new JsonObject
                {
                    ["image"] = build.Image,
                    ["privileged-mode"] = build.PrivilegedMode,
                    ["compute-type"] = "BUILD_GENERAL1_SMALL",
                    ["type"] = build.EnvironmentType,
                    ["environment-variables"] = Variables(build.EnvironmentVariables, withType: true),
                },
                ["timeout-in-minutes"] = build.Timeout.TotalMinutes,
                ["build-complete"] = build.IsComplete,
                ["initiator"] = "runnerfleet",
                ["build-start-time"] = build.StartTime.UtcDateTime.ToString("MMM d, yyyy h:mm:ss tt", CultureInfo.InvariantCulture),
                ["logs"] = Logs(build, account, "group-name", "stream-name", "deep-link"),
                ["phases"] = new JsonArray([.. Phases(build).Select(phase => EventPhase(phase.Type, phase.Status, build.Message))]),
            },
            ["current-phase"] = PhaseNow(build),
            ["current-phase-context"] = "[]",
            ["version"] = "1",
        },
    };

    private static string PhaseNow(CodeBuildStandInBuild build) => build.IsComplete ? s_phases[^1] : build.Phase;

    private static IEnumerable<(string Type, string? Status)> Phases(CodeBuildStandInBuild build)
    {
        foreach (var phase in s_phases.TakeWhile(phase => phase != build.Phase))
        {
            yield return (phase, "SUCCEEDED");
        }

        yield return (build.Phase, build is { IsComplete: true, Status: not "SUCCEEDED" } ? build.Status : null);
    }

    private static JsonObject PhaseToJson(string type, string? status, string? message)
    {
        var json = new JsonObject { ["phaseType"] = type };
        if (status is not null)
        {
            json["phaseStatus"] = status;
            json["contexts"] = new JsonArray(new JsonObject
            {
                ["statusCode"] = status == "FAILED" ? "COMMAND_EXECUTION_ERROR" : "",
                ["message"] = status == "SUCCEEDED" ? "" : message ?? "",
            });
        }

        return json;
    }

    private static JsonObject EventPhase(string type, string? status, string? message)
    {
        var json = new JsonObject { ["phase-type"] = type };
        if (status is not null)
        {
            json["phase-status"] = status;
            json["phase-context"] = status == "SUCCEEDED" || message is null ? new JsonArray() : new JsonArray(JsonValue.Create(message));
        }

        return json;
    }

    private static JsonArray Variables(IReadOnlyDictionary<string, string> variables, bool withType) => new([.. variables.Select(variable =>
    {
        var json = new JsonObject { ["name"] = variable.Key, ["value"] = variable.Value };
        if (withType)
        {
            json["type"] = "PLAINTEXT";
        }

        return json;
    })]);

    private static JsonObject Logs(CodeBuildStandInBuild build, AwsStandIn account, string group, string stream, string link)
    {
        var (groupName, streamName) = ($"/aws/codebuild/{build.ProjectName}", build.Id[(build.Id.IndexOf(':', StringComparison.Ordinal) + 1)..]);
        return new JsonObject
        {
            [group] = groupName,
            [stream] = streamName,
            [link] = $"https://console.aws.amazon.com/cloudwatch/home?region={account.Region}#logEvent:group={groupName};stream={streamName}",
        };
    }
}
