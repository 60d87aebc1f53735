using System.Diagnostics;
using System.Net.Http.Json;

namespace RunnerFleet.Bench.Load;

/// <summary>The host's memory from time to time. In a soak each sample is taken after a full collection, so that what is seen is what is held.</summary>
internal sealed class MemoryWatch(HttpClient host, LoadSettings settings)
{
    private const double AllowedGrowth = 0.10;

    private readonly List<(double Minutes, HostSample Sample)> _samples = [];
    private long _begin;
    private long _last;

    public HostSample First { get; private set; } = null!;

    public HostSample Last { get; private set; } = null!;

    public long MostHeap => _samples.Max(s => s.Sample.Heap);

    public TimeSpan Cpu => TimeSpan.FromSeconds(Last.CpuSeconds - First.CpuSeconds);

    public long Allocated => Last.Allocated - First.Allocated;

    public async Task BeginAsync()
    {
        First = await TakeAsync(collect: true);
        _begin = _last = Stopwatch.GetTimestamp();
        _samples.Add((0, First));
    }

    public async Task LookAsync()
    {
        if (Stopwatch.GetElapsedTime(_last) < TimeSpan.FromSeconds(settings.Soak > 0 ? settings.Sample : 1))
        {
            return;
        }

        _last = Stopwatch.GetTimestamp();
        var sample = await TakeAsync(collect: settings.Soak > 0);
        _samples.Add((Stopwatch.GetElapsedTime(_begin).TotalMinutes, sample));
        if (settings.Soak > 0)
        {
            Console.WriteLine($"{_samples[^1].Minutes,6:F1} min   {sample}");
        }
    }

    public async Task EndAsync() => Last = await TakeAsync(collect: true);

    /// <summary>Compares the last third with the one before: what is warmed up in the first third counts for nothing.</summary>
    public bool IsSteady(Action<FormattableString> say)
    {
        var third = _samples.Count / 3;
        if (third < 3)
        {
            say($"Only {_samples.Count} samples of the memory: too few to judge. Soak longer, or sample more often.");
            return false;
        }

        var (middle, end) = (_samples[third..^third], _samples[^third..]);
        var (before, after) = (Median(middle), Median(end));
        var slope = Slope([.. middle, .. end]);
        say($"heap after a collection: median {before / 1e6:F2} MB in the second third, {after / 1e6:F2} MB in the last ({after / before - 1:+0.0%;-0.0%}; at most {AllowedGrowth:+0%} is allowed); slope over both {slope / 1e6 * 60:F2} MB an hour");
        return after <= before * (1 + AllowedGrowth);
    }

    private async Task<HostSample> TakeAsync(bool collect) => (await host.GetFromJsonAsync<HostSample>($"load/sample?collect={collect}"))!;

    private static double Median(IReadOnlyList<(double Minutes, HostSample Sample)> samples) => samples.Select(s => (double)s.Sample.Heap).Order().ElementAt(samples.Count / 2);

    /// <summary>Bytes a minute, by least squares.</summary>
    private static double Slope(IReadOnlyList<(double Minutes, HostSample Sample)> samples)
    {
        var (x, y) = (samples.Average(s => s.Minutes), samples.Average(s => s.Sample.Heap));
        return samples.Sum(s => (s.Minutes - x) * (s.Sample.Heap - y)) / samples.Sum(s => (s.Minutes - x) * (s.Minutes - x));
    }
}
