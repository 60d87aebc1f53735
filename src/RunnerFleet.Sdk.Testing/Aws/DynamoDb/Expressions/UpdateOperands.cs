namespace RunnerFleet.Testing.Aws.DynamoDb.Expressions;

/// <summary>What SET may write besides paths and values.</summary>
internal static class UpdateOperands
{
    public static Operand Read(TokenReader reader)
    {
        var left = ReadOne(reader);
        if (reader.TryTake("+"))
        {
            reader.CountOperator();
            return new Arithmetic(left, ReadOne(reader), (a, b) => a + b);
        }

        if (reader.TryTake("-"))
        {
            reader.CountOperator();
            return new Arithmetic(left, ReadOne(reader), (a, b) => a - b);
        }

        return left;
    }

    private static Operand ReadOne(TokenReader reader)
    {
        if (!reader.IsCall)
        {
            return Operand.Read(reader);
        }

        var name = reader.Current.Text;
        if (name is not ("if_not_exists" or "list_append"))
        {
            throw Operand.UnknownFunction(reader);
        }

        reader.CountOperator();
        reader.Take();
        reader.Expect("(");
        var first = ReadOne(reader);
        reader.Expect(",");
        var second = ReadOne(reader);
        reader.Expect(")");
        return (name, first) switch
        {
            ("list_append", _) => new ListAppend(first, second),
            (_, PathOperand path) => new IfNotExists(path, second),
            _ => throw reader.Refuse("Operator or function requires a document path; operator or function: if_not_exists"),
        };
    }

    private static Value Needed(Operand operand, Item item, Scope scope) =>
        operand.Of(item, scope) ?? throw Refusal.Invalid("The provided expression refers to an attribute that does not exist in the item");

    private static AwsStandInException WrongType() => Refusal.Invalid("An operand in the update expression has an incorrect data type");

    private sealed class Arithmetic(Operand left, Operand right, Func<Number, Number, Number> reckon) : Operand
    {
        public override Value? Of(Item item, Scope scope) => (Needed(left, item, scope), Needed(right, item, scope)) is (NumberValue a, NumberValue b)
            ? new NumberValue(reckon(a.Number, b.Number))
            : throw WrongType();
    }

    private sealed class IfNotExists(PathOperand path, Operand otherwise) : Operand
    {
        public override Value? Of(Item item, Scope scope) => path.Of(item, scope) ?? otherwise.Of(item, scope);
    }

    private sealed class ListAppend(Operand left, Operand right) : Operand
    {
        public override Value? Of(Item item, Scope scope) => (Needed(left, item, scope), Needed(right, item, scope)) is (ListValue a, ListValue b)
            ? new ListValue([.. a.Members, .. b.Members])
            : throw WrongType();
    }
}
