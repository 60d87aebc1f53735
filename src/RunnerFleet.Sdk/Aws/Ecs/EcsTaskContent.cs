using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Aws.Ecs;

/// <summary>What ECS is asked to run for an attempt. The task definition holds what many tasks share; what is one task's own comes by overrides.</summary>
internal sealed class EcsTaskContent(EcsLauncherOptions options)
{
    /// <summary>The one container of a task.</summary>
    public const string Container = "runner";

    /// <summary>The longest image reference (ECS API reference, ContainerDefinition).</summary>
    public const int MaxImage = 255;

    /// <summary>All overrides of a request together, their JSON included (ECS API reference, RunTask).</summary>
    private const int MaxOverrides = 8192;

    /// <summary>What every Fargate task has, and the most that one can have, in GiB (ECS API reference, EphemeralStorage).</summary>
    private const int IncludedDisk = 20;
    private const int MaxDisk = 200;

    /// <summary>The smallest size of Fargate. Every task overrides it.</summary>
    private const int BaseCpu = 256;
    private const int BaseMemory = 512;

    /// <summary>A soft limit below every size. It takes nothing from a container that is alone in its task; emulators such as moto place no task whose container names no memory at all.</summary>
    private const int SoftMemory = 128;

    /// <summary>What the entry point of <c>runner/</c> calls its own grace time, and what it needs after that to say that it ends.</summary>
    private const string StopSeconds = "RUNNERFLEET_STOP_SECONDS";
    private const int BeforeTheKill = 5;

    /// <summary>Says why Fargate does not run such a task; <see langword="null"/> when it does.</summary>
    public static string? SizeObjection(int cpu, int memoryMiB, int? diskGiB) => diskGiB > MaxDisk
        ? $"Fargate gives a task at most {MaxDisk} GiB of disk, not {diskGiB}. Ask for less, or map the class to a capacity provider of the ECS launcher (ClassCapacityProviders)."
        : FargateSizes.Explain(cpu, memoryMiB);

    public static string? LogRegionOf(EcsLauncherOptions options) =>
        options.LogRegion ?? (options.Cluster?.Split(':') is [_, _, _, { Length: > 0 } region, ..] ? region : null);

    /// <summary>The capacity provider of a plan; <see langword="null"/> for Fargate's launch type.</summary>
    public string? ProviderOf(LaunchPlan plan) => InstancesOf(plan) ?? (plan.Capacity == CapacityKind.Spot ? "FARGATE_SPOT" : null);

    /// <summary>What is wrong with a request, whatever ECS says.</summary>
    public string? Objection(LaunchRequest request)
    {
        var plan = request.Plan;
        if (ImageOf(plan) is not { Length: > 0 } image)
        {
            return "There is no image: use an image builder and set RunnerFleet:Labels:DefaultImage, or set the ECS launcher's DefaultImage to a runner image.";
        }

        if (image.Length > MaxImage)
        {
            return $"The image reference has {image.Length} characters, and ECS takes {MaxImage}. Shorten the repository's name.";
        }

        if (!request.Environment.ContainsKey(RunnerEnvironment.ControlPlaneUrl) || !request.Environment.ContainsKey(RunnerEnvironment.ClaimSecret))
        {
            return $"The launch has no {RunnerEnvironment.ControlPlaneUrl} or no {RunnerEnvironment.ClaimSecret} in its environment, so the runner could not claim its registration.";
        }

        if (plan.ControlPlaneUrl.IsLoopback)
        {
            return $"A task cannot reach the control plane at {plan.ControlPlaneUrl}: that address means the task itself. Set RunnerFleet:PublicUrl to an address that the subnets of the ECS launcher reach.";
        }

        return InstancesOf(plan) is null ? SizeObjection(plan.Cpu, plan.MemoryMiB, plan.DiskGiB) : null;
    }

    /// <summary>What is wrong with what would be sent.</summary>
    public static string? Objection(EcsRunTaskRequest task) => RunTaskCall.LengthOfOverrides(task) is > MaxOverrides and var length
        ? $"The task's environment and sizes have {length} characters as JSON, and ECS takes {MaxOverrides}. Give the ECS launcher fewer or shorter EnvironmentVariables."
        : null;

