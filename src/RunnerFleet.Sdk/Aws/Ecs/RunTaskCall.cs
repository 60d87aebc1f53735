using System.Globalization;
using System.Text.Json;

namespace RunnerFleet.Aws.Ecs;

/// <summary>RunTask on the wire.</summary>
internal sealed record RunTaskCall
{
    public required string Cluster { get; init; }

    public required string TaskDefinition { get; init; }

    public int Count { get; init; } = 1;

    public required string ClientToken { get; init; }

    public required string StartedBy { get; init; }

    public string? LaunchType { get; init; }

    public IReadOnlyList<StrategyItem>? CapacityProviderStrategy { get; init; }

    public string? PlatformVersion { get; init; }

    public required NetworkConfiguration NetworkConfiguration { get; init; }

    public required TaskOverrides Overrides { get; init; }

    public required IReadOnlyList<TagItem> Tags { get; init; }

    public string? PropagateTags { get; init; }

    public bool? EnableECSManagedTags { get; init; }

    public bool? EnableExecuteCommand { get; init; }

    public static RunTaskCall Of(EcsRunTaskRequest request) => new()
    {
        Cluster = request.Cluster,
        TaskDefinition = request.TaskDefinition,
        ClientToken = request.ClientToken,
        StartedBy = request.StartedBy,
        LaunchType = request.CapacityProvider is null ? "FARGATE" : null,
        CapacityProviderStrategy = request.CapacityProvider is { } provider ? [new StrategyItem { CapacityProvider = provider }] : null,
        PlatformVersion = request.PlatformVersion,
        NetworkConfiguration = new()
        {
            AwsvpcConfiguration = new()
            {
                Subnets = request.Subnets,
                SecurityGroups = request.SecurityGroups.Count > 0 ? request.SecurityGroups : null,
                AssignPublicIp = request.AssignPublicIp ? "ENABLED" : "DISABLED",
            },
        },
        Overrides = OverridesOf(request),
        Tags = [.. request.Tags.Select(tag => new TagItem { Key = tag.Key, Value = tag.Value })],
        PropagateTags = request.PropagateTags ? "TASK_DEFINITION" : null,
        EnableECSManagedTags = request.EnableEcsManagedTags ? true : null,
        EnableExecuteCommand = request.EnableExecuteCommand ? true : null,
    };

    /// <summary>How many characters the overrides have, their JSON included, as ECS counts them.</summary>
    public static int LengthOfOverrides(EcsRunTaskRequest request) => JsonSerializer.Serialize(OverridesOf(request), EcsJson.Default.TaskOverrides).Length;

    private static TaskOverrides OverridesOf(EcsRunTaskRequest request) => new()
    {
        Cpu = request.Cpu.ToString(CultureInfo.InvariantCulture),
        Memory = request.MemoryMiB.ToString(CultureInfo.InvariantCulture),
        EphemeralStorage = request.EphemeralStorageGiB is { } size ? new() { SizeInGiB = size } : null,
        ContainerOverrides = [new ContainerOverride { Name = request.Container, Environment = [.. request.Environment.Select(one => new EnvironmentItem { Name = one.Key, Value = one.Value })] }],
    };
}

internal sealed record StrategyItem
{
    public required string CapacityProvider { get; init; }

    public int Weight { get; init; } = 1;
}

internal sealed record NetworkConfiguration
{
    public required AwsvpcConfiguration AwsvpcConfiguration { get; init; }
}

internal sealed record AwsvpcConfiguration
{
    public required IReadOnlyList<string> Subnets { get; init; }

    public IReadOnlyList<string>? SecurityGroups { get; init; }

    public required string AssignPublicIp { get; init; }
}

internal sealed record TaskOverrides
{
    public required string Cpu { get; init; }

    public required string Memory { get; init; }

    public EphemeralStorage? EphemeralStorage { get; init; }

    public required IReadOnlyList<ContainerOverride> ContainerOverrides { get; init; }
}

internal sealed record EphemeralStorage
{
    public required int SizeInGiB { get; init; }
}

internal sealed record ContainerOverride
{
    public required string Name { get; init; }

    public required IReadOnlyList<EnvironmentItem> Environment { get; init; }
}

internal sealed record EnvironmentItem
{
    public required string Name { get; init; }

    public required string Value { get; init; }
}

internal sealed record TagItem
{
    public required string Key { get; init; }

    public required string Value { get; init; }
}
