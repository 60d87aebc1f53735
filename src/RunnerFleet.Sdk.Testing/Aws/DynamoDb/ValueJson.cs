using System.Text.Json;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>Reads values as they come over the wire, and refuses what is none.</summary>
internal static class ValueJson
{
    private static readonly FlagValue s_true = new(true);
    private static readonly FlagValue s_false = new(false);
    private static readonly NullValue s_null = new();

    public static Item ReadItem(JsonElement json, int depth = 0)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new AwsStandInException("SerializationException", "Expected a map of attributes.");
        }

        var attributes = new Dictionary<string, Value>(StringComparer.Ordinal);
        foreach (var attribute in json.EnumerateObject())
        {
            if (attribute.Name.Length is 0 or > 65_535)
            {
                throw Refusal.InvalidParameter("An attribute name must have 1 to 65535 characters");
            }

            attributes[attribute.Name] = Read(attribute.Value, depth);
        }

        return new(attributes);
    }

    public static Value Read(JsonElement json, int depth = 0)
    {
        if (depth > Limits.Depth)
        {
            throw Refusal.Invalid("Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit");
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new AwsStandInException("SerializationException", "Expected an attribute value.");
        }

        using var members = json.EnumerateObject();
        if (!members.MoveNext())
        {
            throw Refusal.Invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
        }

        var member = members.Current;
        return members.MoveNext()
            ? throw Refusal.Invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
            : Read(member.Name, member.Value, depth);
    }

    private static Value Read(string type, JsonElement content, int depth) => (type, content.ValueKind) switch
    {
        ("S", JsonValueKind.String) => new TextValue(content.GetString()!),
        ("N", JsonValueKind.String) => new NumberValue(Number.Parse(content.GetString()!)),
        ("B", JsonValueKind.String) => new BinaryValue(content.TryGetBytesFromBase64(out var bytes) ? bytes : throw new AwsStandInException("SerializationException", "A binary is not Base64.")),
        ("BOOL", JsonValueKind.True) => s_true,
        ("BOOL", JsonValueKind.False) => s_false,
        ("NULL", JsonValueKind.True) => s_null,
        ("NULL", JsonValueKind.False) => throw Refusal.InvalidParameter("Null attribute value types must have the value of true"),
        ("L", JsonValueKind.Array) => new ListValue([.. content.EnumerateArray().Select(member => Read(member, depth + 1))]),
        ("M", JsonValueKind.Object) => new MapValue(ReadItem(content, depth + 1)),
        ("SS" or "NS" or "BS", JsonValueKind.Array) => ReadSet(type, content),
        _ => throw new AwsStandInException("SerializationException", $"A value of type {type} is malformed."),
    };

    private static SetValue ReadSet(string type, JsonElement content)
    {
        var members = content.EnumerateArray().Select(member => Read(type[..1], member, 0)).ToList();
        if (members.Count == 0)
        {
            throw Refusal.InvalidParameter("An set may not be empty");
        }

        return members.Distinct().Count() == members.Count ? new SetValue(type, members) : throw Refusal.InvalidParameter("Input collection contains duplicates.");
    }
}
