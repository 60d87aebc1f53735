namespace RunnerFleet.Testing.Simulation;

/// <summary>
/// Every choice that a simulated world makes, from one seed. Choice 0 is always the calm one: nothing fails, nothing is late. After a given number of choices
/// every further one is calm, so a run that fails can be cut down to the shortest beginning of choices that still fails.
/// </summary>
internal sealed class Chance(int seed, long most)
{
    // The algorithm of a seeded Random is fixed (System.Random keeps it for compatibility), so a seed replays on every machine.
    private readonly Random _random = new(seed);

    /// <summary>How many choices were made.</summary>
    public long Made { get; private set; }

    /// <summary>Whether the world misbehaves at present; it does not at the end of a story, so that the fleet can come to rest.</summary>
    public bool IsCalm { get; set; }

    /// <summary>0 to <paramref name="count"/> - 1; 0 is the calm choice.</summary>
    public int Pick(int count)
    {
        Made++;
        var picked = _random.Next(count); // drawn in any case, so that a cut leaves what came before as it was
        return IsCalm || Made > most ? 0 : picked;
    }

    /// <summary>0 to <paramref name="count"/> - 1, also in calm worlds: what people do, not what goes wrong.</summary>
    public int Any(int count)
    {
        Made++;
        var picked = _random.Next(count);
        return Made > most ? 0 : picked;
    }

    /// <summary>A time from nothing to <paramref name="longest"/>, also in calm worlds.</summary>
    public TimeSpan AnyTime(TimeSpan longest) => TimeSpan.FromMilliseconds(Any((int)longest.TotalMilliseconds + 1));

    /// <summary>Whether something of this probability, in thousandths, goes wrong.</summary>
    public bool Fault(int perMille)
    {
        Made++;
        var picked = _random.Next(1000);
        return !IsCalm && Made <= most && picked < perMille;
    }

    /// <summary>A time from nothing to <paramref name="longest"/>; nothing is the calm choice.</summary>
    public TimeSpan Time(TimeSpan longest) => TimeSpan.FromMilliseconds(Pick((int)longest.TotalMilliseconds + 1));

    /// <summary>Bytes for ids: not a choice, and never cut.</summary>
    public void Fill(Span<byte> bytes) => _random.NextBytes(bytes);
}
