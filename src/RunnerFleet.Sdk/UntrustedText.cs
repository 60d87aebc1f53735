using System.Globalization;
using System.Text;

namespace RunnerFleet;

/// <summary>Makes text of strangers fit to be stored, logged and shown.</summary>
internal static class UntrustedText
{
    /// <summary>Whether it holds control characters.</summary>
    internal static bool ContainsControl(this ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (char.IsControl(character))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The text cut to a length, with a space in place of each control character.</summary>
    internal static string ToOneLine(this string text, int maxLength)
    {
        if (text.Length > maxLength)
        {
            text = text[..(char.IsHighSurrogate(text[maxLength - 1]) ? maxLength - 1 : maxLength)];
        }

        return ContainsControl(text)
            ? string.Create(text.Length, text, static (line, source) =>
            {
                for (var i = 0; i < line.Length; i++)
                {
                    line[i] = char.IsControl(source[i]) ? ' ' : source[i];
                }
            })
            : text;
    }

    /// <summary>The text in quotation marks, short, with <c>?</c> for everything that is not visible as itself, such as marks that reverse the direction of writing.</summary>
    internal static string Quoted(this string text)
    {
        const int Limit = 80;
        var quoted = new StringBuilder("'", Limit + 6);
        foreach (var rune in text.EnumerateRunes())
        {
            if (quoted.Length > Limit)
            {
                quoted.Append("...");
                break;
            }

            quoted.Append(IsVisible(rune) ? rune.ToString() : "?");
        }

        return quoted.Append('\'').ToString();
    }

    private static bool IsVisible(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
