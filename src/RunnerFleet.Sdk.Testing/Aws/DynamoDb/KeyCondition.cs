using RunnerFleet.Testing.Aws.DynamoDb.Expressions;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>Which stretch of a table or an index a query reads.</summary>
internal sealed record KeyCondition(Value Hash, Entry Low, Entry High)
{
    public static KeyCondition Read(Condition condition, Scope scope, KeySchema schema)
    {
        var parts = condition is Both both ? [both.Left, both.Right] : new[] { condition };
        var hash = parts.OfType<Comparison>().Where(part => part.Comparator == "=" && NameOf(part.Left, scope) == schema.Hash.Name).Select(part => part.Right.Literal(scope)).FirstOrDefault()
            ?? throw Refusal.Invalid($"Query condition missed key schema element: {schema.Hash.Name}");
        CheckKey(hash, schema.Hash);
        var range = parts.Where(part => part is not Comparison { Comparator: "=" } equal || NameOf(equal.Left, scope) != schema.Hash.Name).ToList();
        return range switch
        {
            [] => new(hash, Entry.Beside(hash, -1), Entry.Beside(hash, 1)),
            [var one] when schema.Range is { } part => OfRange(hash, one, scope, part),
            _ => throw Refusal.Invalid("Query key condition not supported"),
        };
    }

    private static KeyCondition OfRange(Value hash, Condition condition, Scope scope, KeyPart part)
    {
        var (operand, low, high) = condition switch
        {
            Comparison { Comparator: "=" } c => (c.Left, At(c.Right, -1), At(c.Right, 1)),
            Comparison { Comparator: "<" } c => (c.Left, null, At(c.Right, -1)),
            Comparison { Comparator: "<=" } c => (c.Left, null, At(c.Right, 1)),
            Comparison { Comparator: ">" } c => (c.Left, At(c.Right, 1), null),
            Comparison { Comparator: ">=" } c => (c.Left, At(c.Right, -1), null),
            Between b => (b.Value, At(b.Low, -1), At(b.High, 1)),
            BeginsWith b => (b.Value, At(b.Prefix, -1), Entry.Beside(hash, LastWith(Literal(b.Prefix)), 1)),
            _ => throw Refusal.Invalid("Query key condition not supported"),
        };
        return NameOf(operand, scope) == part.Name
            ? new(hash, low ?? Entry.Beside(hash, -1), high ?? Entry.Beside(hash, 1))
            : throw Refusal.Invalid($"Query condition missed key schema element: {part.Name}");

        Entry At(Operand bound, int side) => Entry.Beside(hash, Literal(bound), side);

        Value Literal(Operand bound)
        {
            var value = bound.Literal(scope) ?? throw Refusal.Invalid("Query key condition not supported");
            CheckKey(value, part);
            return value;
        }
    }

    // The last key with a prefix: no key is longer than 1024 bytes.
    private static Value LastWith(Value prefix) => prefix switch
    {
        TextValue text => new TextValue(text.Text + string.Concat(Enumerable.Repeat("\U0010FFFF", Limits.RangeKeyBytes / 4))),
        BinaryValue binary => new BinaryValue([.. binary.Bytes.Span, .. Enumerable.Repeat(byte.MaxValue, Limits.RangeKeyBytes)]),
        _ => throw Refusal.Invalid("Query key condition not supported"),
    };

    private static string? NameOf(Operand operand, Scope scope) => operand is PathOperand { Path: { Steps.Count: 1 } path } ? path.Top(scope) : null;

    private static void CheckKey(Value value, KeyPart part)
    {
        if (value.Type != part.Type)
        {
            throw Refusal.InvalidParameter("Condition parameter type does not match schema type");
        }

        if (value.Length == 0)
        {
            throw Refusal.Invalid($"One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: {part.Name}");
        }
    }
}
