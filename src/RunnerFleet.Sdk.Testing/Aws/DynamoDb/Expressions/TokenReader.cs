using System.Text;

namespace RunnerFleet.Testing.Aws.DynamoDb.Expressions;

internal enum TokenKind
{
    Word,
    Name,
    Value,
    Number,
    Symbol,
    End,
}

internal readonly record struct Token(TokenKind Kind, string Text);

/// <summary>An expression as words and signs, read from left to right.</summary>
internal sealed class TokenReader
{
    private readonly List<Token> _tokens = [];
    private readonly string _text;
    private int _position;
    private int _operators;

    /// <param name="what">The parameter that holds the expression, for refusals.</param>
    /// <param name="text">The expression.</param>
    public TokenReader(string what, string text)
    {
        What = what;
        _text = text;
        if (text.Length == 0)
        {
            throw Refuse("The expression can not be empty;");
        }

        if (Encoding.UTF8.GetByteCount(text) > Limits.ExpressionBytes)
        {
            throw Refuse($"Expression size has exceeded the maximum allowed size; expression size: {text.Length}");
        }

        Split();
    }

    public string What { get; }

    public Token Current => _tokens[_position];

    /// <summary>The names (<c>#n</c>) that the expression mentions.</summary>
    public HashSet<string> Names { get; } = new(StringComparer.Ordinal);

    /// <summary>The values (<c>:v</c>) that the expression mentions.</summary>
    public HashSet<string> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>The paths that the expression mentions.</summary>
    public List<DocumentPath> Paths { get; } = [];

    public AwsStandInException Refuse(string message) => Refusal.Invalid($"Invalid {What}: {message}");

    public AwsStandInException Syntax() => Refuse(Current.Kind == TokenKind.End
        ? "Syntax error; token: <EOF>"
        : $"Syntax error; token: \"{Current.Text}\", near: \"{_text}\"");

    public Token Take() => _tokens[_position++];

    public bool Is(string symbol) => Current.Kind == TokenKind.Symbol && Current.Text == symbol;

    public bool IsWord(string word) => Current.Kind == TokenKind.Word && Current.Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a function is called here: its name, which is spelled in small letters, and a parenthesis.</summary>
    public bool IsCall => Current.Kind == TokenKind.Word && _tokens[_position + 1] is { Kind: TokenKind.Symbol, Text: "(" };

    public bool TryTake(string symbol) => Is(symbol) && Advance();

    public bool TryTakeWord(string word) => IsWord(word) && Advance();

    public void Expect(string symbol)
    {
        if (!TryTake(symbol))
        {
            throw Syntax();
        }
    }

    public void ExpectEnd()
    {
        if (Current.Kind != TokenKind.End)
        {
            throw Syntax();
        }
    }

    public void CountOperator()
    {
        if (++_operators > Limits.ExpressionOperators)
        {
            throw Refuse("The expression contains too many operators");
        }
    }

    private bool Advance()
    {
        _position++;
        return true;
    }

    private void Split()
    {
        var at = 0;
        while (at < _text.Length)
        {
            var c = _text[at];
            if (char.IsWhiteSpace(c))
            {
                at++;
                continue;
            }

            var length = c switch
            {
                '#' or ':' => 1 + WordLength(at + 1),
                _ when IsWordPart(c) => WordLength(at),
                '<' when at + 1 < _text.Length && _text[at + 1] is '>' or '=' => 2,
                '>' when at + 1 < _text.Length && _text[at + 1] is '=' => 2,
                '(' or ')' or ',' or '.' or '[' or ']' or '=' or '<' or '>' or '+' or '-' => 1,
                _ => throw Refuse($"Syntax error; token: \"{c}\", near: \"{_text}\""),
            };
            var text = _text.Substring(at, length);
            _tokens.Add(new(KindOf(text), text));
            at += length;
        }

        _tokens.Add(new(TokenKind.End, ""));
        if (_tokens.FirstOrDefault(token => token.Text is "#" or ":") is { Text: not null } bare)
        {
            throw Refuse($"Syntax error; token: \"{bare.Text}\", near: \"{_text}\"");
        }
    }

    private int WordLength(int start)
    {
        var end = start;
        while (end < _text.Length && IsWordPart(_text[end]))
        {
            end++;
        }

        return end - start;
    }

    private static bool IsWordPart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private static TokenKind KindOf(string text) => text[0] switch
    {
        '#' => TokenKind.Name,
        ':' => TokenKind.Value,
        _ when text.All(char.IsAsciiDigit) => TokenKind.Number,
        var c when char.IsAsciiLetter(c) => TokenKind.Word,
        _ => TokenKind.Symbol,
    };
}
