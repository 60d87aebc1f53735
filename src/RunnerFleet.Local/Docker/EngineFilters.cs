namespace RunnerFleet.Local.Docker;

/// <summary>Filters as the engine takes them: a name, and the values of which one must hold.</summary>
internal static class EngineFilters
{
    /// <summary>What carries a label, with this value or with any.</summary>
    public static Dictionary<string, IDictionary<string, bool>> Label(string name, string? value = null) =>
        new() { ["label"] = Values(value is null ? name : $"{name}={value}") };

    public static Dictionary<string, bool> Values(params IEnumerable<string> values) => values.ToDictionary(value => value, _ => true);
}
