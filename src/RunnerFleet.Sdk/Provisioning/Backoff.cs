namespace RunnerFleet.Provisioning;

/// <summary>Growing distances: the first, twice that, four times …, up to the longest.</summary>
internal static class Backoff
{
    public static TimeSpan After(int failures, TimingOptions timing) =>
        TimeSpan.FromSeconds(Math.Min(timing.RetryMaxSeconds, timing.RetrySeconds * Math.Pow(2, Math.Clamp(failures - 1, 0, 20))));

    /// <summary>The distance when only the time since something began to fail is stored: look again when half of that time has passed once more.</summary>
    public static TimeSpan Since(DateTimeOffset began, DateTimeOffset now, TimingOptions timing) =>
        TimeSpan.FromSeconds(Math.Clamp((now - began).TotalSeconds / 2, timing.RetrySeconds, timing.RetryMaxSeconds));
}
