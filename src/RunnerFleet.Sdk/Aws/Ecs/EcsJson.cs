using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RunnerFleet.Aws.Ecs;

// What ECS takes and sends, as far as the fleet writes and reads it. Of what ECS sends everything may be absent: whether it may, is for the reader to say.

internal sealed record StopTaskCall
{
    public required string Cluster { get; init; }

    public required string Task { get; init; }

    public required string Reason { get; init; }
}

internal sealed record DescribeTasksCall
{
    public required string Cluster { get; init; }

    public required IReadOnlyCollection<string> Tasks { get; init; }
}

internal sealed record DescribeTaskDefinitionCall
{
    public required string TaskDefinition { get; init; }
}

internal sealed record ListTasksAnswer
{
    public IReadOnlyList<string?>? TaskArns { get; init; }

    public string? NextToken { get; init; }
}

internal sealed record TaskDefinitionAnswer
{
    public TaskDefinitionDetail? TaskDefinition { get; init; }

    public EcsTaskDefinition? Read() => TaskDefinition is { TaskDefinitionArn: { Length: > 0 } arn } definition ? new() { TaskDefinitionArn = arn, Status = definition.Status ?? "" } : null;
}

internal sealed record TaskDefinitionDetail
{
    public string? TaskDefinitionArn { get; init; }

    public string? Status { get; init; }
}

internal sealed record TaskAnswer
{
    public TaskDetail? Task { get; init; }
}

internal sealed record TasksAnswer
{
    public IReadOnlyList<TaskDetail?>? Tasks { get; init; }

    public IReadOnlyList<FailureDetail?>? Failures { get; init; }

    public IReadOnlyList<EcsTask> ReadTasks() => [.. (Tasks ?? []).Select(task => task?.Read()).OfType<EcsTask>()];

    public IReadOnlyList<EcsFailure> ReadFailures() =>
        [.. (Failures ?? []).OfType<FailureDetail>().Select(failure => new EcsFailure { Arn = failure.Arn, Reason = failure.Reason ?? "", Detail = failure.Detail })];
}

internal sealed record FailureDetail
{
    public string? Arn { get; init; }

    public string? Reason { get; init; }

    public string? Detail { get; init; }
}

/// <summary>A task, as in answers and as in the detail of its events.</summary>
internal sealed record TaskDetail
{
    public string? TaskArn { get; init; }

    public string? ClusterArn { get; init; }

    public string? LastStatus { get; init; }

    public string? DesiredStatus { get; init; }

    public string? StartedBy { get; init; }

    [JsonConverter(typeof(EcsTime))]
    public DateTimeOffset? CreatedAt { get; init; }

    [JsonConverter(typeof(EcsTime))]
    public DateTimeOffset? PullStartedAt { get; init; }

    [JsonConverter(typeof(EcsTime))]
    public DateTimeOffset? StartedAt { get; init; }

    [JsonConverter(typeof(EcsTime))]
    public DateTimeOffset? StoppedAt { get; init; }

    public string? StopCode { get; init; }

    public string? StoppedReason { get; init; }

    public IReadOnlyList<ContainerDetail?>? Containers { get; init; }

    public EcsTask? Read() => TaskArn is not { Length: > 0 } arn ? null : new()
    {
        TaskArn = arn,
        ClusterArn = ClusterArn ?? "",
        LastStatus = LastStatus ?? "",
        DesiredStatus = DesiredStatus,
        StartedBy = StartedBy,
        CreatedAt = CreatedAt,
        PullStartedAt = PullStartedAt,
        StartedAt = StartedAt,
        StoppedAt = StoppedAt,
        StopCode = StopCode,
        StoppedReason = StoppedReason,
        Containers = [.. (Containers ?? []).OfType<ContainerDetail>().Select(one => new EcsContainer { Name = one.Name, ExitCode = one.ExitCode, Reason = one.Reason })],
    };
}

internal sealed record ContainerDetail
{
    public string? Name { get; init; }

    public int? ExitCode { get; init; }

    public string? Reason { get; init; }
}

/// <summary>Times are epoch seconds in answers and ISO 8601 in events. One that cannot be read is none: no task is lost for it.</summary>
internal sealed class EcsTime : JsonConverter<DateTimeOffset?>
{
    public override DateTimeOffset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetDouble(out var seconds) && seconds is > 0 and < 253402300800: // the year 10000
                return DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Round(seconds * 1000));
            case JsonTokenType.String when DateTimeOffset.TryParse(reader.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time):
                return time;
            default:
                reader.Skip();
                return null;
        }
    }

    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options)
    {
        if (value is { } time)
        {
            writer.WriteStringValue(time);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunTaskCall))]
[JsonSerializable(typeof(TasksAnswer))]
[JsonSerializable(typeof(StopTaskCall))]
[JsonSerializable(typeof(TaskAnswer))]
[JsonSerializable(typeof(DescribeTasksCall))]
[JsonSerializable(typeof(EcsListTasksRequest))]
[JsonSerializable(typeof(ListTasksAnswer))]
[JsonSerializable(typeof(RegisterTaskDefinitionCall))]
[JsonSerializable(typeof(DescribeTaskDefinitionCall))]
[JsonSerializable(typeof(TaskDefinitionAnswer))]
[JsonSerializable(typeof(EcsRegisterTaskDefinitionRequest))]
internal sealed partial class EcsJson : JsonSerializerContext;
