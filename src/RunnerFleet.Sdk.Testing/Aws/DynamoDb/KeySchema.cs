using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>One attribute of a key.</summary>
internal sealed record KeyPart(string Name, string Type);

/// <summary>What tells items apart, or where they stand in an index.</summary>
internal readonly record struct PrimaryKey(Value Hash, Value Range);

/// <summary>The attributes that make up a key.</summary>
internal sealed record KeySchema(KeyPart Hash, KeyPart? Range)
{
    // In place of a range key where the schema has none.
    private static readonly TextValue s_none = new("");

    public IReadOnlyList<KeyPart> Parts { get; } = Range is null ? [Hash] : [Hash, Range];

    public bool Has(string name) => Parts.Any(part => part.Name == name);

    public PrimaryKey Of(Item item) => new(item[Hash.Name]!, Range is null ? s_none : item[Range.Name]!);

    public IEnumerable<KeyValuePair<string, Value>> Attributes(Item item) => Parts.Select(part => KeyValuePair.Create(part.Name, item[part.Name]!));

    public JsonArray ToJson() => new([.. Parts.Select(part => new JsonObject { ["AttributeName"] = part.Name, ["KeyType"] = part == Hash ? "HASH" : "RANGE" })]);

    /// <summary>Refuses what is no key of this schema.</summary>
    public PrimaryKey Read(Item key)
    {
        if (key.Attributes.Count != Parts.Count || Parts.Any(part => key[part.Name]?.Type != part.Type))
        {
            throw Refusal.Invalid("The provided key element does not match the schema");
        }

        CheckSizes(key);
        return Of(key);
    }

    /// <summary>Refuses an item without this key.</summary>
    public void Check(Item item)
    {
        foreach (var part in Parts)
        {
            if (!item.Has(part.Name, out var value))
            {
                throw Refusal.InvalidParameter($"Missing the key {part.Name} in the item");
            }

            if (value.Type != part.Type)
            {
                throw Refusal.InvalidParameter($"Type mismatch for key {part.Name} expected: {part.Type} actual: {value.Type}");
            }
        }

        CheckSizes(item);
    }

    private void CheckSizes(Item item)
    {
        if (Parts.FirstOrDefault(part => item[part.Name]!.Length == 0) is { } empty)
        {
            throw Refusal.Invalid($"One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {(empty.Type == "S" ? "string" : "binary")} value. Key: {empty.Name}");
        }

        if (item[Hash.Name]!.Size > Limits.HashKeyBytes)
        {
            throw Refusal.InvalidParameter($"Size of hashkey has exceeded the maximum size limit of{Limits.HashKeyBytes} bytes");
        }

        if (Range is not null && item[Range.Name]!.Size > Limits.RangeKeyBytes)
        {
            throw Refusal.InvalidParameter($"Aggregated size of all range keys has exceeded the size limit of {Limits.RangeKeyBytes} bytes");
        }
    }
}
