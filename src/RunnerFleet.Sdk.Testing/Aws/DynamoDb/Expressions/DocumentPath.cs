namespace RunnerFleet.Testing.Aws.DynamoDb.Expressions;

/// <summary>One step into an item: a member of a map by its name, or of a list by its place.</summary>
internal readonly record struct PathStep(string? Name, int Place);

/// <summary>Where in an item something is, such as <c>#a.b[2]</c>.</summary>
internal sealed class DocumentPath(IReadOnlyList<PathStep> steps)
{
    public IReadOnlyList<PathStep> Steps { get; } = steps;

    public static DocumentPath Read(TokenReader reader)
    {
        var steps = new List<PathStep> { ReadName(reader) };
        while (true)
        {
            if (reader.TryTake("."))
            {
                steps.Add(ReadName(reader));
            }
            else if (reader.TryTake("["))
            {
                steps.Add(reader.Current.Kind == TokenKind.Number && int.TryParse(reader.Take().Text, out var place) ? new(null, place) : throw reader.Syntax());
                reader.Expect("]");
            }
            else
            {
                var path = new DocumentPath(steps);
                reader.Paths.Add(path);
                return path;
            }
        }
    }

    /// <summary>The name of the attribute that the path begins with.</summary>
    public string Top(Scope scope) => scope.Name(Steps[0].Name!);

    /// <summary>The same path with its names in place of their placeholders.</summary>
    public DocumentPath In(Scope scope) => new([.. Steps.Select(step => step.Name is null ? step : new PathStep(scope.Name(step.Name), 0))]);

    public Value? Find(Item item, Scope scope)
    {
        var found = item[Top(scope)];
        for (var i = 1; i < Steps.Count && found is not null; i++)
        {
            found = (found, Steps[i]) switch
            {
                (MapValue map, { Name: { } name }) => map.Members[scope.Name(name)],
                (ListValue list, { Name: null, Place: var place }) when place < list.Members.Count => list.Members[place],
                _ => null,
            };
        }

        return found;
    }

    public bool BeginsWith(DocumentPath other) => Steps.Take(other.Steps.Count).SequenceEqual(other.Steps);

    public override string ToString() => $"[{string.Join(", ", Steps.Select(step => step.Name ?? $"[{step.Place}]"))}]";

    private static PathStep ReadName(TokenReader reader)
    {
        switch (reader.Current.Kind)
        {
            case TokenKind.Name:
                reader.Names.Add(reader.Current.Text);
                return new(reader.Take().Text, 0);
            case TokenKind.Word when ReservedWords.Contain(reader.Current.Text):
                throw reader.Refuse($"Attribute name is a reserved keyword; reserved keyword: {reader.Current.Text}");
            case TokenKind.Word:
                return new(reader.Take().Text, 0);
            default:
                throw reader.Syntax();
        }
    }
}
