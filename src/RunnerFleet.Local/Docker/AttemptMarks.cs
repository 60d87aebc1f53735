using System.Globalization;
using Docker.DotNet.Models;
using RunnerFleet.Runners;

namespace RunnerFleet.Local.Docker;

/// <summary>How an attempt ended.</summary>
internal sealed record EndMark(DateTimeOffset? StartedAt, ComputeEnd End);

/// <summary>That an attempt may not start any more, why, and whether it was told to stop.</summary>
internal sealed record BarMark(string Reason, bool IsStop);

/// <summary>
/// What is remembered of an attempt when its container is gone, or must not come: two empty volumes, whose labels say it. Unlike containers they cost nothing
/// to keep, and like them they are seen by every host and outlive restarts of the engine. The engine makes a volume of a name once and answers every
/// later request with the first one's labels, so of many writers one is right and all read the same.
/// </summary>
internal sealed class AttemptMarks(EngineConnection engine, TimeProvider clock)
{
    private const string WrittenLabel = "runnerfleet.written";
    private const string StartedLabel = "runnerfleet.started";
    private const string EndedLabel = "runnerfleet.ended";
    private const string ExitCodeLabel = "runnerfleet.exit-code";
    private const string ReasonLabel = "runnerfleet.reason";
    private const string StopLabel = "runnerfleet.stop";

    public async Task<EndMark?> ReadEndAsync(Attempt attempt, CancellationToken cancellationToken) =>
        await ReadAsync(attempt.EndVolume, cancellationToken).ConfigureAwait(false) is { } volume ? EndOf(volume) : null;

    public async Task<BarMark?> ReadBarAsync(Attempt attempt, CancellationToken cancellationToken) =>
        await ReadAsync(attempt.BarVolume, cancellationToken).ConfigureAwait(false) is { } volume ? BarOf(volume) : null;

    /// <summary>Writes how it ended; the first writer's word stays, and is answered.</summary>
    public async Task<EndMark> WriteEndAsync(Attempt attempt, EndMark mark, CancellationToken cancellationToken)
    {
        var labels = new Dictionary<string, string?>
        {
            [StartedLabel] = Spell(mark.StartedAt),
            [EndedLabel] = Spell(mark.End.At),
            [ExitCodeLabel] = mark.End.ExitCode?.ToString(CultureInfo.InvariantCulture),
            [ReasonLabel] = mark.End.Reason,
        };
        return EndOf(await WriteAsync(attempt.EndVolume, attempt, labels, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Forbids any start from now on; the first writer's word stays, and is answered.</summary>
    public async Task<BarMark> WriteBarAsync(Attempt attempt, BarMark mark, CancellationToken cancellationToken)
    {
        var labels = new Dictionary<string, string?> { [ReasonLabel] = mark.Reason, [StopLabel] = mark.IsStop ? "true" : null };
        return BarOf(await WriteAsync(attempt.BarVolume, attempt, labels, cancellationToken).ConfigureAwait(false));
    }

    public async Task<IReadOnlyList<VolumeResponse>> ListAsync(string fleet, CancellationToken cancellationToken)
    {
        var answer = await engine.Client.Volumes.ListAsync(new VolumesListParameters { Filters = EngineFilters.Label(Attempt.FleetLabel, fleet) }, cancellationToken).ConfigureAwait(false);
        return [.. answer.Volumes ?? []];
    }

    public async Task RemoveAsync(string volume, CancellationToken cancellationToken)
    {
        try
        {
            await engine.Client.Volumes.RemoveAsync(volume, force: null, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (EngineConnection.IsNotFound(exception))
        {
            // Another host was faster.
        }
    }

    /// <summary>When it was written; <see langword="null"/> where that was lost.</summary>
    public static DateTimeOffset? WrittenAt(VolumeResponse volume) => TimeIn(volume, WrittenLabel);

    /// <summary>A volume that is there says something by being there, even if its labels were lost.</summary>
    public static EndMark EndOf(VolumeResponse volume) => new(TimeIn(volume, StartedLabel), new ComputeEnd
    {
        StartedAt = TimeIn(volume, StartedLabel),
        At = TimeIn(volume, EndedLabel),
        ExitCode = int.TryParse(Label(volume, ExitCodeLabel), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var code) ? code : null,
        Reason = Label(volume, WrittenLabel) is null ? "How it ended was lost." : Label(volume, ReasonLabel),
    });

    private static BarMark BarOf(VolumeResponse volume) => new(Label(volume, ReasonLabel) ?? "The reason was lost.", Label(volume, StopLabel) is not null);

    private async Task<VolumeResponse?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await engine.Client.Volumes.InspectAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (EngineConnection.IsNotFound(exception))
        {
            return null;
        }
    }

    private async Task<VolumeResponse> WriteAsync(string name, Attempt attempt, Dictionary<string, string?> facts, CancellationToken cancellationToken)
    {
        var labels = attempt.Labels.ToDictionary();
        labels[WrittenLabel] = Spell(clock.GetUtcNow())!;
        foreach (var (label, fact) in facts)
        {
            if (fact is not null)
            {
                labels[label] = fact;
            }
        }

        return await engine.Client.Volumes.CreateAsync(new VolumesCreateParameters { Name = name, Driver = "local", Labels = labels }, cancellationToken).ConfigureAwait(false);
    }

    private static string? Label(VolumeResponse volume, string name) => volume.Labels is { } labels && labels.TryGetValue(name, out var value) ? value : null;

    private static string? Spell(DateTimeOffset? time) => time?.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset? TimeIn(VolumeResponse volume, string label) =>
        DateTimeOffset.TryParse(Label(volume, label), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
