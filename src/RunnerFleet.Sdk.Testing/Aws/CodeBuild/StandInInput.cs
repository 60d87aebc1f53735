using System.Text.Json;

namespace RunnerFleet.Testing.Aws;

/// <summary>A structure of a request, whose members are what the service's model says. AWS passes over a member that it does not know; here a misspelt one is refused.</summary>
internal sealed class StandInInput
{
    private readonly JsonElement _body;
    private readonly string _code;

    public StandInInput(JsonElement body, string refusal, IReadOnlyCollection<string> members)
    {
        (_body, _code) = (body, refusal);
        Check(body.ValueKind == JsonValueKind.Object, "A structure was expected.");
        foreach (var member in body.EnumerateObject())
        {
            Check(members.Contains(member.Name), $"There is no member '{member.Name}'.");
        }
    }

    public string? Text(string name) => Value(name, JsonValueKind.String)?.GetString();

    public int? Number(string name)
    {
        var value = Value(name, JsonValueKind.Number);
        Check(value is null || value.Value.TryGetInt32(out _), $"'{name}' must be a whole number.");
        return value?.GetInt32();
    }

    public bool? Flag(string name) => _body.TryGetProperty(name, out var value)
        ? value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Refuse($"'{name}' must be true or false.")
        : null;

    public IReadOnlyList<JsonElement>? Items(string name) => Value(name, JsonValueKind.Array) is { } value ? [.. value.EnumerateArray()] : null;

    public void Check(bool isGood, string refusal)
    {
        if (!isGood)
        {
            throw Refuse(refusal);
        }
    }

    public AwsStandInException Refuse(string message) => new(_code, message);

    /// <summary>A time as AWS writes it.</summary>
    public static double Seconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).TotalMilliseconds / 1000;

    private JsonElement? Value(string name, JsonValueKind kind)
    {
        if (!_body.TryGetProperty(name, out var value))
        {
            return null;
        }

        Check(value.ValueKind == kind, $"'{name}' must be a {kind}.");
        return value;
    }
}
