using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RunnerFleet.Jobs;

/// <summary>Names one <c>workflow_job</c>: the GitHub host and the job's id, which passes 2^31.</summary>
/// <param name="Host">The GitHub host, lower case, such as <c>github.com</c>.</param>
/// <param name="Id">GitHub's id of the job.</param>
[JsonConverter(typeof(JobKeyJsonConverter))]
public readonly record struct JobKey(string Host, long Id)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Host}/{Id}");

    /// <summary>Reads <c>host/id</c>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out JobKey key)
    {
        key = default;
        var slash = text?.LastIndexOf('/') ?? -1;
        if (slash <= 0 || !long.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            return false;
        }

        key = new JobKey(text![..slash], id);
        return true;
    }
}

internal sealed class JobKeyJsonConverter : JsonConverter<JobKey>
{
    public override JobKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JobKey.TryParse(reader.GetString(), out var key) ? key : throw new JsonException("A job key has the form host/id.");

    public override void Write(Utf8JsonWriter writer, JobKey value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
