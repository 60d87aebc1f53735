using System.Globalization;
using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Local.Docker;

/// <summary>Where an attempt is in its life, as its container and its marks show.</summary>
internal enum ContainerPhase
{
    /// <summary>There is nothing. A launch may come.</summary>
    Absent,

    /// <summary>There is no container, and none can start any more.</summary>
    Barred,

    /// <summary>There is a container that never started.</summary>
    Created,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It runs, and was told to stop.</summary>
    Stopping,

    /// <summary>It ran and ended.</summary>
    Stopped,
}

/// <summary>What a look at an attempt showed.</summary>
internal sealed record ContainerLook(ContainerPhase Phase, DateTimeOffset? StartedAt = null, ComputeEnd? End = null);

/// <summary>
/// Says how attempts stand. A look also finishes what is left to do: of a container that ended it keeps exit code and last words in a mark
/// (<see cref="AttemptMarks"/>), and only then removes it, since its files can be many gigabytes. So no crash of anyone makes an attempt forgotten.
/// </summary>
internal sealed class ContainerInspector(EngineConnection engine, AttemptMarks marks, TimeProvider clock, ILogger logger)
{
    /// <summary>Between two looks at something that is about to change.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a container stays when its end cannot be written down. Nobody sends a launch again so much later.</summary>
    private static readonly TimeSpan KeptWithoutMark = TimeSpan.FromMinutes(15);

