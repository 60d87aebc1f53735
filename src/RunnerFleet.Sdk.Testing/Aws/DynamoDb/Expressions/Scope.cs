namespace RunnerFleet.Testing.Aws.DynamoDb.Expressions;

/// <summary>What the placeholders of one request stand for.</summary>
internal sealed class Scope(IReadOnlyDictionary<string, string> names, IReadOnlyDictionary<string, Value> values)
{
    public IReadOnlyDictionary<string, string> Names { get; } = names;

    public IReadOnlyDictionary<string, Value> Values { get; } = values;

    public string Name(string name) => name[0] == '#' ? Names[name] : name;
}
