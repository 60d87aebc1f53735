using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RunnerFleet.Compute;

namespace RunnerFleet.Testing.Aws;

/// <summary>A revision of a task definition.</summary>
internal sealed partial class EcsStoredDefinition
{
    private static readonly string[] s_known =
    [
        "family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "requiresCompatibilities", "cpu", "memory", "ephemeralStorage", "runtimePlatform", "tags",
    ];

    private readonly JsonObject _content;

    private EcsStoredDefinition(JsonElement request, string arn, int revision)
    {
        Family = request.Text("family")!;
        (Arn, Revision) = (arn, revision);
        _content = JsonObject.Create(request)!;
        _content.Remove("tags");
        var container = request.Items("containerDefinitions")[0];
        (Container, Image) = (container.Text("name")!, container.Text("image")!);
        CpuArchitecture = request.Member("runtimePlatform")?.Text("cpuArchitecture") ?? "X86_64";
        IsForFargate = request.Texts("requiresCompatibilities").Contains("FARGATE") || (request.Text("networkMode") == "awsvpc" && Fits(request));
        IsAwsvpc = request.Text("networkMode") == "awsvpc";
        (TaskRole, ExecutionRole) = (request.Text("taskRoleArn"), request.Text("executionRoleArn"));
        (Cpu, Memory, Disk) = (request.Size("cpu"), request.Size("memory"), request.Member("ephemeralStorage")?.Number("sizeInGiB"));
        Tags = EcsRunTaskRules.TagsOf(request);
    }

    public string Family { get; }

    public int Revision { get; }

    public string Arn { get; }

    public string Container { get; }

    public string Image { get; }

    public string CpuArchitecture { get; }

    public bool IsForFargate { get; }

    public bool IsAwsvpc { get; }

    public string? TaskRole { get; }

    public string? ExecutionRole { get; }

    public int? Cpu { get; }

    public int? Memory { get; }

    public int? Disk { get; }

    public IReadOnlyDictionary<string, string> Tags { get; }

    public bool IsActive { get; set; } = true;

    /// <exception cref="AwsStandInException">ECS would not register it.</exception>
    public static EcsStoredDefinition Register(JsonElement request, Func<string, int> nextRevision, Func<string, int, string> arnOf)
    {
        request.Knows(s_known);
        var family = request.Text("family") ?? "";
        if (!Name().IsMatch(family))
        {
            throw EcsBody.Client("Family contains invalid characters. Valid characters are letters (uppercase and lowercase), numbers, hyphens and underscores, up to 255 in all.");
        }

        Check(request);
        var revision = nextRevision(family);
        return new(request, arnOf(family, revision), revision);
    }

    public JsonObject ToJson()
    {
        var json = (JsonObject)_content.DeepClone();
        json["taskDefinitionArn"] = Arn;
        json["revision"] = Revision;
        json["status"] = IsActive ? "ACTIVE" : "INACTIVE";
        json["compatibilities"] = IsForFargate ? new JsonArray("EC2", "FARGATE") : new JsonArray("EC2");
        return json;
    }

    private static void Check(JsonElement request)
    {
        if (request.GetRawText().Length > 64 * 1024)
        {
            throw EcsBody.Client("Task definitions must not be larger than 64 KB.");
        }

        var containers = request.Items("containerDefinitions");
        if (containers.Count is < 1 or > 10)
        {
            throw EcsBody.Client("A task definition has 1 to 10 container definitions.");
        }

        foreach (var container in containers)
        {
            Check(container, request);
        }

        if (containers.Select(container => container.Text("name")).Distinct().Count() != containers.Count)
        {
            throw EcsBody.Client("Container names must be unique.");
        }

        if (!containers.Any(container => container.Member("essential") is null || container.Flag("essential")))
        {
            throw EcsBody.Client("At least one container must be marked as essential.");
        }

        if (request.Member("runtimePlatform") is { } platform
            && (platform.Text("cpuArchitecture") is not (null or "X86_64" or "ARM64") || platform.Text("operatingSystemFamily") is not (null or "LINUX")))
        {
            throw EcsBody.Client("The runtime platform is not one that the stand-in's ECS runs.");
        }

        if (request.Member("ephemeralStorage")?.Number("sizeInGiB") is < 21 or > 200)
        {
            throw EcsBody.Client("Invalid ephemeralStorage setting for task. Valid sizes are 21 to 200 GiB.");
        }

        if (request.Texts("requiresCompatibilities").Contains("FARGATE"))
        {
            CheckForFargate(request);
        }
    }

    private static void Check(JsonElement container, JsonElement request)
    {
        container.Knows("name", "image", "essential", "memory", "memoryReservation", "cpu", "stopTimeout", "linuxParameters", "logConfiguration", "environment", "command", "entryPoint");
        if (container.Text("name") is not { } name || !Name().IsMatch(name))
        {
            throw EcsBody.Client("Container.name contains invalid characters.");
        }

        if (container.Text("image") is not { Length: > 0 and <= 255 } image || image.Any(char.IsWhiteSpace))
        {
            throw EcsBody.Client("Container.image contains invalid characters.");
        }

        if (request.Member("memory") is null && container.Number("memory") is null && container.Number("memoryReservation") is null)
        {
            throw EcsBody.Client("Invalid setting for container. At least one of 'memory' or 'memoryReservation' must be specified.");
        }

        if (container.Member("logConfiguration")?.Text("logDriver") is "awslogs" && container.Member("logConfiguration") is { } log
            && (log.Member("options") is not { } options || options.Text("awslogs-group") is null or "" || options.Text("awslogs-region") is null or ""))
        {
            throw EcsBody.Client("Log driver awslogs requires options: awslogs-region, awslogs-group");
        }
    }

    private static void CheckForFargate(JsonElement request)
    {
        if (request.Text("networkMode") != "awsvpc")
        {
            throw EcsBody.Client("Fargate only supports network mode ‘awsvpc’.");
        }

        if (!Fits(request))
        {
            throw EcsBody.Client("No Fargate configuration exists for given values.");
        }

        foreach (var container in request.Items("containerDefinitions"))
        {
            if (container.Number("stopTimeout") is > 120)
            {
                throw EcsBody.Client("Fargate's longest stopTimeout is 120.");
            }

            var driver = container.Member("logConfiguration")?.Text("logDriver");
            if (driver is not (null or "awslogs" or "splunk" or "awsfirelens"))
            {
                throw EcsBody.Client("Fargate supports the log drivers awslogs, splunk and awsfirelens.");
            }

            var isEcr = container.Text("image")!.Contains(".dkr.ecr.", StringComparison.Ordinal);
            if (request.Text("executionRoleArn") is null && (isEcr || driver is not null))
            {
                throw EcsBody.Client($"Fargate requires task definition to have execution role ARN to support {(isEcr ? "ECR images" : $"log driver {driver}")}.");
            }
        }
    }

    private static bool Fits(JsonElement request) => request.Size("cpu") is { } cpu && request.Size("memory") is { } memory && FargateSizes.IsValid(cpu, memory);

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,255}\z")]
    private static partial Regex Name();
}
