using System.Text.Json;
using System.Text.Json.Serialization;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Storage;

/// <summary>Turns records into JSON and back, for stores that keep documents. Unknown members are ignored and absent ones take their defaults, so that an older or a newer version of the SDK can read the same store.</summary>
/// <remarks>
/// The generated reader sets every <c>init</c> member, those that are absent to <see langword="null"/> or 0: an initializer alone is lost on the way.
/// A member of a record whose default is neither therefore says its default in <c>init</c> too.
/// </remarks>
public static class RecordJson
{
    /// <summary>Writes a runner as UTF-8 JSON.</summary>
    public static byte[] Serialize(Runner runner) => JsonSerializer.SerializeToUtf8Bytes(runner, RecordJsonContext.Default.Runner);

    /// <summary>Writes a job as UTF-8 JSON.</summary>
    public static byte[] Serialize(Job job) => JsonSerializer.SerializeToUtf8Bytes(job, RecordJsonContext.Default.Job);

    /// <summary>Reads a runner.</summary>
    /// <exception cref="JsonException">The text is not a runner.</exception>
    public static Runner DeserializeRunner(ReadOnlySpan<byte> utf8) => JsonSerializer.Deserialize(utf8, RecordJsonContext.Default.Runner) ?? throw new JsonException("A runner record is null.");

    /// <summary>Reads a job.</summary>
    /// <exception cref="JsonException">The text is not a job.</exception>
    public static Job DeserializeJob(ReadOnlySpan<byte> utf8) => JsonSerializer.Deserialize(utf8, RecordJsonContext.Default.Job) ?? throw new JsonException("A job record is null.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Runner))]
[JsonSerializable(typeof(Job))]
internal sealed partial class RecordJsonContext : JsonSerializerContext;
