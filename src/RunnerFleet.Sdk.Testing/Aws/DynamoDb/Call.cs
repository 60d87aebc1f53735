using System.Globalization;
using System.Text.Json;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>The parameters of one request, or of one action within it.</summary>
internal sealed class Call
{
    private readonly string _operation;
    private readonly JsonElement _body;

    /// <exception cref="AwsStandInException">The request has a parameter that is not among the known ones: it would silently do nothing.</exception>
    public Call(string operation, JsonElement body, params ReadOnlySpan<string> known)
    {
        _operation = operation;
        _body = body.ValueKind == JsonValueKind.Object ? body : throw new AwsStandInException("SerializationException", $"The parameters of {operation} are no object.");
        foreach (var member in body.EnumerateObject())
        {
            if (!known.Contains(member.Name))
            {
                throw Refusal.Invalid($"The stand-in does not know the parameter {member.Name} of {operation}.");
            }
        }
    }

    public bool Has(string name) => _body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    public JsonElement Get(string name) => Has(name) ? _body.GetProperty(name) : throw Missing(name);

    public string Text(string name) => OptionalText(name) ?? throw Missing(name);

    public string? OptionalText(string name) => !Has(name) ? null
        : _body.GetProperty(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : throw Malformed(name);

    public bool Flag(string name, bool otherwise = false) => !Has(name) ? otherwise : _body.GetProperty(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Malformed(name),
    };

    public int? OptionalNumber(string name) => !Has(name) ? null
        : _body.GetProperty(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) ? value : throw Malformed(name);

    public Item Item(string name) => ValueJson.ReadItem(Get(name));

    public IEnumerable<JsonElement> List(string name) => Get(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : throw Malformed(name);

    public IEnumerable<JsonProperty> Map(string name) => Get(name) is { ValueKind: JsonValueKind.Object } map ? map.EnumerateObject() : throw Malformed(name);

    /// <summary>One of several words, the first being the default.</summary>
    public string Choice(string name, params ReadOnlySpan<string> words)
    {
        var given = OptionalText(name) ?? words[0];
        return words.Contains(given) ? given : throw Refusal.Invalid($"1 validation error detected: Value '{given}' at '{Camel(name)}' failed to satisfy constraint: Member must satisfy enum value set: [{string.Join(", ", words!)}]");
    }

    private static AwsStandInException Missing(string name) => Refusal.Invalid($"1 validation error detected: Value null at '{Camel(name)}' failed to satisfy constraint: Member must not be null");

    private AwsStandInException Malformed(string name) => new("SerializationException", $"The parameter {name} of {_operation} is malformed.");

    private static string Camel(string name) => name[..1].ToLower(CultureInfo.InvariantCulture) + name[1..];
}
