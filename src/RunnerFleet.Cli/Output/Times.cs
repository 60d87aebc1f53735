using System.Globalization;

namespace RunnerFleet.Cli.Output;

/// <summary>Moments and durations as people read them.</summary>
internal static class Times
{
    /// <summary><c>12s</c>, <c>4m12s</c>, <c>3h05m</c>, <c>2d04h</c>.</summary>
    public static string Length(TimeSpan length) => length switch
    {
        { Ticks: < 0 } => "0s",
        { TotalMinutes: < 1 } => Invariant($"{length.Seconds}s"),
        { TotalHours: < 1 } => Invariant($"{length.Minutes}m{length.Seconds:00}s"),
        { TotalDays: < 1 } => Invariant($"{length.Hours}h{length.Minutes:00}m"),
        _ => Invariant($"{length.Days}d{length.Hours:00}h"),
    };

    /// <summary>In UTC, as logs have it.</summary>
    public static string At(DateTimeOffset moment) => Invariant($"{moment.UtcDateTime:u}");

    /// <summary>The moment, and how long ago that is.</summary>
    public static string AtAndAgo(DateTimeOffset moment, DateTimeOffset now) =>
        moment <= now ? $"{At(moment)} ({Length(now - moment)} ago)" : $"{At(moment)} (in {Length(moment - now)})";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
