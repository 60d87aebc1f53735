namespace RunnerFleet.Testing.Aws.DynamoDb.Expressions;

/// <summary>What an update does to an item (Developer Guide, "Using update expressions"). Whatever it reads, it reads from the item as it was.</summary>
internal sealed class Update
{
    private readonly List<(DocumentPath Path, Operand Value)> _sets = [];
    private readonly List<DocumentPath> _removes = [];
    private readonly List<(DocumentPath Path, Operand Value)> _adds = [];
    private readonly List<(DocumentPath Path, Operand Value)> _deletes = [];

    private IEnumerable<DocumentPath> Targets => [.. _sets.Select(set => set.Path), .. _removes, .. _adds.Select(add => add.Path), .. _deletes.Select(delete => delete.Path)];

    public static Update Read(TokenReader reader)
    {
        var update = new Update();
        var sections = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Current.Kind != TokenKind.End)
        {
            var section = reader.Current.Text.ToUpperInvariant();
            if (reader.Current.Kind != TokenKind.Word || section is not ("SET" or "REMOVE" or "ADD" or "DELETE"))
            {
                throw reader.Syntax();
            }

            if (!sections.Add(section))
            {
                throw reader.Refuse($"The \"{section}\" section can only be used once in an update expression;");
            }

            reader.Take();
            do
            {
                update.ReadAction(section, reader);
            }
            while (reader.TryTake(","));
        }

        return update;
    }

    /// <summary>The attributes that it writes.</summary>
    public IEnumerable<string> Tops(Scope scope) => Targets.Select(path => path.Top(scope));

    /// <summary>Refuses what can be told to be wrong without an item.</summary>
    public void Check(Scope scope)
    {
        var paths = Targets.Select(path => path.In(scope)).ToList();
        for (var i = 0; i < paths.Count; i++)
        {
            if (paths.Where((other, j) => j != i && paths[i].BeginsWith(other)).FirstOrDefault() is { } overlapping)
            {
                throw Refusal.Invalid($"Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {overlapping}, path two: {paths[i]}");
            }
        }

        CheckTypes("ADD", _adds, scope, "N", "SS", "NS", "BS");
        CheckTypes("DELETE", _deletes, scope, "SS", "NS", "BS");
    }

    public Item Apply(Item before, Scope scope)
    {
        var written = _sets.Select(set => (Path: set.Path.In(scope), Value: set.Value.Of(before, scope) ?? throw Refusal.Invalid("The provided expression refers to an attribute that does not exist in the item"))).ToList();
        var after = written.Aggregate(before, (item, set) => PathWriter.Write(item, set.Path, _ => set.Value));
        after = _adds.Aggregate(after, (item, add) => PathWriter.Write(item, add.Path.In(scope), found => Add(found, add.Value.Of(before, scope)!)));
        after = _deletes.Aggregate(after, (item, delete) => PathWriter.Write(item, delete.Path.In(scope), found => Delete(found, delete.Value.Of(before, scope)!)));
        return _removes.Select(path => path.In(scope)).OrderByDescending(path => path.Steps[^1].Place).Aggregate(after, (item, path) => PathWriter.Write(item, path, _ => null));
    }

    private static Value Add(Value? found, Value added) => (found, added) switch
    {
        (null, _) => added,
        (NumberValue a, NumberValue b) => new NumberValue(a.Number + b.Number),
        (SetValue a, SetValue b) when a.Type == b.Type => new SetValue(a.Type, [.. a.Members, .. b.Members]),
        _ => throw WrongType(),
    };

    private static SetValue? Delete(Value? found, Value removed) => (found, removed) switch
    {
        (null, _) => null,
        (SetValue a, SetValue b) when a.Type == b.Type => a.Members.Where(member => !b.Contains(member)).ToList() is { Count: > 0 } left ? new SetValue(a.Type, left) : null,
        _ => throw WrongType(),
    };

    private static AwsStandInException WrongType() => Refusal.Invalid("An operand in the update expression has an incorrect data type");

    private static void CheckTypes(string section, IEnumerable<(DocumentPath Path, Operand Value)> actions, Scope scope, params string[] types)
    {
        if (actions.Select(action => action.Value.Literal(scope)).FirstOrDefault(value => value is not null && !types.Contains(value.Type)) is { } wrong)
        {
            throw Refusal.Invalid($"Invalid UpdateExpression: Incorrect operand type for operator or function; operator: {section}, operand type: {wrong.Type}");
        }
    }

    private void ReadAction(string section, TokenReader reader)
    {
        var path = DocumentPath.Read(reader);
        reader.CountOperator();
        switch (section)
        {
            case "SET":
                reader.Expect("=");
                _sets.Add((path, UpdateOperands.Read(reader)));
                break;
            case "REMOVE":
                _removes.Add(path);
                break;
            default:
                (section == "ADD" ? _adds : _deletes).Add((path, reader.Current.Kind == TokenKind.Value ? Operand.Read(reader) : throw reader.Syntax()));
                break;
        }
    }
}
