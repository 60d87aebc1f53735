namespace RunnerFleet.Testing.Aws.DynamoDb.Expressions;

/// <summary>What a condition or an update reckons with.</summary>
internal abstract class Operand
{
    /// <returns><see langword="null"/> where the item has no such thing.</returns>
    public abstract Value? Of(Item item, Scope scope);

    /// <summary>What it is, where that is the same for every item.</summary>
    public virtual Value? Literal(Scope scope) => null;

    public static Operand Read(TokenReader reader)
    {
        if (reader.Current.Kind == TokenKind.Value)
        {
            reader.Values.Add(reader.Current.Text);
            return new ValueOperand(reader.Take().Text);
        }

        if (!reader.IsCall)
        {
            return new PathOperand(DocumentPath.Read(reader));
        }

        if (reader.Current.Text != "size")
        {
            throw UnknownFunction(reader);
        }

        reader.Take();
        reader.Expect("(");
        var measured = Read(reader);
        reader.Expect(")");
        return measured is SizeOperand ? throw reader.Refuse("The function is not allowed to be used this way in an expression; function: size") : new SizeOperand(measured);
    }

    public static AwsStandInException UnknownFunction(TokenReader reader) => reader.Refuse($"Invalid function name; function: {reader.Current.Text}");
}

internal sealed class ValueOperand(string placeholder) : Operand
{
    public override Value? Of(Item item, Scope scope) => scope.Values[placeholder];

    public override Value? Literal(Scope scope) => scope.Values[placeholder];
}

internal sealed class PathOperand(DocumentPath path) : Operand
{
    public DocumentPath Path { get; } = path;

    public override Value? Of(Item item, Scope scope) => Path.Find(item, scope);
}

internal sealed class SizeOperand(Operand measured) : Operand
{
    public override Value? Of(Item item, Scope scope) => measured.Of(item, scope)?.Length is { } length ? new NumberValue(Number.Parse($"{length}")) : null;
}
