using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using RunnerFleet.Cli.Classes;
using RunnerFleet.Cli.Clusters;
using RunnerFleet.Cli.Jobs;
using RunnerFleet.Cli.Overview;
using RunnerFleet.Cli.Runners;

namespace RunnerFleet.Cli.Output;

/// <summary>All JSON that the tool writes. Documents have types of their own, so that nothing is shown that was not meant to be, and scripts go on working when records grow.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(ListDocument<RunnerDocument>))]
[JsonSerializable(typeof(ListDocument<JobDocument>))]
[JsonSerializable(typeof(ListDocument<ClassDocument>))]
[JsonSerializable(typeof(RunnerDetailsDocument))]
[JsonSerializable(typeof(JobDetailsDocument))]
[JsonSerializable(typeof(TerminationDocument))]
[JsonSerializable(typeof(ClusterDocument))]
[JsonSerializable(typeof(OverviewDocument))]
internal sealed partial class ToolJson : JsonSerializerContext
{
    // Letters of all languages as they are; control characters stay escaped. No page embeds this.
    private static readonly JsonWriterOptions s_options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(JsonElement document)
    {
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, s_options))
        {
            document.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }
}

/// <summary>A list, and whether there is more than was asked for.</summary>
internal sealed record ListDocument<T>(IReadOnlyList<T> Items, bool HasMore);

/// <summary>Writes moments as <c>2026-01-31T12:00:00Z</c>, whatever offset they came with.</summary>
internal sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.UtcDateTime);
}
