using System.Text.Json;
using System.Text.RegularExpressions;

namespace RunnerFleet.Testing.Aws;

/// <summary>What ECS checks of a RunTask before it looks for a place. Limits: ECS API reference, RunTask, TaskOverride, AwsVpcConfiguration, Tag.</summary>
internal static partial class EcsRunTaskRules
{
    private static readonly string[] s_known =
    [
        "cluster", "taskDefinition", "count", "clientToken", "startedBy", "launchType", "capacityProviderStrategy", "platformVersion", "networkConfiguration", "overrides", "tags",
        "propagateTags", "enableECSManagedTags", "enableExecuteCommand",
    ];

    /// <summary>What can be said without knowing anything but the request.</summary>
    /// <exception cref="AwsStandInException">ECS would refuse it.</exception>
    public static void Check(JsonElement request)
    {
        request.Knows(s_known);
        Require(request.Text("taskDefinition") is { Length: > 0 }, "Task definition can not be blank.");
        Require(request.Number("count") is null or (>= 1 and <= 10), "Count must be between 1 and 10.");
        Require(request.Text("clientToken") is not { } token || Token().IsMatch(token), "clientToken must have 1 to 64 characters, each in the range of 33-126.");
        Require(request.Text("startedBy") is not { } startedBy || StartedBy().IsMatch(startedBy), "startedBy must have up to 128 letters, numbers, hyphens, forward slashes and underscores.");
        Require(request.Text("propagateTags") is null or "TASK_DEFINITION" or "NONE", "The value SERVICE for propagateTags is not supported for RunTask.");
        TagsOf(request);
        CheckStrategy(request);
        CheckOverrides(request);
    }

    /// <summary>What depends on the task definition, and on where it shall run.</summary>
    /// <exception cref="AwsStandInException">ECS would refuse it.</exception>
    public static void Check(JsonElement request, EcsStoredDefinition definition, bool isFargate)
    {
        Require(!isFargate || definition.IsForFargate, "Task definition does not support launch_type FARGATE.");
        Require(isFargate || request.Text("platformVersion") is null, "The platform version must be null when specifying an EC2 launch type.");
        Require(!request.Flag("enableExecuteCommand") || definition.TaskRole is not null, "The task couldn't be run because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again.");
        if (request.Text("platformVersion") is not (null or "LATEST" or "1.4.0" or "1.3.0"))
        {
            throw new AwsStandInException("PlatformUnknownException", "The specified platform does not exist.");
        }

        if (definition.IsAwsvpc)
        {
            CheckNetwork(request, isFargate);
        }

        foreach (var container in request.Member("overrides")?.Items("containerOverrides") ?? [])
        {
            var name = container.Text("name");
            Require(name == definition.Container, $"Override for container named {name} is not a container in the TaskDefinition.");
        }
    }

    public static IReadOnlyDictionary<string, string> TagsOf(JsonElement request)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in request.Items("tags"))
        {
            tag.Knows("key", "value");
            var (key, value) = (tag.Text("key") ?? "", tag.Text("value") ?? "");
            Require(key.Length is >= 1 and <= 128 && value.Length <= 256 && TagText().IsMatch(key) && TagText().IsMatch(value), $"The tag '{key}' has invalid characters, or too many.");
            Require(!key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase), "Tag keys must not begin with aws:.");
            Require(tags.TryAdd(key, value), $"Duplicate tag keys found: {key}.");
        }

        Require(tags.Count <= 50, "The maximum number of tags is 50.");
        return tags;
    }

    private static void CheckStrategy(JsonElement request)
    {
        var strategy = request.Items("capacityProviderStrategy");
        Require(strategy.Count == 0 || request.Member("launchType") is null, "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.");
        Require(strategy.Count <= 20, "A capacity provider strategy can contain a maximum of 20 capacity providers.");
        foreach (var item in strategy)
        {
            item.Knows("capacityProvider", "weight", "base");
            Require(item.Text("capacityProvider") is { Length: > 0 }, "capacityProvider can not be blank.");
            Require(item.Number("weight") is null or (>= 0 and <= 1000), "The weight must be between 0 and 1000.");
            Require(item.Number("base") is null or (>= 0 and <= 100_000), "The base must be between 0 and 100000.");
        }

        Require(strategy.Count(item => item.Number("base") > 0) <= 1, "Only one capacity provider in a strategy can have a base defined.");
        Require(strategy.Count == 0 || strategy.Any(item => item.Number("weight") > 0), "At least one capacity provider in a strategy needs a weight greater than 0.");
        var fargate = strategy.Count(item => IsFargate(item.Text("capacityProvider")!));
        Require(fargate == 0 || fargate == strategy.Count, "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate.");
    }

    private static void CheckOverrides(JsonElement request)
    {
        if (request.Member("overrides") is not { } overrides)
        {
            return;
        }

        overrides.Knows("cpu", "memory", "ephemeralStorage", "containerOverrides", "taskRoleArn", "executionRoleArn");
        Require(overrides.GetRawText().Length <= 8192, "Container Overrides length must be at most 8192");
        Require(overrides.Member("ephemeralStorage") is not { } storage || storage.Number("sizeInGiB") is >= 21 and <= 200, "Invalid ephemeralStorage setting for task. Valid sizes are 21 to 200 GiB.");
        foreach (var container in overrides.Items("containerOverrides"))
        {
            container.Knows("name", "command", "environment", "cpu", "memory", "memoryReservation");
            Require(container.Text("name") is { Length: > 0 }, "Container override name can not be blank.");
            foreach (var variable in container.Items("environment"))
            {
                variable.Knows("name", "value");
                Require(variable.Text("name") is { Length: > 0 } && variable.Text("value") is not null, "Environment variables need a name and a value.");
            }
        }
    }

    private static void CheckNetwork(JsonElement request, bool isFargate)
    {
        Require(request.Member("networkConfiguration")?.Member("awsvpcConfiguration") is not null, "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
        var network = request.Member("networkConfiguration")!.Value.Member("awsvpcConfiguration")!.Value;
        network.Knows("subnets", "securityGroups", "assignPublicIp");
        Require(network.Texts("subnets").Count > 0, "subnets can not be empty.");
        Require(network.Texts("subnets").Count <= 16, "subnets can have at most 16 items.");
        Require(network.Texts("securityGroups").Count <= 5, "securityGroups can have at most 5 items.");
        Require(network.Text("assignPublicIp") is null or "ENABLED" or "DISABLED", "assignPublicIp must be ENABLED or DISABLED.");
        Require(isFargate || network.Text("assignPublicIp") != "ENABLED", "Assign public IP is not supported for this launch type.");
    }

    public static bool IsFargate(string provider) => provider is "FARGATE" or "FARGATE_SPOT";

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw EcsBody.Invalid(message);
        }
    }

    [GeneratedRegex(@"\A[\x21-\x7e]{1,64}\z")]
    private static partial Regex Token();

    [GeneratedRegex(@"\A[A-Za-z0-9_/-]{1,128}\z")]
    private static partial Regex StartedBy();

    [GeneratedRegex(@"\A[\p{L}\p{Z}\p{N}_.:/=+\-@]*\z")]
    private static partial Regex TagText();
}
