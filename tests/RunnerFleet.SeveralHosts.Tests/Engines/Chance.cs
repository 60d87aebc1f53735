namespace RunnerFleet.SeveralHosts.Tests.Engines;

/// <summary>Seeded luck for many threads.</summary>
internal sealed class Chance(int seed)
{
    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();

    public bool Is(double likelihood)
    {
        lock (_gate)
        {
            return _random.NextDouble() < likelihood;
        }
    }

    public int Next(int below)
    {
        lock (_gate)
        {
            return _random.Next(below);
        }
    }

    /// <summary>One, two or all of them, in any order.</summary>
    public IReadOnlyList<T> Some<T>(IReadOnlyList<T> all, double several)
    {
        lock (_gate)
        {
            T[] shuffled = [.. all];
            _random.Shuffle(shuffled);
            var count = _random.NextDouble() < several ? _random.Next(2, all.Count + 1) : 1;
            return shuffled[..Math.Min(count, all.Count)];
        }
    }
}
