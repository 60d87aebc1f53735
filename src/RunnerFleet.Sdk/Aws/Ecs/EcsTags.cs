using System.Text;

namespace RunnerFleet.Aws.Ecs;

/// <summary>Tags as AWS takes them (Amazon ECS Developer Guide, "Tagging Amazon ECS resources", restrictions).</summary>
internal static class EcsTags
{
    /// <summary>What the fleet's own keys begin with, so that they collide with nobody's.</summary>
    public const string Prefix = "runnerfleet:";

    public const int Max = 50;
    private const int MaxKey = 128;
    private const int MaxValue = 256;

    public static bool IsKey(string key) => key.Length is > 0 and <= MaxKey && !key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase) && key.EnumerateRunes().All(IsAllowed);

    public static bool IsValue(string value) => value.Length <= MaxValue && value.EnumerateRunes().All(IsAllowed);

    /// <summary>The fleet's key for a fact.</summary>
    public static string KeyOf(string fact) => Fit(Prefix + fact, MaxKey);

    /// <summary>A text as a value: cut, with <c>_</c> for what AWS does not take.</summary>
    public static string ValueOf(string text) => Fit(text, MaxValue);

    private static string Fit(string text, int maxLength)
    {
        var fit = new StringBuilder(Math.Min(text.Length, maxLength));
        foreach (var rune in text.EnumerateRunes())
        {
            var allowed = IsAllowed(rune) ? rune : new Rune('_');
            if (fit.Length + allowed.Utf16SequenceLength > maxLength)
            {
                break;
            }

            fit.Append(allowed.ToString());
        }

        return fit.ToString();
    }

    private static bool IsAllowed(Rune rune) => Rune.IsLetterOrDigit(rune) || rune.Value is ' ' or '+' or '-' or '=' or '.' or '_' or ':' or '/' or '@';
}
