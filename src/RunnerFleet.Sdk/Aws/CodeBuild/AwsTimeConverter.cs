using System.Text.Json;
using System.Text.Json.Serialization;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>Reads a time as AWS writes it, in seconds since 1970, and as emulators do, as text.</summary>
internal sealed class AwsTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType == JsonTokenType.Number
        ? DateTimeOffset.UnixEpoch.AddSeconds(reader.GetDouble())
        : reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteNumberValue((value - DateTimeOffset.UnixEpoch).TotalSeconds);
}
