using System.Globalization;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws;

/// <summary>Tasks as ECS writes them: in answers with times as epoch seconds, in events as text.</summary>
internal static class EcsTaskJson
{
    public static JsonObject Answer(EcsTaskLife task, bool withTags)
    {
        var json = Content(task, time => JsonValue.Create(time.ToUnixTimeMilliseconds() / 1000.0));
        if (withTags)
        {
            json["tags"] = new JsonArray([.. task.Tags.Select(tag => (JsonNode)new JsonObject { ["key"] = tag.Key, ["value"] = tag.Value })]);
        }

        return json;
    }

    /// <summary>Clear text of the environment included: whoever receives task events sees it.</summary>
    public static JsonObject Event(EcsTaskLife task, string id, string region, string account)
    {
        var detail = Content(task, time => JsonValue.Create(Text(time)));
        detail["updatedAt"] = Text(task.UpdatedAt);
        return new()
        {
            ["version"] = "0",
            ["id"] = id,
            ["detail-type"] = "ECS Task State Change",
            ["source"] = "aws.ecs",
            ["account"] = account,
            ["time"] = task.UpdatedAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["region"] = region,
            ["resources"] = new JsonArray(task.Arn),
            ["detail"] = detail,
        };
    }

    private static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static JsonObject Content(EcsTaskLife task, Func<DateTimeOffset, JsonNode> time)
    {
        var json = new JsonObject
        {
            ["attachments"] = new JsonArray(new JsonObject
            {
                ["id"] = IdOf(task),
                ["type"] = "ElasticNetworkInterface",
                ["status"] = task.LastStatus switch { "PROVISIONING" => "PRECREATED", "DEPROVISIONING" or "STOPPED" => "DELETED", _ => "ATTACHED" },
                ["details"] = new JsonArray(new JsonObject { ["name"] = "subnetId", ["value"] = task.Subnet }),
            }),
            ["clusterArn"] = task.ClusterArn,
            ["containers"] = new JsonArray(Container(task)),
            ["cpu"] = task.Cpu.ToString(CultureInfo.InvariantCulture),
            ["createdAt"] = time(task.CreatedAt),
            ["desiredStatus"] = task.DesiredStatus,
            ["group"] = $"family:{task.Definition.Family}",
            ["lastStatus"] = task.LastStatus,
            ["memory"] = task.Memory.ToString(CultureInfo.InvariantCulture),
            ["overrides"] = task.Overrides is { } overrides ? JsonObject.Create(overrides) : new JsonObject { ["containerOverrides"] = new JsonArray() },
            ["taskArn"] = task.Arn,
            ["taskDefinitionArn"] = task.Definition.Arn,
            ["version"] = task.Version,
            ["ephemeralStorage"] = new JsonObject { ["sizeInGiB"] = task.Disk },
        };
        Put(json, "startedBy", task.StartedBy);
        Put(json, "stopCode", task.StopCode);
        Put(json, "stoppedReason", task.StoppedReason);
        Put(json, "platformVersion", task.PlatformVersion);

        // A task of a capacity provider shows that, one of a launch type that.
        json[task.Provider == "FARGATE" ? "launchType" : "capacityProviderName"] = task.Provider;
        (string Name, DateTimeOffset? At)[] times =
        [
            ("pullStartedAt", task.PullStartedAt), ("pullStoppedAt", task.PullStoppedAt), ("startedAt", task.StartedAt),
            ("stoppingAt", task.StoppingAt), ("executionStoppedAt", task.ExecutionStoppedAt), ("stoppedAt", task.StoppedAt),
        ];
        foreach (var (name, at) in times)
        {
            if (at is { } moment)
            {
                json[name] = time(moment);
            }
        }

        return json;
    }

    private static JsonObject Container(EcsTaskLife task)
    {
        var json = new JsonObject
        {
            ["containerArn"] = $"{task.Arn.Replace(":task/", ":container/", StringComparison.Ordinal)}/{task.Definition.Container}",
            ["taskArn"] = task.Arn,
            ["name"] = task.Definition.Container,
            ["image"] = task.Definition.Image,
            ["lastStatus"] = task.LastStatus switch { "DEPROVISIONING" or "STOPPED" => "STOPPED", "RUNNING" or "DEACTIVATING" or "STOPPING" => "RUNNING", _ => "PENDING" },
            ["networkInterfaces"] = new JsonArray(),
            ["cpu"] = "0",
        };
        Put(json, "reason", task.ContainerReason);
        if (task.ExitCode is { } code)
        {
            json["exitCode"] = code;
        }

        return json;
    }

    private static string IdOf(EcsTaskLife task) => task.Arn[(task.Arn.LastIndexOf('/') + 1)..];

    private static void Put(JsonObject json, string name, string? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }
}
