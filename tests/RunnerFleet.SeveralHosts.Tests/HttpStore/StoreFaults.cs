namespace RunnerFleet.SeveralHosts.Tests.HttpStore;

/// <summary>What goes wrong with one call to the store.</summary>
internal enum StoreFault
{
    None,

    /// <summary>503, before any effect.</summary>
    Unavailable,

    /// <summary>The effect is there; the connection breaks instead of an answer.</summary>
    LostReply,

    /// <summary>The call takes its time to arrive.</summary>
    SlowToCome,

    /// <summary>The effect is there long before its answer.</summary>
    SlowToAnswer,

    /// <summary>A commit meets a conflict that nobody made, as transactions of a busy table do.</summary>
    Conflict,
}

/// <summary>Deals out a number of faults from a seed. Which call meets which depends on the threads, so a run is not replayed to the letter by its seed.</summary>
internal sealed class StoreFaults(int seed, int budget)
{
    private static readonly StoreFault[] s_kinds = [StoreFault.Unavailable, StoreFault.LostReply, StoreFault.SlowToCome, StoreFault.SlowToAnswer, StoreFault.SlowToAnswer, StoreFault.Conflict];

    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();
    private readonly Dictionary<StoreFault, int> _dealt = [];

    /// <summary>How likely a call meets a fault while the budget lasts.</summary>
    public double Likelihood { get; set; } = 0.04;

    public string Summary
    {
        get
        {
            lock (_gate)
            {
                return string.Join(", ", _dealt.OrderBy(d => d.Key).Select(d => $"{d.Key} {d.Value}"));
            }
        }
    }

    public (StoreFault Kind, TimeSpan Delay) Next(bool isCommit)
    {
        lock (_gate)
        {
            if (budget == 0 || _random.NextDouble() >= Likelihood)
            {
                return (StoreFault.None, default);
            }

            var kind = s_kinds[_random.Next(s_kinds.Length)];
            if (kind == StoreFault.Conflict && !isCommit)
            {
                return (StoreFault.None, default);
            }

            budget--;
            _dealt[kind] = _dealt.GetValueOrDefault(kind) + 1;
            return (kind, TimeSpan.FromMilliseconds(_random.Next(5, 60)));
        }
    }

    /// <summary>From now on all goes well.</summary>
    public void End()
    {
        lock (_gate)
        {
            budget = 0;
        }
    }
}
