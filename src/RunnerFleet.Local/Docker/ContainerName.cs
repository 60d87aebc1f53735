using System.Globalization;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Local.Docker;

/// <summary>
/// The name of an attempt's container, <c>rf-&lt;fleet&gt;-&lt;runner&gt;-&lt;attempt&gt;</c>. The engine gives a name to one container only: of many launches of an attempt, one creates it.
/// Only names of that form are ever sent to the engine.
/// </summary>
internal static class ContainerName
{
    private const string Prefix = "rf-";
    private const int RunnerIdLength = 26;

    /// <summary>Gets the name; <see langword="null"/> where no compute can have such an identity.</summary>
    public static string? Of(ComputeIdentity identity) => IsFleet(identity.Fleet) && RunnerName.IsId(identity.RunnerId) && identity.Attempt >= 1 ? Format(identity) : null;

    /// <summary>Reads a name; <see langword="null"/> for any other text. The fleet's name may hold hyphens, so it is read from the right.</summary>
    public static ComputeIdentity? Parse(string name)
    {
        var beforeAttempt = name.LastIndexOf('-');
        var beforeRunner = beforeAttempt - RunnerIdLength - 1;
        if (beforeRunner <= Prefix.Length || name[beforeRunner] != '-'
            || !int.TryParse(name.AsSpan(beforeAttempt + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var attempt))
        {
            return null;
        }

        var identity = new ComputeIdentity { Fleet = name[Prefix.Length..beforeRunner], RunnerId = name[(beforeRunner + 1)..beforeAttempt], Attempt = attempt };
        return Of(identity) == name ? identity : null;
    }

    public static bool IsFleet(string fleet) =>
        fleet.Length is > 0 and <= 16 && fleet.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static string Format(ComputeIdentity identity) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{identity.Fleet}-{identity.RunnerId}-{identity.Attempt}");
}
