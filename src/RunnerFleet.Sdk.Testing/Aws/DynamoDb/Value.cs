using System.Text;
using System.Text.Json.Nodes;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>The value of an attribute, of one of DynamoDB's ten types. Never changes.</summary>
internal abstract class Value : IEquatable<Value>
{
    /// <summary><c>S</c>, <c>N</c>, <c>B</c>, <c>BOOL</c>, <c>NULL</c>, <c>L</c>, <c>M</c>, <c>SS</c>, <c>NS</c> or <c>BS</c>.</summary>
    public abstract string Type { get; }

    /// <summary>In bytes, as AWS counts (Developer Guide, "Item sizes and formats").</summary>
    public abstract int Size { get; }

    /// <summary>What the function <c>size</c> answers; <see langword="null"/> where it takes no such value.</summary>
    public virtual int? Length => null;

    /// <summary>What stands after the type in JSON.</summary>
    public abstract JsonNode Content { get; }

    public JsonObject ToJson() => new() { [Type] = Content };

    /// <summary>The order of two values; <see langword="null"/> where they have none.</summary>
    public virtual int? CompareTo(Value other) => null;

    public abstract bool Equals(Value? other);

    public sealed override bool Equals(object? obj) => obj is Value other && Equals(other);

    public abstract override int GetHashCode();
}

internal sealed class TextValue(string text) : Value
{
    private int _size = -1;

    public string Text { get; } = text;

    public override string Type => "S";

    public override int Size => _size >= 0 ? _size : _size = Encoding.UTF8.GetByteCount(Text);

    public override int? Length => Size;

    public override JsonNode Content => Text;

    public override int? CompareTo(Value other) => other is TextValue text ? Utf8Order(Text, text.Text) : null;

    public override bool Equals(Value? other) => other is TextValue text && text.Text == Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    // By UTF-8 bytes, which is by code points: only surrogates stand elsewhere in UTF-16.
    private static int Utf8Order(string a, string b)
    {
        var common = a.AsSpan().CommonPrefixLength(b);
        return common == a.Length || common == b.Length ? a.Length.CompareTo(b.Length) : Weight(a[common]).CompareTo(Weight(b[common]));

        static int Weight(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
    }
}

internal sealed class NumberValue(Number number) : Value
{
    public Number Number { get; } = number;

    public override string Type => "N";

    public override int Size => Number.Size;

    public override JsonNode Content => Number.ToString();

    public override int? CompareTo(Value other) => other is NumberValue number ? Number.CompareTo(number.Number) : null;

    public override bool Equals(Value? other) => other is NumberValue number && number.Number.Equals(Number);

    public override int GetHashCode() => Number.GetHashCode();
}

internal sealed class BinaryValue(byte[] bytes) : Value
{
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    public override string Type => "B";

    public override int Size => Bytes.Length;

    public override int? Length => Bytes.Length;

    public override JsonNode Content => Convert.ToBase64String(Bytes.Span);

    public override int? CompareTo(Value other) => other is BinaryValue binary ? Bytes.Span.SequenceCompareTo(binary.Bytes.Span) : null;

    public override bool Equals(Value? other) => other is BinaryValue binary && binary.Bytes.Span.SequenceEqual(Bytes.Span);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Bytes.Span);
        return hash.ToHashCode();
    }
}

internal sealed class FlagValue(bool flag) : Value
{
    public bool Flag { get; } = flag;

    public override string Type => "BOOL";

    public override int Size => 1;

    public override JsonNode Content => Flag;

    public override bool Equals(Value? other) => other is FlagValue flag && flag.Flag == Flag;

    public override int GetHashCode() => Flag.GetHashCode();
}

internal sealed class NullValue : Value
{
    public override string Type => "NULL";

    public override int Size => 1;

    public override JsonNode Content => true;

    public override bool Equals(Value? other) => other is NullValue;

    public override int GetHashCode() => 0;
}

internal sealed class ListValue(IReadOnlyList<Value> members) : Value
{
    public IReadOnlyList<Value> Members { get; } = members;

    public override string Type => "L";

    public override int Size => 3 + Members.Sum(member => member.Size + 1);

    public override int? Length => Members.Count;

    public override JsonNode Content => new JsonArray([.. Members.Select(member => member.ToJson())]);

    public override bool Equals(Value? other) => other is ListValue list && list.Members.SequenceEqual(Members);

    public override int GetHashCode() => Members.Count;
}

internal sealed class MapValue(Item members) : Value
{
    public Item Members { get; } = members;

    public override string Type => "M";

    public override int Size => 3 + Members.Size + Members.Attributes.Count;

    public override int? Length => Members.Attributes.Count;

    public override JsonNode Content => Members.ToJson();

    public override bool Equals(Value? other) => other is MapValue map && map.Members.Equals(Members);

    public override int GetHashCode() => Members.GetHashCode();
}

/// <summary>A set of texts, numbers or binaries.</summary>
internal sealed class SetValue(string type, IReadOnlyCollection<Value> members) : Value
{
    private readonly HashSet<Value> _members = [.. members];

    public IReadOnlyCollection<Value> Members => _members;

    public override string Type { get; } = type;

    public override int Size => Members.Sum(member => member.Size);

    public override int? Length => Members.Count;

    public override JsonNode Content => new JsonArray([.. Members.Select(member => member.Content)]);

    public bool Contains(Value member) => _members.Contains(member);

    public override bool Equals(Value? other) => other is SetValue set && set.Type == Type && _members.SetEquals(set._members);

    public override int GetHashCode() => _members.Count;
}
