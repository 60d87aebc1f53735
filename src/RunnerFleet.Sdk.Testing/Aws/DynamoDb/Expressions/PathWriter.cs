namespace RunnerFleet.Testing.Aws.DynamoDb.Expressions;

/// <summary>Changes what is at a path of an item.</summary>
internal static class PathWriter
{
    /// <param name="item">The item.</param>
    /// <param name="path">Where, with its names resolved.</param>
    /// <param name="change">From what is there, <see langword="null"/> where nothing is, to what shall be, <see langword="null"/> for nothing.</param>
    public static Item Write(Item item, DocumentPath path, Func<Value?, Value?> change) => Write(item, path.Steps, 0, change);

    private static Item Write(Item map, IReadOnlyList<PathStep> steps, int depth, Func<Value?, Value?> change)
    {
        var name = steps[depth].Name!;
        return map.With(name, depth == steps.Count - 1 ? change(map[name]) : Within(map[name], steps, depth + 1, change));
    }

    private static Value Within(Value? parent, IReadOnlyList<PathStep> steps, int depth, Func<Value?, Value?> change) => (parent, steps[depth].Name) switch
    {
        (MapValue map, not null) => new MapValue(Write(map.Members, steps, depth, change)),
        (ListValue list, null) => Write(list, steps, depth, change),
        _ => throw Refusal.Invalid("The document path provided in the update expression is invalid for update"),
    };

    private static ListValue Write(ListValue list, IReadOnlyList<PathStep> steps, int depth, Func<Value?, Value?> change)
    {
        var place = steps[depth].Place;
        var found = place < list.Members.Count ? list.Members[place] : null;
        var written = depth == steps.Count - 1 ? change(found) : Within(found, steps, depth + 1, change);
        var members = list.Members.ToList();
        if (found is not null)
        {
            members.RemoveAt(place);
        }

        if (written is not null)
        {
            members.Insert(Math.Min(place, members.Count), written); // beyond its end a list grows by one
        }

        return new(members);
    }
}
