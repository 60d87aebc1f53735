using System.Globalization;

namespace RunnerFleet.Aws.Ecs;

/// <summary>RegisterTaskDefinition on the wire.</summary>
internal sealed record RegisterTaskDefinitionCall
{
    public required string Family { get; init; }

    public string? TaskRoleArn { get; init; }

    public string? ExecutionRoleArn { get; init; }

    public string NetworkMode { get; init; } = "awsvpc";

    public required IReadOnlyList<ContainerDefinition> ContainerDefinitions { get; init; }

    public IReadOnlyList<string>? RequiresCompatibilities { get; init; }

    public required string Cpu { get; init; }

    public required string Memory { get; init; }

    public required RuntimePlatform RuntimePlatform { get; init; }

    public static RegisterTaskDefinitionCall Of(EcsRegisterTaskDefinitionRequest request) => new()
    {
        Family = request.Family,
        TaskRoleArn = request.TaskRoleArn,
        ExecutionRoleArn = request.ExecutionRoleArn,
        ContainerDefinitions =
        [
            new()
            {
                Name = request.Container,
                Image = request.Image,
                MemoryReservation = request.MemoryReservationMiB,
                StopTimeout = request.StopTimeoutSeconds,
                LinuxParameters = request.InitProcessEnabled ? new() { InitProcessEnabled = true } : null,
                LogConfiguration = request.LogDriver is { } driver ? new() { LogDriver = driver, Options = request.LogOptions } : null,
            },
        ],
        RequiresCompatibilities = request.RequiresFargate ? ["FARGATE"] : null,
        Cpu = request.Cpu.ToString(CultureInfo.InvariantCulture),
        Memory = request.MemoryMiB.ToString(CultureInfo.InvariantCulture),
        RuntimePlatform = new() { CpuArchitecture = request.CpuArchitecture, OperatingSystemFamily = request.OperatingSystemFamily },
    };
}

internal sealed record ContainerDefinition
{
    public required string Name { get; init; }

    public required string Image { get; init; }

    public bool Essential { get; init; } = true;

    public int? MemoryReservation { get; init; }

    public int? StopTimeout { get; init; }

    public LinuxParameters? LinuxParameters { get; init; }

    public LogConfiguration? LogConfiguration { get; init; }
}

internal sealed record LinuxParameters
{
    public required bool InitProcessEnabled { get; init; }
}

internal sealed record LogConfiguration
{
    public required string LogDriver { get; init; }

    public required IReadOnlyDictionary<string, string> Options { get; init; }
}

internal sealed record RuntimePlatform
{
    public required string CpuArchitecture { get; init; }

    public required string OperatingSystemFamily { get; init; }
}
