namespace RunnerFleet.Testing.Aws.DynamoDb.Expressions;

/// <summary>What may hold of an item.</summary>
internal abstract class Condition
{
    public abstract bool Holds(Item item, Scope scope);

    /// <summary>Refuses what can be told to be wrong without an item.</summary>
    public abstract void Check(string what, Scope scope);

    protected static void CheckType(string what, string name, Value? literal, params ReadOnlySpan<string> types)
    {
        if (literal is not null && !types.Contains(literal.Type))
        {
            throw Refusal.Invalid($"Invalid {what}: Incorrect operand type for operator or function; operator or function: {name}, operand type: {literal.Type}");
        }
    }
}

internal sealed class Both(Condition left, Condition right) : Condition
{
    public Condition Left { get; } = left;

    public Condition Right { get; } = right;

    public override bool Holds(Item item, Scope scope) => Left.Holds(item, scope) && Right.Holds(item, scope);

    public override void Check(string what, Scope scope)
    {
        Left.Check(what, scope);
        Right.Check(what, scope);
    }
}

internal sealed class Either(Condition left, Condition right) : Condition
{
    public override bool Holds(Item item, Scope scope) => left.Holds(item, scope) || right.Holds(item, scope);

    public override void Check(string what, Scope scope)
    {
        left.Check(what, scope);
        right.Check(what, scope);
    }
}

internal sealed class Not(Condition condition) : Condition
{
    public override bool Holds(Item item, Scope scope) => !condition.Holds(item, scope);

    public override void Check(string what, Scope scope) => condition.Check(what, scope);
}

internal sealed class Comparison(string comparator, Operand left, Operand right) : Condition
{
    public string Comparator { get; } = comparator;

    public Operand Left { get; } = left;

    public Operand Right { get; } = right;

    /// <remarks>What is not there is equal to nothing, so that <c>&lt;&gt;</c> holds.</remarks>
    public override bool Holds(Item item, Scope scope)
    {
        var (a, b) = (Left.Of(item, scope), Right.Of(item, scope));
        return Comparator switch
        {
            "=" => a is not null && a.Equals(b),
            "<>" => a is null || !a.Equals(b),
            "<" => Order(a, b) < 0,
            "<=" => Order(a, b) <= 0,
            ">" => Order(a, b) > 0,
            _ => Order(a, b) >= 0,
        };
    }

    public override void Check(string what, Scope scope)
    {
        if (Comparator is not ("=" or "<>"))
        {
            CheckType(what, Comparator, Left.Literal(scope), "S", "N", "B");
            CheckType(what, Comparator, Right.Literal(scope), "S", "N", "B");
        }
    }

    private static int? Order(Value? a, Value? b) => b is null ? null : a?.CompareTo(b);
}

internal sealed class Between(Operand value, Operand low, Operand high) : Condition
{
    public Operand Value { get; } = value;

    public Operand Low { get; } = low;

    public Operand High { get; } = high;

    public override bool Holds(Item item, Scope scope) =>
        Value.Of(item, scope) is { } value && Low.Of(item, scope) is { } low && High.Of(item, scope) is { } high && value.CompareTo(low) >= 0 && value.CompareTo(high) <= 0;

    public override void Check(string what, Scope scope)
    {
        CheckType(what, "BETWEEN", Low.Literal(scope), "S", "N", "B");
        CheckType(what, "BETWEEN", High.Literal(scope), "S", "N", "B");
        if (Low.Literal(scope) is { } low && High.Literal(scope) is { } high && low.CompareTo(high) is null or > 0)
        {
            throw Refusal.Invalid($"Invalid {what}: The BETWEEN operator requires same data type for lower and upper bounds, and an upper bound that is greater than or equal to the lower bound");
        }
    }
}

internal sealed class In(Operand value, IReadOnlyList<Operand> list) : Condition
{
    public override bool Holds(Item item, Scope scope) => value.Of(item, scope) is { } found && list.Any(operand => found.Equals(operand.Of(item, scope)));

    public override void Check(string what, Scope scope)
    {
        if (list.Count > Limits.InOperands)
        {
            throw Refusal.Invalid($"Invalid {what}: The IN operator is provided with too many operands; number of operands: {list.Count}");
        }
    }
}

internal sealed class Exists(DocumentPath path, bool wanted) : Condition
{
    public override bool Holds(Item item, Scope scope) => path.Find(item, scope) is not null == wanted;

    public override void Check(string what, Scope scope)
    {
    }
}

internal sealed class HasType(DocumentPath path, Operand type) : Condition
{
    private static readonly string[] s_types = ["S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"];

    public override bool Holds(Item item, Scope scope) => path.Find(item, scope)?.Type is { } found && type.Of(item, scope) is TextValue text && text.Text == found;

    public override void Check(string what, Scope scope)
    {
        if (type.Literal(scope) is not TextValue text || !s_types.Contains(text.Text))
        {
            throw Refusal.Invalid($"Invalid {what}: Invalid attribute type name found; type must be one of {string.Join(", ", s_types)}");
        }
    }
}

internal sealed class BeginsWith(Operand value, Operand prefix) : Condition
{
    public Operand Value { get; } = value;

    public Operand Prefix { get; } = prefix;

    public override bool Holds(Item item, Scope scope) => (Value.Of(item, scope), Prefix.Of(item, scope)) switch
    {
        (TextValue text, TextValue begin) => text.Text.StartsWith(begin.Text, StringComparison.Ordinal),
        (BinaryValue binary, BinaryValue begin) => binary.Bytes.Span.StartsWith(begin.Bytes.Span),
        _ => false,
    };

    public override void Check(string what, Scope scope) => CheckType(what, "begins_with", Prefix.Literal(scope), "S", "B");
}

internal sealed class Contains(Operand value, Operand part) : Condition
{
    public override bool Holds(Item item, Scope scope) => (value.Of(item, scope), part.Of(item, scope)) switch
    {
        (_, null) => false,
        (TextValue text, TextValue piece) => text.Text.Contains(piece.Text, StringComparison.Ordinal),
        (BinaryValue binary, BinaryValue piece) => binary.Bytes.Span.IndexOf(piece.Bytes.Span) >= 0,
        (SetValue set, { } member) => set.Contains(member),
        (ListValue list, { } member) => list.Members.Contains(member),
        _ => false,
    };

    public override void Check(string what, Scope scope)
    {
    }
}
