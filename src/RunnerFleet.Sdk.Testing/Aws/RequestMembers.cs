using System.Text.Json;

namespace RunnerFleet.Testing.Aws;

/// <summary>Reads the members of a request's body. A member of another kind is refused as AWS does.</summary>
internal static class RequestMembers
{
    public static string? Text(this JsonElement body, string name) => Member(body, name, JsonValueKind.String)?.GetString();

    /// <summary>A list of texts; empty where it is absent.</summary>
    public static IReadOnlyList<string> Texts(this JsonElement body, string name) =>
        [.. Items(body, name).Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Wrong(name))];

    /// <summary>The items of a list; none where it is absent.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement body, string name) => Member(body, name, JsonValueKind.Array)?.EnumerateArray().AsEnumerable() ?? [];

    public static int? Number(this JsonElement body, string name) =>
        Member(body, name, JsonValueKind.Number) is not { } member ? null : member.TryGetInt32(out var number) ? number : throw Wrong(name);

    public static bool Flag(this JsonElement body, string name) => Member(body, name, JsonValueKind.True, JsonValueKind.False)?.GetBoolean() ?? false;

    private static JsonElement? Member(JsonElement body, string name, params JsonValueKind[] kinds)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty(name, out var member) || member.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return kinds.Contains(member.ValueKind) ? member : throw Wrong(name);
    }

    private static AwsStandInException Wrong(string name) => new("SerializationException", $"The member {name} has the wrong type.");
}
