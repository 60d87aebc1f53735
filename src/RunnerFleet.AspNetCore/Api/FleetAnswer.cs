using RunnerFleet.Compute;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.AspNetCore.Api;

/// <summary>The fleet at a glance. Every state is listed, also where it counts 0.</summary>
internal sealed record FleetAnswer
{
    public required string Name { get; init; }

    public required IReadOnlyDictionary<RunnerState, long> Runners { get; init; }

    public required IReadOnlyDictionary<JobState, long> Jobs { get; init; }

    public required IReadOnlyList<PlaceAnswer> Places { get; init; }

    public required IReadOnlyList<BreakerAnswer> Breakers { get; init; }

    public required IReadOnlyList<NoticeAnswer> Notices { get; init; }

    public static FleetAnswer Of(FleetOverview fleet) => new()
    {
        Name = fleet.Name,
        Runners = Enum.GetValues<RunnerState>().ToDictionary(state => state, state => fleet.Runners.GetValueOrDefault(state)),
        Jobs = Enum.GetValues<JobState>().ToDictionary(state => state, state => fleet.Jobs.GetValueOrDefault(state)),
        Places = [.. fleet.Places.Select(place => new PlaceAnswer(place.Key, place.Taken, place.Limit))],
        Breakers = [.. fleet.Breakers.Select(breaker => new BreakerAnswer(breaker.Key, ReasonAnswer.Of(breaker.Reason), breaker.OpenedAt, breaker.ProbeAt))],
        Notices = [.. fleet.Notices.Select(notice => new NoticeAnswer(notice.At, notice.Subject, ReasonAnswer.Of(notice.Reason)))],
    };
}

internal sealed record PlaceAnswer(string Key, int Taken, int Limit);

internal sealed record BreakerAnswer(string Key, ReasonAnswer Reason, DateTimeOffset OpenedAt, DateTimeOffset ProbeAt);

internal sealed record NoticeAnswer(DateTimeOffset At, string Subject, ReasonAnswer Reason);

/// <summary>A size that jobs can ask for.</summary>
internal sealed record ClassAnswer(string Name, int Cpu, int MemoryMiB, int? DiskGiB, string Architecture, int? Limit, long? JobTimeLimitSeconds)
{
    public static ClassAnswer Of(RunnerClass size) =>
        new(size.Name, size.Cpu, size.MemoryMiB, size.DiskGiB, size.Architecture, size.Limit, (long?)size.JobTimeLimit?.TotalSeconds);
}
