namespace RunnerFleet.Cli.Output;

/// <summary>Writes text without colours and borders, one row a line however long it is: for pipes and files.</summary>
internal static class PlainWriter
{
    private const string Gap = "  ";

    public static void Write(IReadOnlyList<Section> sections, TextWriter output)
    {
        for (var i = 0; i < sections.Count; i++)
        {
            if (i > 0)
            {
                output.WriteLine();
            }

            if (sections[i].Heading is { } heading)
            {
                output.WriteLine(heading);
            }

            foreach (var line in LinesOf(sections[i]))
            {
                output.WriteLine(line);
            }
        }
    }

    private static IEnumerable<string> LinesOf(Section section) => section switch
    {
        Grid { Rows: [], WhenEmpty: { } words } => [words],
        Grid grid => Aligned([grid.Columns.Select(column => column.ToUpperInvariant()), .. grid.Rows.Select(row => row.Select(cell => cell.Text))]),
        Facts facts => Aligned(facts.Rows.Select(row => new[] { row.Name, row.Value.Text })),
        _ => throw new InvalidOperationException($"{section.GetType()} has no plain form."),
    };

    private static IEnumerable<string> Aligned(IEnumerable<IEnumerable<string>> rows)
    {
        var table = rows.Select(row => row.ToArray()).ToList();
        var widths = table.Count == 0 ? [] : Enumerable.Range(0, table[0].Length).Select(column => table.Max(row => row[column].Length)).ToArray();
        return table.Select(row => string.Join(Gap, row.Select((text, column) => text.PadRight(widths[column]))).TrimEnd());
    }
}
