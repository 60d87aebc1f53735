using System.Text.RegularExpressions;

namespace RunnerFleet.Docs.Tests;

/// <summary>Reads from documents what tests compare.</summary>
internal static partial class Markdown
{
    /// <summary>The rows of the table below a heading, head and rule left out, cell by cell.</summary>
    public static IReadOnlyList<string[]> TableUnder(string document, string heading)
    {
        var rows = Section(document, heading).SkipWhile(line => !line.StartsWith('|')).TakeWhile(line => line.StartsWith('|'));
        return [.. rows.Skip(2).Select(row => Cell().Split(row.Trim().Trim('|')).Select(cell => cell.Trim()).ToArray())];
    }

    /// <summary>The lines of the fenced block below a heading.</summary>
    public static IReadOnlyList<string> BlockUnder(string document, string heading, string language) =>
        [.. Section(document, heading).SkipWhile(line => line != "```" + language).Skip(1).TakeWhile(line => line != "```").Select(line => line.Trim())];

    /// <summary>What stands between backticks.</summary>
    public static IReadOnlyList<string> Code(string text) => [.. Backticks().Matches(text).Select(match => match.Groups[1].Value)];

    private static IEnumerable<string> Section(string document, string heading)
    {
        var lines = Repository.Read(document).Split('\n').SkipWhile(line => !IsHeading(line, heading)).ToList();
        Assert.True(lines.Count > 0, $"{document} has no heading '{heading}'.");
        return lines.Skip(1).TakeWhile(line => !line.StartsWith('#'));
    }

    private static bool IsHeading(string line, string heading) => line.StartsWith('#') && line.TrimStart('#').Trim() == heading;

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Cell();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Backticks();
}
