using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RunnerFleet.Testing.Aws;

/// <summary>CodeBuild's API (AWS CodeBuild API Reference).</summary>
internal sealed partial class CodeBuildStandInService(CodeBuildStandIn codeBuild, TimeProvider clock) : AwsStandInService("CodeBuild_20161006", "codebuild")
{
    private const string InvalidInput = "InvalidInputException";

    private static readonly TimeSpan TokenHolds = TimeSpan.FromMinutes(5);

    private static readonly string[] s_environmentTypes =
    [
        "WINDOWS_CONTAINER", "LINUX_CONTAINER", "LINUX_GPU_CONTAINER", "ARM_CONTAINER", "WINDOWS_SERVER_2019_CONTAINER", "WINDOWS_SERVER_2022_CONTAINER",
        "LINUX_LAMBDA_CONTAINER", "ARM_LAMBDA_CONTAINER", "LINUX_EC2", "ARM_EC2", "WINDOWS_EC2", "MAC_ARM",
    ];

    private readonly Dictionary<string, (JsonElement Request, string BuildId, DateTimeOffset At)> _tokens = new(StringComparer.Ordinal);

    public static bool IsProjectName(string name) => ProjectGrammar().IsMatch(name);

    public override JsonObject Answer(string operation, JsonElement body) => operation switch
    {
        "StartBuild" => new JsonObject { ["build"] = codeBuild.Describe(StartBuild(body)) },
        "BatchGetBuilds" => BatchGetBuilds(new StandInInput(body, InvalidInput, ["ids"])),
        "ListBuildsForProject" => ListBuilds(new StandInInput(body, InvalidInput, ["projectName", "sortOrder", "nextToken"])),
        _ => throw UnknownOperation(operation),
    };

    private CodeBuildStandInBuild StartBuild(JsonElement body)
    {
        var input = new StandInInput(body, InvalidInput,
        [
            "projectName", "idempotencyToken", "sourceVersion", "environmentVariablesOverride", "environmentTypeOverride", "imageOverride", "computeTypeOverride", "imagePullCredentialsTypeOverride",
            "privilegedModeOverride", "timeoutInMinutesOverride", "queuedTimeoutInMinutesOverride", "buildspecOverride",
        ]);
        var project = input.Text("projectName") ?? "";
        input.Check(IsProjectName(project), "Only alphanumeric characters, dash, and underscore are supported");
        var token = input.Text("idempotencyToken");
        input.Check(!string.IsNullOrEmpty(token), "A fleet's builds carry an idempotencyToken: without one, a request that is sent again starts another build.");
        var fill = Read(input);
        var now = clock.GetUtcNow();
        if (_tokens.TryGetValue(token!, out var known) && now - known.At < TokenHolds)
        {
            input.Check(JsonElement.DeepEquals(known.Request, body), "The idempotency token was used with other parameters: parameter mismatch.");
            return codeBuild.Find(known.BuildId)!;
        }

        if (!codeBuild.HasProject(project))
        {
            throw new AwsStandInException("ResourceNotFoundException", $"Project cannot be found: {project}");
        }

        var build = codeBuild.Accept(project, fill);
        _tokens[token!] = (body, build.Id, now);
        return build;
    }

