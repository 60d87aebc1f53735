using Spectre.Console;
using Spectre.Console.Rendering;

namespace RunnerFleet.Cli.Output;

/// <summary>Writes for a person at a terminal, in colours and as wide as the terminal is.</summary>
internal static class TerminalWriter
{
    public static void Write(IReadOnlyList<Section> sections, IAnsiConsole terminal)
    {
        foreach (var section in sections)
        {
            if (section.Heading is { } heading)
            {
                terminal.Write(new Text(heading, new Style(decoration: Decoration.Bold)));
                terminal.WriteLine();
            }

            terminal.Write(Render(section));
        }
    }

    private static IRenderable Render(Section section) => section switch
    {
        Grid { Rows: [], WhenEmpty: { } words } => new Padder(new Text(words), new Padding(0, 0, 0, 1)),
        Grid grid => Table(grid),
        Facts facts => Table(facts),
        _ => throw new InvalidOperationException($"{section.GetType()} has no form for terminals."),
    };

    private static Table Table(Grid grid)
    {
        var table = new Table().RoundedBorder();
        foreach (var column in grid.Columns)
        {
            table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))));
        }

        foreach (var row in grid.Rows)
        {
            table.AddRow(row.Select(Text));
        }

        return table;
    }

    private static Table Table(Facts facts)
    {
        var table = new Table().RoundedBorder().HideHeaders();
        table.AddColumn(new TableColumn("").NoWrap());
        table.AddColumn("");
        foreach (var row in facts.Rows)
        {
            table.AddRow(new Text(row.Name, new Style(Color.Grey)), Text(row.Value));
        }

        return table;
    }

    /// <summary>Never markup: a name may hold brackets.</summary>
    private static IRenderable Text(Cell cell) => new Text(cell.Text, cell.Tone switch
    {
        Tone.Good => new Style(Color.Green),
        Tone.Busy => new Style(Color.Yellow),
        Tone.Bad => new Style(Color.Red),
        Tone.Past => new Style(Color.Grey),
        _ => Style.Plain,
    });
}
