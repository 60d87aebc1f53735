namespace RunnerFleet.Testing.Aws.DynamoDb.Expressions;

/// <summary>An expression once read, with the placeholders and paths that it mentions.</summary>
internal sealed record Parsed(object Root, IReadOnlySet<string> Names, IReadOnlySet<string> Values, IReadOnlyList<DocumentPath> Paths);

/// <summary>Expressions by their text: a program has few, and sends them often.</summary>
internal sealed class ExpressionCache
{
    private const int Room = 1000;

    private readonly Dictionary<(string What, string Text), Parsed> _parsed = [];

    public Parsed Get(string what, string text)
    {
        if (_parsed.TryGetValue((what, text), out var known))
        {
            return known;
        }

        if (_parsed.Count == Room)
        {
            _parsed.Clear();
        }

        var reader = new TokenReader(what, text);
        object root = what switch
        {
            "UpdateExpression" => Update.Read(reader),
            "ProjectionExpression" => Projection.Read(reader),
            _ => ConditionParser.Read(reader),
        };
        var parsed = new Parsed(root, reader.Names, reader.Values, reader.Paths);
        _parsed.Add((what, text), parsed);
        return parsed;
    }
}
