using System.Text.Json.Serialization;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>StartBuild as it goes over the wire (AWS CodeBuild API Reference).</summary>
internal sealed record StartBuildCall
{
    public required string ProjectName { get; init; }

    public required string IdempotencyToken { get; init; }

    public string? SourceVersion { get; init; }

    public required IReadOnlyList<VariableWire> EnvironmentVariablesOverride { get; init; }

    public string? EnvironmentTypeOverride { get; init; }

    public string? ImageOverride { get; init; }

    public string? ImagePullCredentialsTypeOverride { get; init; }

    public bool? PrivilegedModeOverride { get; init; }

    public int? TimeoutInMinutesOverride { get; init; }

    public int? QueuedTimeoutInMinutesOverride { get; init; }

    /// <summary>The variables in one order: the same request must have the same bytes, whatever a dictionary does.</summary>
    public static StartBuildCall Of(CodeBuildStart start) => new()
    {
        ProjectName = start.ProjectName,
        IdempotencyToken = start.IdempotencyToken,
        SourceVersion = start.SourceVersion,
        EnvironmentVariablesOverride = [.. start.EnvironmentVariablesOverride.OrderBy(variable => variable.Key, StringComparer.Ordinal).Select(variable => new VariableWire { Name = variable.Key, Value = variable.Value, Type = "PLAINTEXT" })],
        EnvironmentTypeOverride = start.EnvironmentTypeOverride,
        ImageOverride = start.ImageOverride,
        ImagePullCredentialsTypeOverride = start.ImagePullCredentialsTypeOverride,
        PrivilegedModeOverride = start.PrivilegedModeOverride,
        TimeoutInMinutesOverride = start.TimeoutInMinutesOverride,
        QueuedTimeoutInMinutesOverride = start.QueuedTimeoutInMinutesOverride,
    };
}

internal sealed record VariableWire
{
    public string? Name { get; init; }

    public string? Value { get; init; }

    public string? Type { get; init; }
}

internal sealed record StartBuildAnswer
{
    public BuildWire? Build { get; init; }
}

internal sealed record BatchGetBuildsCall
{
    public required IReadOnlyList<string> Ids { get; init; }
}

internal sealed record BatchGetBuildsAnswer
{
    public IReadOnlyList<BuildWire>? Builds { get; init; }
}

internal sealed record ListBuildsForProjectCall
{
    public required string ProjectName { get; init; }

    public string SortOrder { get; init; } = "DESCENDING";
}

internal sealed record ListBuildsForProjectAnswer
{
    public IReadOnlyList<string>? Ids { get; init; }
}

internal sealed record BuildWire
{
    public required string Id { get; init; }

    public string? BuildStatus { get; init; }

    public bool BuildComplete { get; init; }

    public DateTimeOffset? StartTime { get; init; }

    public DateTimeOffset? EndTime { get; init; }

    public IReadOnlyList<PhaseWire>? Phases { get; init; }

    public EnvironmentWire? Environment { get; init; }

    public IReadOnlyList<VariableWire>? ExportedEnvironmentVariables { get; init; }

    public LogsWire? Logs { get; init; }

    public CodeBuildBuild ToBuild() => new()
    {
        Id = Id,
        BuildStatus = BuildStatus,
        BuildComplete = BuildComplete,
        StartTime = StartTime,
        EndTime = EndTime,
        Phases = [.. Phases?.Select(phase => phase.ToPhase()) ?? []],
        EnvironmentVariables = ToDictionary(Environment?.EnvironmentVariables),
        ExportedEnvironmentVariables = ToDictionary(ExportedEnvironmentVariables),
        LogsDeepLink = Logs?.DeepLink,
    };

    private static Dictionary<string, string> ToDictionary(IReadOnlyList<VariableWire>? variables)
    {
        var dictionary = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in variables ?? [])
        {
            dictionary.TryAdd(variable.Name ?? "", variable.Value ?? "");
        }

        return dictionary;
    }
}

internal sealed record PhaseWire
{
    public string? PhaseType { get; init; }

    public string? PhaseStatus { get; init; }

    public IReadOnlyList<ContextWire>? Contexts { get; init; }

    public CodeBuildPhase ToPhase() => new()
    {
        PhaseType = PhaseType ?? "",
        PhaseStatus = PhaseStatus,
        Message = string.Join(" ", Contexts?.Select(context => context.ToString()) ?? []).Trim() is { Length: > 0 } words ? words : null,
    };
}

internal sealed record ContextWire
{
    public string? StatusCode { get; init; }

    public string? Message { get; init; }

    public override string ToString() => string.Join(": ", new[] { StatusCode, Message }.Where(text => !string.IsNullOrWhiteSpace(text)));
}

internal sealed record EnvironmentWire
{
    public IReadOnlyList<VariableWire>? EnvironmentVariables { get; init; }
}

internal sealed record LogsWire
{
    public string? DeepLink { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(AwsTimeConverter)])]
[JsonSerializable(typeof(StartBuildCall))]
[JsonSerializable(typeof(StartBuildAnswer))]
[JsonSerializable(typeof(BatchGetBuildsCall))]
[JsonSerializable(typeof(BatchGetBuildsAnswer))]
[JsonSerializable(typeof(ListBuildsForProjectCall))]
[JsonSerializable(typeof(ListBuildsForProjectAnswer))]
internal sealed partial class CodeBuildJson : JsonSerializerContext;
