namespace RunnerFleet.Labels;

/// <summary>The words that the built-in label parser knows, lower case.</summary>
internal static class LabelWords
{
    internal const string SelfHosted = "self-hosted";
    internal const string Linux = "linux";
    internal const string X64 = "x64";
    internal const string Arm64 = "arm64";

    internal const string Image = "image:";
    internal const string Class = "class:";
    internal const string Capacity = "capacity:";
    internal const string Disk = "disk:";

    /// <summary>Operating systems that fleets do not run.</summary>
    internal static bool IsOtherSystem(string label) => label is "windows" or "macos";

    /// <summary>Whether the label is a wish with a value.</summary>
    internal static bool IsWish(string label) => label.Contains(':', StringComparison.Ordinal)
        && (label.StartsWith(Image, StringComparison.Ordinal) || label.StartsWith(Class, StringComparison.Ordinal)
            || label.StartsWith(Capacity, StringComparison.Ordinal) || label.StartsWith(Disk, StringComparison.Ordinal));

    /// <summary>Whether the label is plain, and known to every fleet.</summary>
    internal static bool IsPlain(string label) => label is SelfHosted or Linux or X64 or Arm64;
}
