namespace RunnerFleet.Cli.Output;

/// <summary>A part of an answer as people see it.</summary>
internal abstract record Section(string? Heading);

/// <summary>Names and values, one below the other.</summary>
internal sealed record Facts(string? Heading, IReadOnlyList<Fact> Rows) : Section(Heading)
{
    /// <summary>Without those that have no value.</summary>
    public static Facts Of(string? heading, params IEnumerable<Fact?> rows) => new(heading, [.. rows.OfType<Fact>()]);
}

internal sealed record Fact(string Name, Cell Value)
{
    public static Fact? Of(string name, string? value, Tone tone = Tone.None) => string.IsNullOrEmpty(value) ? null : new(name, new(value, tone));
}

/// <summary>Columns and rows.</summary>
internal sealed record Grid(string? Heading, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<Cell>> Rows) : Section(Heading)
{
    /// <summary>What is said where there are no rows.</summary>
    public string? WhenEmpty { get; init; }
}

/// <summary>A text in its place, and what it means.</summary>
internal readonly record struct Cell
{
    private readonly string? _text;

    public Cell(string? text, Tone tone = Tone.None)
    {
        _text = string.IsNullOrEmpty(text) ? null : ShownText.OneLine(text);
        Tone = tone;
    }

    public string Text => _text ?? "-";

    public Tone Tone { get; }

    public static implicit operator Cell(string? text) => new(text);
}

/// <summary>What a colour would say.</summary>
internal enum Tone
{
    None,

    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Under way.</summary>
    Busy,

    /// <summary>Needs somebody.</summary>
    Bad,

    /// <summary>Over.</summary>
    Past,
}
