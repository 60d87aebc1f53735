using RunnerFleet.Cli.Output;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Cli.Overview;

/// <summary>The fleet at a glance, as programs see it. Every state is listed, also where it counts 0.</summary>
internal sealed record OverviewDocument
{
    public required string Name { get; init; }

    public required IReadOnlyDictionary<RunnerState, long> Runners { get; init; }

    public required IReadOnlyDictionary<JobState, long> Jobs { get; init; }

    /// <summary>Why runners are not launched, most frequent first.</summary>
    public required IReadOnlyList<WaitDocument> Waits { get; init; }

    public required IReadOnlyList<PlaceDocument> Places { get; init; }

    public required IReadOnlyList<BreakerDocument> Breakers { get; init; }

    public required IReadOnlyList<NoticeDocument> Notices { get; init; }

    public static OverviewDocument Of(FleetOverview fleet, IReadOnlyList<Runner> pending) => new()
    {
        Name = fleet.Name,
        Runners = Enum.GetValues<RunnerState>().ToDictionary(state => state, state => fleet.Runners.GetValueOrDefault(state)),
        Jobs = Enum.GetValues<JobState>().ToDictionary(state => state, state => fleet.Jobs.GetValueOrDefault(state)),
        Waits = [.. pending.GroupBy(runner => runner.Reason?.Code ?? "").Select(WaitDocument.Of).OrderByDescending(wait => wait.Runners).ThenBy(wait => wait.OldestQueuedAt)],
        Places = [.. fleet.Places.Select(PlaceDocument.Of)],
        Breakers = [.. fleet.Breakers.Select(breaker => new BreakerDocument(breaker.Key, ReasonDocument.Of(breaker.Reason), breaker.OpenedAt, breaker.ProbeAt))],
        Notices = [.. fleet.Notices.Select(notice => new NoticeDocument(notice.At, notice.Subject, ReasonDocument.Of(notice.Reason)))],
    };
}

/// <summary>Runners that wait for one reason.</summary>
/// <param name="Code">The reason's code.</param>
/// <param name="Runners">How many runners.</param>
/// <param name="OldestQueuedAt">When the oldest of their jobs was queued.</param>
/// <param name="Message">The words of the oldest.</param>
internal sealed record WaitDocument(string Code, int Runners, DateTimeOffset OldestQueuedAt, string? Message)
{
    public static WaitDocument Of(IGrouping<string, Runner> runners)
    {
        var oldest = runners.MinBy(runner => runner.QueuedAt)!;
        return new(runners.Key, runners.Count(), oldest.QueuedAt, oldest.Reason?.Message);
    }
}

/// <summary>How much of a limit is taken.</summary>
/// <param name="Key">Whose limit.</param>
/// <param name="Taken">How many places are taken.</param>
/// <param name="Limit">How many there are; <see langword="null"/> where only the hosts' settings say so.</param>
internal sealed record PlaceDocument(string Key, int Taken, int? Limit)
{
    public static PlaceDocument Of(PlaceUse place) => new(place.Key, place.Taken, place.Limit == int.MaxValue ? null : place.Limit);
}

internal sealed record BreakerDocument(string Key, ReasonDocument Reason, DateTimeOffset OpenedAt, DateTimeOffset ProbeAt);

internal sealed record NoticeDocument(DateTimeOffset At, string Subject, ReasonDocument Reason);
