using Amazon.DynamoDBv2.Model;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>Items as the AWS SDK has them, which is how tests look at them.</summary>
internal static class AttributeValues
{
    public static IReadOnlyDictionary<string, AttributeValue> Of(Item item) => item.Attributes.ToDictionary(attribute => attribute.Key, attribute => Of(attribute.Value), StringComparer.Ordinal);

    public static Item Read(IEnumerable<KeyValuePair<string, AttributeValue>> item) =>
        new(item.ToDictionary(attribute => attribute.Key, attribute => Read(attribute.Value), StringComparer.Ordinal));

    private static AttributeValue Of(Value value) => value switch
    {
        TextValue text => new() { S = text.Text },
        NumberValue number => new() { N = number.Number.ToString() },
        BinaryValue binary => new() { B = new MemoryStream(binary.Bytes.ToArray()) },
        FlagValue flag => new() { BOOL = flag.Flag },
        NullValue => new() { NULL = true },
        ListValue list => new() { L = [.. list.Members.Select(Of)] },
        MapValue map => new() { M = Of(map.Members).ToDictionary() },
        SetValue { Type: "SS" } set => new() { SS = [.. set.Members.Select(member => ((TextValue)member).Text)] },
        SetValue { Type: "NS" } set => new() { NS = [.. set.Members.Select(member => ((NumberValue)member).Number.ToString())] },
        SetValue set => new() { BS = [.. set.Members.Select(member => new MemoryStream(((BinaryValue)member).Bytes.ToArray()))] },
        _ => throw new InvalidOperationException($"A value of type {value.Type} is unknown."),
    };

    private static Value Read(AttributeValue value) => value switch
    {
        { S: { } text } => new TextValue(text),
        { N: { } number } => new NumberValue(Number.Parse(number)),
        { B: { } binary } => new BinaryValue(binary.ToArray()),
        { BOOL: { } flag } => new FlagValue(flag),
        { NULL: true } => new NullValue(),
        { L: { } list } => new ListValue([.. list.Select(Read)]),
        { M: { } map } => new MapValue(Read(map)),
        { SS.Count: > 0 } => new SetValue("SS", [.. value.SS.Select(text => new TextValue(text))]),
        { NS.Count: > 0 } => new SetValue("NS", [.. value.NS.Select(number => new NumberValue(Number.Parse(number)))]),
        { BS.Count: > 0 } => new SetValue("BS", [.. value.BS.Select(binary => new BinaryValue(binary.ToArray()))]),
        _ => throw new ArgumentException("An attribute has no value."),
    };
}
