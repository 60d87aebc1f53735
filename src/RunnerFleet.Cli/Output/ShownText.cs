using System.Globalization;
using System.Text;

namespace RunnerFleet.Cli.Output;

/// <summary>Makes text fit for a terminal: names of jobs and words of AWS are strangers' and may hold control sequences.</summary>
internal static class ShownText
{
    /// <summary>One line, with a space for what breaks or steers a line and <c>?</c> for everything else that is not visible as itself, such as marks that reverse the direction of writing.</summary>
    public static string OneLine(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            line.Append(Rune.GetUnicodeCategory(rune) switch
            {
                UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => " ",
                UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => "?",
                _ => rune.ToString(),
            });
        }

        return line.ToString().TrimEnd();
    }

    public static string Cut(string text, int length) => text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 4]) ? length - 4 : length - 3)] + "...";
}
