using System.Text.Json;
using System.Text.Json.Serialization;
using RunnerFleet.AspNetCore.Events;
using RunnerFleet.AspNetCore.Health;
using RunnerFleet.AspNetCore.Http;

namespace RunnerFleet.AspNetCore.Api;

/// <summary>All JSON that is read or written here. Answers have types of their own, so that nothing is shown that was not meant to be.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(PageAnswer<RunnerAnswer>))]
[JsonSerializable(typeof(PageAnswer<JobAnswer>))]
[JsonSerializable(typeof(PageAnswer<ClassAnswer>))]
[JsonSerializable(typeof(FleetAnswer))]
[JsonSerializable(typeof(MoveAnswer))]
[JsonSerializable(typeof(ReadyAnswer))]
internal sealed partial class FleetJson : JsonSerializerContext;

/// <summary>Writes moments as <c>2026-01-31T12:00:00Z</c>, whatever offset they came with.</summary>
internal sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.UtcDateTime);
}
