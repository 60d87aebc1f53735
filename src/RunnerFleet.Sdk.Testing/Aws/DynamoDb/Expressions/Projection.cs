namespace RunnerFleet.Testing.Aws.DynamoDb.Expressions;

/// <summary>Which parts of an item are wanted.</summary>
internal sealed class Projection(IReadOnlyList<DocumentPath> paths)
{
    public static Projection Read(TokenReader reader)
    {
        var paths = new List<DocumentPath> { DocumentPath.Read(reader) };
        while (reader.TryTake(","))
        {
            paths.Add(DocumentPath.Read(reader));
        }

        reader.ExpectEnd();
        return new(paths);
    }

    public IEnumerable<string> Tops(Scope scope) => paths.Select(path => path.Top(scope));

    public void Check(Scope scope)
    {
        var resolved = paths.Select(path => path.In(scope)).ToList();
        for (var i = 0; i < resolved.Count; i++)
        {
            if (resolved.Where((other, j) => j != i && resolved[i].BeginsWith(other)).FirstOrDefault() is { } overlapping)
            {
                throw Refusal.Invalid($"Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {overlapping}, path two: {resolved[i]}");
            }
        }
    }

    public Item Of(Item item, Scope scope)
    {
        var wanted = new Dictionary<string, Value>(StringComparer.Ordinal);
        foreach (var paths in paths.Select(path => path.In(scope)).GroupBy(path => path.Steps[0].Name!))
        {
            if (item.Has(paths.Key, out var value) && Part(value, [.. paths.Select(path => path.Steps.Skip(1).ToArray())]) is { } part)
            {
                wanted.Add(paths.Key, part);
            }
        }

        return new(wanted);
    }

    private static Value? Part(Value value, PathStep[][] paths)
    {
        if (paths.Any(path => path.Length == 0))
        {
            return value;
        }

        var steps = paths.GroupBy(path => path[0], path => path[1..]);
        switch (value)
        {
            case MapValue map:
                var members = steps.Where(step => step.Key.Name is not null && map.Members.Has(step.Key.Name, out _))
                    .Select(step => (Name: step.Key.Name!, Part: Part(map.Members[step.Key.Name!]!, [.. step])))
                    .Where(member => member.Part is not null)
                    .ToDictionary(member => member.Name, member => member.Part!, StringComparer.Ordinal);
                return members.Count == 0 ? null : new MapValue(new(members));
            case ListValue list:
                var places = steps.Where(step => step.Key.Name is null && step.Key.Place < list.Members.Count).OrderBy(step => step.Key.Place)
                    .Select(step => Part(list.Members[step.Key.Place], [.. step])).OfType<Value>().ToList();
                return places.Count == 0 ? null : new ListValue(places);
            default:
                return null;
        }
    }
}
