using System.Globalization;
using System.Text.Json;

namespace RunnerFleet.Testing.Aws;

/// <summary>Reads the members of a request, and refuses what ECS would: wrong types, and members that it does not know, which are typing errors more often than anything else.</summary>
internal static class EcsBody
{
    public static void Knows(this JsonElement value, params ReadOnlySpan<string> members)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Unreadable("A structure is expected.");
        }

        foreach (var member in value.EnumerateObject())
        {
            if (!members.Contains(member.Name))
            {
                throw Unreadable($"The stand-in's ECS does not know the member '{member.Name}'.");
            }
        }
    }

    public static JsonElement? Member(this JsonElement value, string name) => value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    public static string? Text(this JsonElement value, string name) => value.Member(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        _ => throw Unreadable($"'{name}' is not a string."),
    };

    public static int? Number(this JsonElement value, string name) => value.Member(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out var whole) => whole,
        _ => throw Unreadable($"'{name}' is not an integer."),
    };

    public static bool Flag(this JsonElement value, string name) => value.Member(name) switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        _ => throw Unreadable($"'{name}' is not a boolean."),
    };

    public static IReadOnlyList<JsonElement> Items(this JsonElement value, string name) => value.Member(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } array => [.. array.EnumerateArray()],
        _ => throw Unreadable($"'{name}' is not a list."),
    };

    public static IReadOnlyList<string> Texts(this JsonElement value, string name) =>
        [.. value.Items(name).Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Unreadable($"'{name}' is not a list of strings."))];

    /// <summary>A size, which ECS takes as text.</summary>
    public static int? Size(this JsonElement value, string name) => value.Text(name) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size
        : throw Invalid($"Invalid '{name}' setting for task.");

    public static AwsStandInException Invalid(string message) => new("InvalidParameterException", message);

    public static AwsStandInException Client(string message) => new("ClientException", message);

    private static AwsStandInException Unreadable(string message) => new("SerializationException", message);
}
