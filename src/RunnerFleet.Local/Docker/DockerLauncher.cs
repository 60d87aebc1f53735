using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Local.Docker;

/// <summary>
/// Runs runners as containers of a Docker engine. All state is in the engine: a container per attempt while it lives, and marks (<see cref="AttemptMarks"/>)
/// for a day after. So there is nothing to restore after a crash of host or engine, and several hosts may use one engine.
/// </summary>
internal sealed class DockerLauncher : IComputeLauncher, IComputeEventSource, IDisposable
{
    private const int PageSize = 100;
    private const int ParallelLooks = 8;

    /// <summary>A stop that is done so soon is answered as done.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a container that another launch created may wait for its start before this one starts it. The engine starts a container again that has ended, so
    /// two may never be about to start the same one: its maker does so in half this time or not at all.
    /// </summary>
    private static readonly TimeSpan TakeOverAfter = TimeSpan.FromSeconds(5);

    /// <summary>An engine tells of an end a little after it. What is told twice is ignored the second time.</summary>
    private static readonly TimeSpan WatchMargin = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ListedAfterEnd = TimeSpan.FromHours(1);
    private static readonly TimeSpan KeptAfterEnd = TimeSpan.FromHours(24);

    private readonly DockerLauncherOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<DockerLauncher> _logger;
    private readonly EngineConnection _engine;
    private readonly AttemptMarks _marks;
    private readonly ContainerInspector _inspector;
    private readonly ContainerStopper _stopper;
    private readonly ConcurrentDictionary<string, bool> _fleets = new();

    private DateTimeOffset _watchedUntil;

    public DockerLauncher(IOptions<DockerLauncherOptions> options, TimeProvider clock, ILogger<DockerLauncher> logger)
    {
        (_options, _clock, _logger) = (options.Value, clock, logger);
        _engine = new EngineConnection(_options.Endpoint);
        _marks = new AttemptMarks(_engine, clock);
        _inspector = new ContainerInspector(_engine, _marks, clock, logger);
        _stopper = new ContainerStopper(_engine, _options, clock, logger);
        _watchedUntil = clock.GetUtcNow();
    }

    public string Name => "docker";