    /// <summary>The definition of a plan's tasks, named by its content: whoever renders the same finds it under the same name.</summary>
    public EcsRegisterTaskDefinitionRequest DefinitionOf(LaunchPlan plan, string fleet)
    {
        var definition = new EcsRegisterTaskDefinitionRequest
        {
            Family = "",
            Container = Container,
            Image = ImageOf(plan)!,
            CpuArchitecture = plan.Architecture == "arm64" ? "ARM64" : "X86_64",
            OperatingSystemFamily = "LINUX",
            RequiresFargate = InstancesOf(plan) is null,
            Cpu = BaseCpu,
            MemoryMiB = BaseMemory,
            MemoryReservationMiB = SoftMemory,
            ExecutionRoleArn = options.ExecutionRoleArn,
            TaskRoleArn = options.TaskRoleArn,
            StopTimeoutSeconds = options.StopTimeoutSeconds,
            InitProcessEnabled = true, // reaps what a job leaves behind, and passes a stop on, whatever the image's own program does as process 1
            LogDriver = options.LogGroup is null ? null : "awslogs",
            LogOptions = LogOptions(),
        };
        var hash = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(definition, EcsJson.Default.EcsRegisterTaskDefinitionRequest));
        return definition with { Family = $"{fleet}-{Convert.ToHexStringLower(hash.AsSpan(0, 16))}" };
    }

    public EcsRunTaskRequest TaskOf(LaunchRequest request, string taskDefinition)
    {
        var plan = request.Plan;
        var instances = InstancesOf(plan);
        return new()
        {
            Cluster = options.Cluster!,
            TaskDefinition = taskDefinition,
            ClientToken = request.Identity.Token,
            StartedBy = request.Identity.Token,
            CapacityProvider = ProviderOf(plan),
            PlatformVersion = instances is null ? options.PlatformVersion : null, // instances have none, and ECS refuses one for them
            Subnets = [.. options.Subnets],
            SecurityGroups = [.. options.SecurityGroups],
            AssignPublicIp = options.AssignPublicIp && instances is null,
            Container = Container,
            Environment = EnvironmentOf(request),
            Cpu = plan.Cpu,
            MemoryMiB = plan.MemoryMiB,
            EphemeralStorageGiB = instances is null && plan.DiskGiB > IncludedDisk ? plan.DiskGiB : null,
            Tags = TagsOf(request),
            PropagateTags = options.PropagateTags,
            EnableEcsManagedTags = true,
            EnableExecuteCommand = options.EnableExecuteCommand,
        };
    }

    private string? ImageOf(LaunchPlan plan) => plan.Image ?? options.DefaultImage;

    private string? InstancesOf(LaunchPlan plan) => options.ClassCapacityProviders.TryGetValue(plan.ClassName, out var provider) ? provider : null;

    private SortedDictionary<string, string> LogOptions() => options.LogGroup is null ? [] : new(StringComparer.Ordinal)
    {
        ["awslogs-group"] = options.LogGroup,
        ["awslogs-region"] = LogRegionOf(options) ?? "",
        ["awslogs-stream-prefix"] = options.LogStreamPrefix,
        ["mode"] = "non-blocking", // else a job stands still while its log cannot be delivered
    };

    private SortedDictionary<string, string> EnvironmentOf(LaunchRequest request)
    {
        var environment = new SortedDictionary<string, string>(options.EnvironmentVariables, StringComparer.Ordinal)
        {
            [StopSeconds] = Math.Max(1, options.StopTimeoutSeconds - BeforeTheKill).ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in request.Environment)
        {
            environment[name] = value;
        }

        return environment;
    }

    private SortedDictionary<string, string> TagsOf(LaunchRequest request)
    {
        var tags = new SortedDictionary<string, string>(options.Tags, StringComparer.Ordinal)
        {
            [EcsTags.KeyOf("fleet")] = request.Identity.Fleet,
            [EcsTags.KeyOf("runner")] = request.Identity.RunnerId,
        };
        foreach (var (key, value) in request.Tags)
        {
            if (tags.Count < EcsTags.Max)
            {
                tags.TryAdd(EcsTags.KeyOf(key), EcsTags.ValueOf(value));
            }
        }

        return tags;
    }
}
