using RunnerFleet.Runners;

namespace RunnerFleet.Jobs;

/// <summary>Scope and label set as one word. Demand is counted per key: queued jobs minus free runners, never pair by pair.</summary>
public static class DemandKey
{
    /// <summary>Makes the key. Labels are compared without case and order (GitHub: labels are case-insensitive).</summary>
    public static string Of(RunnerScope scope, IEnumerable<string> labels) =>
        $"{scope.Key}|{string.Join(',', labels.Select(l => l.ToLowerInvariant()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))}";
}
