using System.Globalization;

namespace RunnerFleet.Testing.Simulation;

/// <summary>What happened, line by line; of a long run only the hash is kept.</summary>
internal sealed class EventLog(SimulatedTime time, bool keeps)
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    // FNV-1a, 64 bits.
    public ulong Hash { get; private set; } = 14695981039346656037;

    public void Add(string what)
    {
        if (!time.IsHere(what))
        {
            return;
        }

        var now = time.Now.UtcTicks - time.Start.UtcTicks;
        Mix((ulong)now);
        foreach (var c in what)
        {
            Mix(c);
        }

        if (keeps)
        {
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{TimeSpan.FromTicks(now):hh\\:mm\\:ss\\.fff} {what}"));
        }
    }

    private void Mix(ulong value) => Hash = (Hash ^ value) * 1099511628211;
}