    public LauncherCapabilities Capabilities { get; } = new()
    {
        Images = true,
        ParallelLaunches = Math.Clamp(Environment.ProcessorCount, 2, 8),
        Architectures = RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => ["x64"],
            Architecture.Arm64 => ["arm64"],
            _ => [],
        },
    };

    public async Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Attempt.Of(request.Identity) is not { } attempt)
        {
            return new LaunchOutcome.Rejected($"{request.Identity.Token.Quoted()} is not a fleet, a runner id and an attempt from 1.");
        }

        if (Objection(request) is { } objection)
        {
            return new LaunchOutcome.Rejected(objection);
        }

        _fleets[attempt.Identity.Fleet] = true;
        ContainerLook look;
        try
        {
            await _engine.GetIdAsync(cancellationToken).ConfigureAwait(false);
            look = await _inspector.LookAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (EngineConnection.IsUnreachable(exception))
        {
            _engine.ForgetId();
            return new LaunchOutcome.NoCapacity(_engine.UnreachableReason); // only looks were tried: nothing was started
        }
        catch (Exception exception) when (IsTrouble(exception, cancellationToken))
        {
            return new LaunchOutcome.Unknown(_engine.TroubleReason(exception));
        }

        try
        {
            return await CreateAndStartAsync(attempt, request, look, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsTrouble(exception, cancellationToken))
        {
            return new LaunchOutcome.Unknown(_engine.TroubleReason(exception));
        }
    }

    public async Task<FindOutcome> FindAsync(ComputeIdentity identity, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (identity.Compute is { } compute)
        {
            return await DescribeAsync(compute, cancellationToken).ConfigureAwait(false);
        }

        return Attempt.Of(identity) is { } attempt
            ? await FindAsync(attempt, "It was looked for before it was launched.", cancellationToken).ConfigureAwait(false)
            : FindOutcome.ConfirmedAbsent.Instance; // a launch of it is rejected
    }

    public async Task<StopOutcome> StopAsync(ComputeRef compute, string reason, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            if (IsOfFormerEngine(compute))
            {
                return StopOutcome.Stopped.Instance;
            }

            if (!await IsHereAsync(compute, cancellationToken).ConfigureAwait(false))
            {
                return new StopOutcome.Unknown(NotHere(compute));
            }

            if (Attempt.OfContainer(compute.Id) is not { } attempt)
            {
                return StopOutcome.Stopped.Instance;
            }

            if (!await ForbidAsync(attempt, reason, cancellationToken).ConfigureAwait(false))
            {
                return StopOutcome.Stopped.Instance;
            }

            var stop = _stopper.Stop(attempt, reason);
            await Task.WhenAny(stop, Task.Delay(StopPatience, _clock, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return !stop.IsCompleted ? StopOutcome.Stopping.Instance
                : await stop.ConfigureAwait(false) is { } trouble ? new StopOutcome.Unknown(trouble)
                : StopOutcome.Stopped.Instance;
        }
        catch (Exception exception) when (IsTrouble(exception, cancellationToken))
        {
            return new StopOutcome.Unknown(_engine.TroubleReason(exception));
        }
    }

    public async Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, CancellationToken cancellationToken)
    {
        var outcomes = new ConcurrentDictionary<ComputeRef, FindOutcome>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = ParallelLooks, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(computes.Distinct(), parallel, async (compute, token) => outcomes[compute] = await DescribeAsync(compute, token).ConfigureAwait(false)).ConfigureAwait(false);
        return outcomes;
    }

    public async Task<Page<ComputeDescription>> ListAsync(string fleet, string? continuation, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fleet);
        if (!ContainerName.IsFleet(fleet))
        {
            throw new ArgumentException($"{fleet.Quoted()} is not a fleet's name.", nameof(fleet));
        }

        cancellationToken.ThrowIfCancellationRequested();
        _fleets[fleet] = true;
        try
        {
            return await ListPageAsync(fleet, continuation, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsTrouble(exception, cancellationToken))
        {
            throw new ComputeUnavailableException(_engine.TroubleReason(exception), exception);
        }
    }

    public async IAsyncEnumerable<ComputeDescription> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var told = new Dictionary<string, ComputeStatus>(); // of containers that the engine still has
        try
        {
            var since = _watchedUntil - WatchMargin;
            var events = EngineEvents.Read(_engine, Attempt.FleetLabel, since, watching.Token);
            foreach (var description in await MissedAsync(since, cancellationToken).ConfigureAwait(false))
            {
                told[description.Compute.Id] = description.Status;
                yield return description;
            }

            await foreach (var message in events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                if (await NewsOfAsync(message, told, cancellationToken).ConfigureAwait(false) is { } news)
                {
                    yield return news;
                }

                _watchedUntil = DateTimeOffset.FromUnixTimeSeconds(message.Time ?? since.ToUnixTimeSeconds()); // only now is it told
            }
        }
        finally
        {
            await watching.CancelAsync().ConfigureAwait(false);
            _engine.ForgetId(); // the stream ended: another engine may come
        }
    }

    /// <summary>Ends what this object does in the background. Containers go on, and stops that were asked for are completed by the engine.</summary>
    public void Dispose() => _engine.Dispose();

    /// <summary>What is wrong with a request, whatever the engine says.</summary>
    private string? Objection(LaunchRequest request)
    {
        if (string.IsNullOrEmpty(request.Plan.Image))
        {
            return "There is no image: set RunnerFleet:Labels:DefaultImage, or use an image builder.";
        }

        if (!request.Environment.ContainsKey(RunnerEnvironment.ControlPlaneUrl) || !request.Environment.ContainsKey(RunnerEnvironment.ClaimSecret))
        {
            return $"The launch has no {RunnerEnvironment.ControlPlaneUrl} or no {RunnerEnvironment.ClaimSecret} in its environment, so the runner could not claim its registration.";
        }

        return _options.Network != "host" && IsLoopback(request.Plan.ControlPlaneUrl)
            ? $"A container in the network {_options.Network} cannot reach the control plane at {request.Plan.ControlPlaneUrl}: that address means the container itself. "
                + "Set PublicUrl to an address that containers reach, such as that of the engine's bridge, or the Docker launcher's Network to host, which lets jobs reach everything that listens on this machine's loopback."
            : null;
    }

    private async Task<LaunchOutcome> CreateAndStartAsync(Attempt attempt, LaunchRequest request, ContainerLook look, CancellationToken cancellationToken)
    {
        long? waitsSince = null;
        for (; look.Phase is ContainerPhase.Absent or ContainerPhase.Created; look = await _inspector.LookAsync(attempt, cancellationToken).ConfigureAwait(false))
        {
            var isOurs = false;
            var began = _clock.GetTimestamp();
            if (look.Phase == ContainerPhase.Absent)
            {
                try
                {
                    await _engine.Client.Containers.CreateContainerAsync(ContainerSpec.Of(attempt, request.Plan.Image!, request, _options), cancellationToken).ConfigureAwait(false);
                    isOurs = true;
                }
                catch (DockerApiException exception) when (EngineConnection.IsConflict(exception))
                {
                    // Another launch was first.
                }
                catch (DockerApiException exception)
                {
                    return Refusal(attempt, request, exception);
                }
            }

            if (await _inspector.IsForbiddenAsync(attempt, cancellationToken).ConfigureAwait(false))
            {
                await _inspector.ForbidStartAsync(attempt, new BarMark("It was launched after its end.", IsStop: false), cancellationToken).ConfigureAwait(false);
                continue;
            }

            waitsSince ??= began;
            if (isOurs ? _clock.GetElapsedTime(began) < TakeOverAfter / 2 : _clock.GetElapsedTime(waitsSince.Value) >= TakeOverAfter && look.Phase == ContainerPhase.Created)
            {
                return await StartAsync(attempt, request, cancellationToken).ConfigureAwait(false);
            }

            await Task.Delay(ContainerInspector.PollInterval, _clock, cancellationToken).ConfigureAwait(false);
        }

        return new LaunchOutcome.Existing(await RefOfAsync(attempt, cancellationToken).ConfigureAwait(false));
    }

    private async Task<LaunchOutcome> StartAsync(Attempt attempt, LaunchRequest request, CancellationToken cancellationToken)
    {
        var compute = await RefOfAsync(attempt, cancellationToken).ConfigureAwait(false);
        try
        {
            if (!await _engine.Client.Containers.StartContainerAsync(attempt.Container, new ContainerStartParameters(), cancellationToken).ConfigureAwait(false))
            {
                return new LaunchOutcome.Existing(compute); // it runs already
            }

            _logger.ContainerStarted(attempt.Container, request.Plan.Image!);
            return new LaunchOutcome.Launched(compute);
        }
        catch (DockerApiException exception)
        {
            // What the engine answers to a start may be of another's removal or start: what is there decides, and what did not start must not start later.
            var was = await _inspector.LookAsync(attempt, cancellationToken).ConfigureAwait(false);
            var look = await _inspector.ForbidStartAsync(attempt, new BarMark($"It could not be started: {EngineConnection.WordsOf(exception)}", IsStop: false), cancellationToken).ConfigureAwait(false);
            return was.Phase == ContainerPhase.Created && look.Phase == ContainerPhase.Barred ? Refusal(attempt, request, exception) : new LaunchOutcome.Existing(compute);
        }
    }

    /// <summary>What an engine's "no" means when nothing was started.</summary>
    private LaunchOutcome Refusal(Attempt attempt, LaunchRequest request, DockerApiException exception)
    {
        var words = EngineConnection.WordsOf(exception);
        _logger.ContainerNotStarted(attempt.Container, words);
        return exception switch
        {
            DockerImageNotFoundException => new LaunchOutcome.NoCapacity($"The image {request.Plan.Image!.ToOneLine(256)} is not on the engine at {_engine.Endpoint}, and the launcher never pulls. It is looked for again; if nothing builds it, load or pull it there."),

            // The engine's own trouble, such as a full disk or no memory: it may pass. The runner waits with these words, and no longer than its time to live.
            { StatusCode: >= System.Net.HttpStatusCode.InternalServerError } => new LaunchOutcome.NoCapacity($"The Docker engine could not start it: {words}"),
            _ => new LaunchOutcome.Rejected($"The Docker engine refused it: {words}"),
        };
    }

    private async Task<FindOutcome> DescribeAsync(ComputeRef compute, CancellationToken cancellationToken)
    {
        if (IsOfFormerEngine(compute))
        {
            return FindOutcome.ConfirmedAbsent.Instance;
        }

        try
        {
            if (!await IsHereAsync(compute, cancellationToken).ConfigureAwait(false))
            {
                return new FindOutcome.Unknown(NotHere(compute));
            }
        }
        catch (Exception exception) when (IsTrouble(exception, cancellationToken))
        {
            return new FindOutcome.Unknown(_engine.TroubleReason(exception));
        }

        return Attempt.OfContainer(compute.Id) is { } attempt
            ? await FindAsync(attempt, "Its container was removed by somebody else.", cancellationToken).ConfigureAwait(false)
            : FindOutcome.ConfirmedAbsent.Instance;
    }

    /// <summary>Writes a stop down before it is sent, so that its reason is known at the end. <see langword="false"/> when nothing runs.</summary>
    private async Task<bool> ForbidAsync(Attempt attempt, string reason, CancellationToken cancellationToken)
    {
        var look = await _inspector.LookAsync(attempt, cancellationToken).ConfigureAwait(false);
        try
        {
            if (look.Phase is not (ContainerPhase.Barred or ContainerPhase.Stopped))
            {
                look = await _inspector.ForbidStartAsync(attempt, new BarMark(reason.ToOneLine(LastWords.MaxLength), IsStop: true), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (DockerApiException exception) when (look.Phase == ContainerPhase.Running)
        {
            _logger.StopNotKept(exception, attempt.Container); // a disk that is full must not keep what fills it from being stopped
        }

        return look.Phase is ContainerPhase.Running or ContainerPhase.Stopping;
    }

    /// <summary>Absent is a promise: before that is said, it is made sure that no launch that was sent earlier starts it later.</summary>
    private async Task<FindOutcome> FindAsync(Attempt attempt, string whyNotLater, CancellationToken cancellationToken)
    {
        _fleets[attempt.Identity.Fleet] = true;
        try
        {
            var look = await _inspector.LookAsync(attempt, cancellationToken).ConfigureAwait(false);
            if (look.Phase is ContainerPhase.Absent or ContainerPhase.Created)
            {
                look = await _inspector.ForbidStartAsync(attempt, new BarMark(whyNotLater, IsStop: false), cancellationToken).ConfigureAwait(false);
            }

            return look.Phase == ContainerPhase.Barred
                ? FindOutcome.ConfirmedAbsent.Instance
                : new FindOutcome.Found(await DescriptionOfAsync(attempt, look, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (IsTrouble(exception, cancellationToken))
        {
            return new FindOutcome.Unknown(_engine.TroubleReason(exception));
        }
    }

    private async Task<Page<ComputeDescription>> ListPageAsync(string fleet, string? continuation, CancellationToken cancellationToken)
    {
        // Containers first: one that is removed between the two listings has its mark before.
        var containers = await ListContainersAsync(fleet, cancellationToken).ConfigureAwait(false);
        var volumes = await _marks.ListAsync(fleet, cancellationToken).ConfigureAwait(false);
        var kept = volumes.ToLookup(volume => Attempt.OfVolume(volume.Name)?.Container);
        var names = containers.Concat(kept.Select(of => of.Key).OfType<string>()).Distinct()
            .Where(name => string.CompareOrdinal(name, continuation) > 0)
            .Order(StringComparer.Ordinal);

        var items = new List<ComputeDescription>();
        foreach (var name in names)
        {
            if (Attempt.OfContainer(name) is not { } attempt)
            {
                continue;
            }

            if (containers.Contains(name))
            {
                var look = await _inspector.LookAsync(attempt, cancellationToken).ConfigureAwait(false);
                if (look.Phase is not (ContainerPhase.Absent or ContainerPhase.Barred) && IsListed(look))
                {
                    items.Add(await DescriptionOfAsync(attempt, look, cancellationToken).ConfigureAwait(false));
                }
            }
            else
            {
                if (kept[name].FirstOrDefault(volume => volume.Name == attempt.EndVolume) is { } end && AttemptMarks.EndOf(end) is var mark
                    && new ContainerLook(ContainerPhase.Stopped, mark.StartedAt, mark.End) is var look && IsListed(look))
                {
                    items.Add(await DescriptionOfAsync(attempt, look, cancellationToken).ConfigureAwait(false));
                }

                await RemoveOldAsync(kept[name], cancellationToken).ConfigureAwait(false);
            }

            if (items.Count == PageSize)
            {
                return new Page<ComputeDescription> { Items = items, Continuation = name };
            }
        }

        return new Page<ComputeDescription> { Items = items };
    }

    private async Task<HashSet<string>> ListContainersAsync(string fleet, CancellationToken cancellationToken)
    {
        var parameters = new ContainersListParameters { All = true, Filters = EngineFilters.Label(Attempt.FleetLabel, fleet) };
        var containers = await _engine.Client.Containers.ListContainersAsync(parameters, cancellationToken).ConfigureAwait(false);
        return [.. containers.SelectMany(container => container.Names ?? []).Select(name => name.TrimStart('/'))];
    }

    private bool IsListed(ContainerLook look) => !(_clock.GetUtcNow() - look.End?.At > ListedAfterEnd);

    private async Task RemoveOldAsync(IEnumerable<VolumeResponse> volumes, CancellationToken cancellationToken)
    {
        foreach (var volume in volumes.Where(volume => _clock.GetUtcNow() - AttemptMarks.WrittenAt(volume) > KeptAfterEnd))
        {
            try
            {
                await _marks.RemoveAsync(volume.Name, cancellationToken).ConfigureAwait(false);
            }
            catch (DockerApiException exception)
            {
                _logger.MarkNotRemoved(exception, volume.Name);
            }
        }
    }

    /// <summary>What began or ended since the last watch, of the fleets that this launcher is used for.</summary>
    private async Task<List<ComputeDescription>> MissedAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        var missed = new List<ComputeDescription>();
        foreach (var fleet in _fleets.Keys)
        {
            string? continuation = null;
            do
            {
                var page = await ListAsync(fleet, continuation, cancellationToken).ConfigureAwait(false);
                missed.AddRange(page.Items.Where(description => IsNews(description, since)));
                continuation = page.Continuation;
            }
            while (continuation is not null);
        }

        return missed;
    }

    private static bool IsNews(ComputeDescription description, DateTimeOffset since) => description.Status switch
    {
        ComputeStatus.Running => description.StartedAt >= since,
        ComputeStatus.Stopped => description.End?.At >= since,
        _ => false,
    };

    private async Task<ComputeDescription?> NewsOfAsync(Message message, Dictionary<string, ComputeStatus> told, CancellationToken cancellationToken)
    {
        if (message.Actor?.Attributes is not { } facts || !facts.TryGetValue("name", out var name) || Attempt.OfContainer(name) is not { } attempt || !_fleets.ContainsKey(attempt.Identity.Fleet))
        {
            return null;
        }

        var isGone = message.Action == "destroy";
        var last = (isGone ? told.Remove(name, out var status) : told.TryGetValue(name, out status)) ? status : (ComputeStatus?)null;
        if (isGone && last is null or ComputeStatus.Stopped)
        {
            return null; // never started, or its end was told
        }

        var look = await _inspector.LookAsync(attempt, cancellationToken).ConfigureAwait(false);
        if (look.Phase is ContainerPhase.Absent or ContainerPhase.Barred)
        {
            await _inspector.ForbidStartAsync(attempt, new BarMark("Its container was removed by somebody else.", IsStop: false), cancellationToken).ConfigureAwait(false);
            look = new ContainerLook(ContainerPhase.Stopped, End: new ComputeEnd { At = _clock.GetUtcNow(), Reason = "Its container was removed by somebody else." });
        }

        var description = await DescriptionOfAsync(attempt, look, cancellationToken).ConfigureAwait(false);
        if (description.Status == last || description.Status is ComputeStatus.Starting)
        {
            return null;
        }

        if (!isGone)
        {
            told[name] = description.Status;
        }

        return description;
    }

    private bool IsTrouble(Exception exception, CancellationToken cancellationToken)
    {
        if (!EngineConnection.IsTrouble(exception) || cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        if (exception is not DockerApiException)
        {
            _engine.ForgetId();
        }

        return true;
    }

    private static bool IsLoopback(Uri url) => url.IsLoopback || url.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    private async Task<bool> IsHereAsync(ComputeRef compute, CancellationToken cancellationToken) =>
        compute.Launcher == Name && compute.Location == await _engine.GetIdAsync(cancellationToken).ConfigureAwait(false);

    private bool IsOfFormerEngine(ComputeRef compute) => compute.Launcher == Name && _options.FormerEngines.Contains(compute.Location);

    private string NotHere(ComputeRef compute) =>
        $"{compute.ToString().ToOneLine(256)} is not of the engine at {_engine.Endpoint}. If its engine is gone for good, name that engine's id in the Docker launcher's FormerEngines.";

    private async Task<ComputeRef> RefOfAsync(Attempt attempt, CancellationToken cancellationToken) =>
        new() { Launcher = Name, Location = await _engine.GetIdAsync(cancellationToken).ConfigureAwait(false), Id = attempt.Container };

    private async Task<ComputeDescription> DescriptionOfAsync(Attempt attempt, ContainerLook look, CancellationToken cancellationToken) => new()
    {
        Compute = await RefOfAsync(attempt, cancellationToken).ConfigureAwait(false),
        RunnerId = attempt.Identity.RunnerId,
        Attempt = attempt.Identity.Attempt,
        Status = look.Phase switch
        {
            ContainerPhase.Created => ComputeStatus.Starting,
            ContainerPhase.Running => ComputeStatus.Running,
            ContainerPhase.Stopping => ComputeStatus.Stopping,
            _ => ComputeStatus.Stopped,
        },
        StartedAt = look.StartedAt,
        End = look.End,
    };
}