    public async Task<ContainerLook> LookAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        ContainerInspectResponse container;
        try
        {
            container = await engine.Client.Containers.InspectContainerAsync(attempt.Container, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (EngineConnection.IsNotFound(exception))
        {
            return await LookAtMarksAsync(attempt, cancellationToken).ConfigureAwait(false);
        }

        if (container.State is not { } state || TimeOf(state.StartedAt) is not { } startedAt)
        {
            return new ContainerLook(ContainerPhase.Created);
        }

        if (state.Status is "exited" or "dead" or "removing")
        {
            return await SettleAsync(attempt, container, state, startedAt, cancellationToken).ConfigureAwait(false);
        }

        var bar = await marks.ReadBarAsync(attempt, cancellationToken).ConfigureAwait(false);
        return new ContainerLook(bar is { IsStop: true } ? ContainerPhase.Stopping : ContainerPhase.Running, startedAt);
    }

    /// <summary>Whether a mark forbids the start of a container that is created.</summary>
    public async Task<bool> IsForbiddenAsync(Attempt attempt, CancellationToken cancellationToken) =>
        await marks.ReadEndAsync(attempt, cancellationToken).ConfigureAwait(false) is not null
        || await marks.ReadBarAsync(attempt, cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>
    /// Makes sure that what does not run will not start, and says what is there then. The order keeps the promise: a launch creates its container, minds the marks and
    /// starts it; this writes the mark and then removes a container that has not started. The engine refuses to remove one that runs, and to start one that is removed.
    /// </summary>
    public async Task<ContainerLook> ForbidStartAsync(Attempt attempt, BarMark why, CancellationToken cancellationToken)
    {
        await marks.WriteBarAsync(attempt, why, cancellationToken).ConfigureAwait(false);
        while (await LookAsync(attempt, cancellationToken).ConfigureAwait(false) is var look)
        {
            if (look.Phase != ContainerPhase.Created)
            {
                return look;
            }

            if (!await TryRemoveAsync(attempt, cancellationToken).ConfigureAwait(false))
            {
                await Task.Delay(PollInterval, clock, cancellationToken).ConfigureAwait(false); // it starts, or is being removed
            }
        }

        throw new InvalidOperationException("Not reached.");
    }

    private async Task<ContainerLook> LookAtMarksAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        if (await marks.ReadEndAsync(attempt, cancellationToken).ConfigureAwait(false) is { } end)
        {
            return new ContainerLook(ContainerPhase.Stopped, end.StartedAt, end.End);
        }

        return new ContainerLook(await marks.ReadBarAsync(attempt, cancellationToken).ConfigureAwait(false) is null ? ContainerPhase.Absent : ContainerPhase.Barred);
    }

    private async Task<ContainerLook> SettleAsync(Attempt attempt, ContainerInspectResponse container, State state, DateTimeOffset startedAt, CancellationToken cancellationToken)
    {
        var bar = await marks.ReadBarAsync(attempt, cancellationToken).ConfigureAwait(false);
        var mark = new EndMark(startedAt, new ComputeEnd
        {
            StartedAt = startedAt,
            At = EndOf(state, startedAt),
            ExitCode = (int)state.ExitCode,
            Reason = await ReasonOfAsync(attempt, container, state, bar, cancellationToken).ConfigureAwait(false),
        });
        try
        {
            mark = await marks.WriteEndAsync(attempt, mark, cancellationToken).ConfigureAwait(false);
            if (await TryRemoveAsync(attempt, cancellationToken).ConfigureAwait(false))
            {
                logger.ContainerEnded(attempt.Container, mark.End.ExitCode, mark.End.Reason);
            }
        }
        catch (DockerApiException exception)
        {
            // The container itself remembers it until the next look; but not for ever, since its files may be what fills the disk.
            logger.EndNotKept(exception, attempt.Container);
            if (clock.GetUtcNow() - mark.End.At > KeptWithoutMark)
            {
                await TryRemoveAsync(attempt, cancellationToken).ConfigureAwait(false);
            }
        }

        return new ContainerLook(ContainerPhase.Stopped, mark.StartedAt, mark.End);
    }

    private async Task<string?> ReasonOfAsync(Attempt attempt, ContainerInspectResponse container, State state, BarMark? bar, CancellationToken cancellationToken)
    {
        var parts = new List<string>();
        if (bar is { IsStop: true })
        {
            parts.Add($"Stopped: {bar.Reason}");
        }

        if (state.OOMKilled)
        {
            parts.Add($"It used more than its {container.HostConfig?.Memory / (1024 * 1024)} MiB of memory: give its class more, or the job a larger class.");
        }

        if (state.Error is { Length: > 0 } error)
        {
            parts.Add(error.ToOneLine(LastWords.MaxLength));
        }

        if (await LastWords.ReadAsync(engine, attempt.Container, SecretsOf(container), cancellationToken).ConfigureAwait(false) is { } words)
        {
            parts.Add($"Its last lines: {words}");
        }

        return parts.Count > 0 ? string.Join(' ', parts) : null;
    }

    /// <summary>Removes a container that does not run, with its anonymous volumes. <see langword="false"/> when it runs, or is being removed by another.</summary>
    private async Task<bool> TryRemoveAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        try
        {
            await engine.Client.Containers.RemoveContainerAsync(attempt.Container, new ContainerRemoveParameters { RemoveVolumes = true, Force = false }, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (EngineConnection.IsNotFound(exception) || EngineConnection.IsConflict(exception))
        {
            return false;
        }
    }

    private static string[] SecretsOf(ContainerInspectResponse container)
    {
        const string Assignment = RunnerEnvironment.ClaimSecret + "=";
        return
        [
            .. (container.Config?.Env ?? []).Where(variable => variable.StartsWith(Assignment, StringComparison.Ordinal) && variable.Length > Assignment.Length)
                .Select(variable => variable[Assignment.Length..]),
        ];
    }

    /// <summary>The engine may learn of a short run's end before it has noted its start.</summary>
    private DateTimeOffset EndOf(State state, DateTimeOffset startedAt) =>
        (TimeOf(state.FinishedAt) ?? clock.GetUtcNow()) is var ended && ended > startedAt ? ended : startedAt;

    /// <summary>The engine writes year 1 for what has not happened.</summary>
    private static DateTimeOffset? TimeOf(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time.Year > 1 ? time : null;
}
