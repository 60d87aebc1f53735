namespace RunnerFleet.Testing.Aws.DynamoDb.Expressions;

/// <summary>Reads conditions: of writes, of filters and of keys (Developer Guide, "Condition and filter expressions, operators, and functions").</summary>
internal static class ConditionParser
{
    private static readonly string[] s_comparators = ["=", "<>", "<", "<=", ">", ">="];

    public static Condition Read(TokenReader reader)
    {
        var condition = ReadEither(reader);
        reader.ExpectEnd();
        return condition;
    }

    private static Condition ReadEither(TokenReader reader)
    {
        var left = ReadBoth(reader);
        while (reader.TryTakeWord("OR"))
        {
            reader.CountOperator();
            left = new Either(left, ReadBoth(reader));
        }

        return left;
    }

    private static Condition ReadBoth(TokenReader reader)
    {
        var left = ReadNot(reader);
        while (reader.TryTakeWord("AND"))
        {
            reader.CountOperator();
            left = new Both(left, ReadNot(reader));
        }

        return left;
    }

    private static Condition ReadNot(TokenReader reader)
    {
        if (!reader.TryTakeWord("NOT"))
        {
            return reader.Is("(") ? ReadParentheses(reader) : reader.IsCall && reader.Current.Text != "size" ? ReadFunction(reader) : ReadComparison(reader);
        }

        reader.CountOperator();
        return new Not(ReadNot(reader));
    }

    private static Condition ReadParentheses(TokenReader reader)
    {
        reader.Expect("(");
        var opensTwice = reader.Is("(");
        var inner = ReadEither(reader);
        reader.Expect(")");
        return opensTwice && inner is not (Both or Either) ? throw reader.Refuse("The expression has redundant parentheses;") : inner;
    }

    private static Condition ReadComparison(TokenReader reader)
    {
        var left = Operand.Read(reader);
        reader.CountOperator();
        if (reader.TryTakeWord("BETWEEN"))
        {
            var low = Operand.Read(reader);
            return reader.TryTakeWord("AND") ? new Between(left, low, Operand.Read(reader)) : throw reader.Syntax();
        }

        if (reader.TryTakeWord("IN"))
        {
            return new In(left, ReadList(reader));
        }

        if (reader.Current.Kind != TokenKind.Symbol || !s_comparators.Contains(reader.Current.Text))
        {
            throw reader.Syntax();
        }

        return new Comparison(reader.Take().Text, left, Operand.Read(reader));
    }

    private static List<Operand> ReadList(TokenReader reader)
    {
        reader.Expect("(");
        var list = new List<Operand> { Operand.Read(reader) };
        while (reader.TryTake(","))
        {
            list.Add(Operand.Read(reader));
        }

        reader.Expect(")");
        return list;
    }

    private static Condition ReadFunction(TokenReader reader)
    {
        var name = reader.Current.Text;
        if (name is not ("attribute_exists" or "attribute_not_exists" or "attribute_type" or "begins_with" or "contains"))
        {
            throw Operand.UnknownFunction(reader);
        }

        reader.CountOperator();
        reader.Take();
        var operands = ReadList(reader);
        return (name, operands) switch
        {
            ("attribute_exists", [PathOperand one]) => new Exists(one.Path, wanted: true),
            ("attribute_not_exists", [PathOperand one]) => new Exists(one.Path, wanted: false),
            ("attribute_type", [PathOperand one, var type]) => new HasType(one.Path, type),
            ("begins_with", [var text, var prefix]) => new BeginsWith(text, prefix),
            ("contains", [var whole, var part]) => new Contains(whole, part),
            ("attribute_exists" or "attribute_not_exists", [_]) or ("attribute_type", [_, _]) =>
                throw reader.Refuse($"Operator or function requires a document path; operator or function: {name}"),
            _ => throw reader.Refuse($"Incorrect number of operands for operator or function; operator or function: {name}, number of operands: {operands.Count}"),
        };
    }
}
