using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace RunnerFleet.Runners;

/// <summary>
/// A runner's name at GitHub, <c>rf-&lt;fleet&gt;-&lt;id&gt;-&lt;n&gt;</c>. The id is in the name, so a name found anywhere leads to its record without an index.
/// With a fleet name of 16 characters it has at most 50; GitHub takes 64.
/// </summary>
public static class RunnerName
{
    private const int IdLength = 26;

    /// <summary>The beginning of every runner name of a fleet.</summary>
    public static string Prefix(string fleet) => $"rf-{fleet}-";

    /// <summary>Makes the name of a runner's <paramref name="number"/>th registration.</summary>
    public static string Format(string fleet, string runnerId, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"rf-{fleet}-{runnerId}-{number}");

    /// <summary>Reads a name. <see langword="false"/> for any name that is not one of this fleet's.</summary>
    public static bool TryParse(string? name, string fleet, [NotNullWhen(true)] out string? runnerId, out int number)
    {
        runnerId = null;
        number = 0;
        var prefix = Prefix(fleet);
        if (name is null || !name.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = name.AsSpan(prefix.Length);
        if (rest.Length < IdLength + 2 || rest[IdLength] != '-'
            || !IsId(rest[..IdLength])
            || !int.TryParse(rest[(IdLength + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            return false;
        }

        runnerId = rest[..IdLength].ToString();
        return true;
    }

    /// <summary>Says whether a text has the form of a runner id: a ULID, 26 characters of Crockford's base 32 in upper case.</summary>
    public static bool IsId(ReadOnlySpan<char> text)
    {
        if (text.Length != IdLength || text[0] > '7')
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!(char.IsAsciiDigit(c) || (char.IsAsciiLetterUpper(c) && c is not ('I' or 'L' or 'O' or 'U'))))
            {
                return false;
            }
        }

        return true;
    }
}