    private static Func<CodeBuildStandInBuild, CodeBuildStandInBuild> Read(StandInInput input)
    {
        var variables = ReadVariables(input);
        var type = input.Text("environmentTypeOverride");
        input.Check(type is null || s_environmentTypes.Contains(type), $"Invalid environmentTypeOverride: {type}");
        var image = input.Text("imageOverride");
        input.Check(image is not "", "Invalid imageOverride: it is empty");
        var credentials = input.Text("imagePullCredentialsTypeOverride");
        input.Check(credentials is null or "CODEBUILD" or "SERVICE_ROLE", $"Invalid imagePullCredentialsTypeOverride: {credentials}");
        input.Check(image is null || credentials is null || credentials == "CODEBUILD" == image.StartsWith("aws/codebuild/", StringComparison.Ordinal), $"The image {image} is not pulled with the credentials {credentials}");
        var (timeout, queued) = (input.Number("timeoutInMinutesOverride"), input.Number("queuedTimeoutInMinutesOverride"));
        input.Check(timeout is null or (>= 5 and <= 2160), "Invalid timeoutInMinutesOverride: 5 to 2160");
        input.Check(queued is null or (>= 5 and <= 480), "Invalid queuedTimeoutInMinutesOverride: 5 to 480");
        var (source, privileged) = (input.Text("sourceVersion"), input.Flag("privilegedModeOverride"));
        return build => build with
        {
            SourceVersion = source,
            EnvironmentVariables = variables,
            EnvironmentType = type ?? build.EnvironmentType,
            Image = image ?? build.Image,
            PrivilegedMode = privileged ?? build.PrivilegedMode,
            Timeout = timeout is { } minutes ? TimeSpan.FromMinutes(minutes) : build.Timeout,
            QueuedTimeout = queued is { } queuedMinutes ? TimeSpan.FromMinutes(queuedMinutes) : build.QueuedTimeout,
        };
    }

    private static Dictionary<string, string> ReadVariables(StandInInput input)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in input.Items("environmentVariablesOverride") ?? [])
        {
            var variable = new StandInInput(item, InvalidInput, ["name", "value", "type"]);
            var name = variable.Text("name") ?? "";
            variable.Check(VariableGrammar().IsMatch(name), $"Invalid environment variable name: '{name}'");
            variable.Check(!name.StartsWith("CODEBUILD_", StringComparison.Ordinal), $"Environment variable names that begin with CODEBUILD_ are reserved: {name}");
            variable.Check(variable.Text("type") is null or "PLAINTEXT" or "PARAMETER_STORE" or "SECRETS_MANAGER", $"Invalid type of environment variable {name}");
            var value = variable.Text("value") ?? throw variable.Refuse($"The environment variable {name} has no value");
            variable.Check(variables.TryAdd(name, value), $"The environment variable {name} is given twice");
        }

        return variables;
    }

    private JsonObject BatchGetBuilds(StandInInput input)
    {
        var items = input.Items("ids") ?? [];
        input.Check(items.Count is >= 1 and <= 100, "Invalid ids: 1 to 100 are read at once");
        var ids = items.Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw input.Refuse("An id is a string.")).Distinct().ToList();
        input.Check(ids.TrueForAll(id => id.Contains(':', StringComparison.Ordinal)), "Invalid build ID provided");
        var builds = ids.Select(id => (Id: id, Build: codeBuild.Find(id))).ToList();
        return new JsonObject
        {
            ["builds"] = new JsonArray([.. builds.Where(b => b.Build is not null).Select(b => codeBuild.Describe(b.Build!))]),
            ["buildsNotFound"] = new JsonArray([.. builds.Where(b => b.Build is null).Select(b => JsonValue.Create(b.Id))]),
        };
    }

    private JsonObject ListBuilds(StandInInput input)
    {
        var project = input.Text("projectName") ?? "";
        input.Check(IsProjectName(project), "Only alphanumeric characters, dash, and underscore are supported");
        var order = input.Text("sortOrder") ?? "DESCENDING";
        input.Check(order is "ASCENDING" or "DESCENDING", $"Invalid sortOrder: {order}");
        if (!codeBuild.HasProject(project))
        {
            throw new AwsStandInException("ResourceNotFoundException", $"The provided project {project} does not exist");
        }

        var ids = codeBuild.IdsOf(project);
        return new JsonObject { ["ids"] = new JsonArray([.. (order == "DESCENDING" ? ids.Reverse() : ids).Take(100).Select(id => JsonValue.Create(id))]) };
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_-]{1,149}\z")]
    private static partial Regex ProjectGrammar();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex VariableGrammar();
}
