using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>An item, or a map within one: attributes by name. Never changes; a change is a new one.</summary>
internal sealed class Item(IReadOnlyDictionary<string, Value> attributes) : IEquatable<Item>
{
    private int _size = -1;

    public static Item Empty { get; } = new(new Dictionary<string, Value>());

    public IReadOnlyDictionary<string, Value> Attributes { get; } = attributes;

    /// <summary>In bytes, names included, as AWS counts (Developer Guide, "Item sizes and formats").</summary>
    public int Size => _size >= 0 ? _size : _size = Attributes.Sum(attribute => Encoding.UTF8.GetByteCount(attribute.Key) + attribute.Value.Size);

    public Value? this[string name] => Attributes.GetValueOrDefault(name);

    public bool Has(string name, [NotNullWhen(true)] out Value? value) => Attributes.TryGetValue(name, out value);

    public Item With(string name, Value? value)
    {
        var changed = new Dictionary<string, Value>(Attributes, StringComparer.Ordinal);
        if (value is null)
        {
            changed.Remove(name);
        }
        else
        {
            changed[name] = value;
        }

        return new(changed);
    }

    public Item Only(IReadOnlySet<string> names) => new(Attributes.Where(attribute => names.Contains(attribute.Key)).ToDictionary(StringComparer.Ordinal));

    public JsonObject ToJson() => new(Attributes.Select(attribute => KeyValuePair.Create<string, JsonNode?>(attribute.Key, attribute.Value.ToJson())));

    public bool Equals(Item? other) => other is not null && (ReferenceEquals(this, other)
        || Attributes.Count == other.Attributes.Count && Attributes.All(attribute => attribute.Value.Equals(other[attribute.Key])));

    public override bool Equals(object? obj) => obj is Item other && Equals(other);

    public override int GetHashCode() => Attributes.Count;
}
