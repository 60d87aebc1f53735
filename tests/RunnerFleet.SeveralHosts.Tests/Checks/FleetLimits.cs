namespace RunnerFleet.SeveralHosts.Tests.Checks;

/// <summary>The limits of one fleet, as its places are keyed.</summary>
internal sealed record FleetLimits(int Fleet, int Small, int Large, int Repository)
{
    /// <summary>The limit under the key of a place.</summary>
    public int Of(string key) => key switch
    {
        "fleet" => Fleet,
        "class/small" => Small,
        "class/large" => Large,
        _ when key.StartsWith("repository/", StringComparison.Ordinal) => Repository,
        _ => throw new ArgumentException($"No limit is known under {key}.", nameof(key)),
    };

    public void Apply(RunnerFleetOptions options)
    {
        options.Limits.Fleet = Fleet;
        options.Limits.PerRepository = Repository;
        options.Classes["small"] = new RunnerClassOptions { Cpu = 512, Memory = 1024, Limit = Small };
        options.Classes["large"] = new RunnerClassOptions { Cpu = 4096, Memory = 8192, Limit = Large };
    }
}
