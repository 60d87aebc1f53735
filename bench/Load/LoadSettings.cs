using System.Globalization;

namespace RunnerFleet.Bench.Load;

/// <summary>How much is asked of the host.</summary>
internal sealed record LoadSettings
{
    public const string Usage = "load [--jobs 10000] [--connections 8] [--limit 50] [--run-ms 200] [--registrations 1000] [--rate 0] [--soak 0] [--sample 10]";

    /// <summary>How many jobs; each is three webhooks: <c>queued</c>, <c>in_progress</c>, <c>completed</c>.</summary>
    public int Jobs { get; init; } = 10_000;

    /// <summary>How many connections the webhooks come by.</summary>
    public int Connections { get; init; } = 8;

    /// <summary>The limit of the fleet. That of a class and that of a repository follow from it, so that each of the three is reached.</summary>
    public int Limit { get; init; } = 50;

    /// <summary>How long a job runs, on average: from half of it to one and a half times as long.</summary>
    public int RunMs { get; init; } = 200;

    /// <summary>The registration budget. GitHub's own (3 a second, the default) would be all that is measured.</summary>
    public int Registrations { get; init; } = 1000;

    /// <summary>Jobs a second; 0 sends all at once.</summary>
    public int Rate { get; init; }

    /// <summary>Minutes at a steady rate, with the memory watched; 0 is a burst.</summary>
    public int Soak { get; init; }

    /// <summary>Seconds between two samples of the memory.</summary>
    public int Sample { get; init; } = 10;

    public int LargeLimit => Math.Max(1, Limit * 2 / 5);

    public int RepositoryLimit => Math.Max(1, Limit / 5);

    public static LoadSettings? Read(string[] args)
    {
        var settings = new LoadSettings();
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 >= args.Length || !int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                return null;
            }

            switch (args[i])
            {
                case "--jobs": settings = settings with { Jobs = value }; break;
                case "--connections": settings = settings with { Connections = value }; break;
                case "--limit": settings = settings with { Limit = value }; break;
                case "--run-ms": settings = settings with { RunMs = value }; break;
                case "--registrations": settings = settings with { Registrations = value }; break;
                case "--rate": settings = settings with { Rate = value }; break;
                case "--soak": settings = settings with { Soak = value }; break;
                case "--sample": settings = settings with { Sample = value }; break;
                default: return null;
            }
        }

        if (settings.Soak > 0)
        {
            var rate = settings.Rate > 0 ? settings.Rate : 5;
            settings = settings with { Rate = rate, Jobs = settings.Soak * 60 * rate };
        }

        return settings is { Jobs: > 0, Connections: > 0, Limit: > 0, Registrations: > 0, Sample: > 0 } ? settings : null;
    }
}
