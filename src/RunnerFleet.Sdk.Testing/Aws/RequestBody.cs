using System.Text.Json;

namespace RunnerFleet.Testing.Aws;

/// <summary>Reads the members of a request, and refuses what AWS would: wrong types, and members that the stand-in does not know, which are typing errors more often than anything else.</summary>
internal static class RequestBody
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
                throw Unreadable($"The stand-in does not know the member '{member.Name}'.");
            }
        }
    }

    public static JsonElement? Member(this JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

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

    private static AwsStandInException Unreadable(string message) => new("SerializationException", message);
}
