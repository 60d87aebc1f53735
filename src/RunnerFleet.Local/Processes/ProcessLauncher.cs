using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Local.Processes;

/// <summary>
/// Runs runners as processes on this machine. All state is in folders (<see cref="ComputeFolder"/>), one per attempt, each looked after by a supervisor process
/// (<see cref="Supervision"/>) that outlives this host. So there is nothing to restore after a crash, and several hosts may use one folder.
/// </summary>
internal sealed class ProcessLauncher : IComputeLauncher, IComputeEventSource, IDisposable
{
    private const int PageSize = 100;
    private const int NoMoreProcesses = 11; // EAGAIN (fork(2))

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan StartPollInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan ListedAfterEnd = TimeSpan.FromHours(1);
    private static readonly TimeSpan KeptAfterEnd = TimeSpan.FromHours(24);

    private readonly ProcessLauncherOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<ProcessLauncher> _logger;
    private readonly ComputeFolders _folders;
    private readonly ComputeInspector _inspector;
    private readonly SupervisorStart _supervisors;
    private readonly ComputeStopper _stopper;
    private readonly ConcurrentDictionary<string, bool> _fleets = new();

    public ProcessLauncher(IOptions<ProcessLauncherOptions> options, TimeProvider clock, ILogger<ProcessLauncher> logger)
    {
        (_options, _clock, _logger) = (options.Value, clock, logger);
        _folders = new ComputeFolders(_options.Directory);
        _inspector = new ComputeInspector(_options, clock);
        _supervisors = new SupervisorStart(_options);
        _stopper = new ComputeStopper(_options, _inspector, clock, logger);
    }

    public string Name => "process";

    public LauncherCapabilities Capabilities { get; } = new() { ParallelLaunches = Math.Clamp(Environment.ProcessorCount, 2, 8) };

    public async Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_folders.FolderOf(request.Identity) is not { } folder)
        {
            return new LaunchOutcome.Rejected($"'{request.Identity.Token}' is not a fleet, a runner id and an attempt from 1.");
        }

        if (!request.Environment.ContainsKey(RunnerEnvironment.ControlPlaneUrl) || !request.Environment.ContainsKey(RunnerEnvironment.ClaimSecret))
        {
            return new LaunchOutcome.Rejected($"The launch has no {RunnerEnvironment.ControlPlaneUrl} or no {RunnerEnvironment.ClaimSecret} in its environment, so the runner could not claim its registration.");
        }

        _fleets[folder.Identity.Fleet] = true;
        var record = new LaunchRecord { Identity = request.Identity with { Compute = null }, Plan = request.Plan, Tags = request.Tags, At = _clock.GetUtcNow() };
        while (true)
        {
            try
            {
                _folders.TryCreate(folder, made => made.WriteLaunch(record));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return new LaunchOutcome.NoCapacity($"The process launcher's folder cannot be written: {exception.Message}");
            }

            if (folder.IsToStop || folder.HasStarted)
            {
                return new LaunchOutcome.Existing(RefOf(folder));
            }

            using (var turn = folder.TryTakeTurn())
            {
                // The turn is free without anything started: it is ours, or whoever had it crashed.
                if (turn is not null && !folder.IsToStop && !folder.HasStarted)
                {
                    return await StartAsync(folder, request, cancellationToken).ConfigureAwait(false);
                }
            }

            await Task.Delay(StartPollInterval, _clock, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task<FindOutcome> FindAsync(ComputeIdentity identity, CancellationToken cancellationToken) => Task.Run(() => Find(identity), cancellationToken);

    public Task<StopOutcome> StopAsync(ComputeRef compute, string reason, CancellationToken cancellationToken) => Task.Run(() => Stop(compute, reason), cancellationToken);

    public Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, CancellationToken cancellationToken) =>
        Task.Run<IReadOnlyDictionary<ComputeRef, FindOutcome>>(() => computes.Distinct().ToDictionary(compute => compute, compute =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Describe(compute);
        }), cancellationToken);

    public Task<Page<ComputeDescription>> ListAsync(string fleet, string? continuation, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fleet);
        return Task.Run(() => List(fleet, continuation, cancellationToken), cancellationToken);
    }

    public async IAsyncEnumerable<ComputeDescription> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var since = _clock.GetUtcNow();
        var seen = new Dictionary<string, ComputeStatus>();
        while (!cancellationToken.IsCancellationRequested)
        {
            var before = seen;
            seen = [];
            foreach (var folder in _fleets.Keys.SelectMany(TryListFleet))
            {
                var last = before.TryGetValue(folder.Path, out var status) ? status : (ComputeStatus?)null;
                var now = last == ComputeStatus.Stopped ? null : TryDescribe(folder);
                seen[folder.Path] = now?.Status ?? last ?? ComputeStatus.Starting;
                if (now is not null && now.Status != last && IsNews(now, since))
                {
                    yield return now;
                }
            }

            await Task.Delay(PollInterval, _clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Ends what this object does in the background. Runners go on.</summary>
    public void Dispose() => _stopper.Dispose();

    private async Task<LaunchOutcome> StartAsync(ComputeFolder folder, LaunchRequest request, CancellationToken cancellationToken)
    {
        Process process;
        try
        {
            process = await _supervisors.StartAsync(folder, request).ConfigureAwait(false);
        }
        catch (Win32Exception exception) when (exception.NativeErrorCode == NoMoreProcesses)
        {
            return new LaunchOutcome.NoCapacity($"This machine starts no more processes: {exception.Message}");
        }
        catch (Win32Exception exception)
        {
            return Rejected(folder, exception.Message);
        }

        using (process)
        using (process.StandardOutput)
        using (process.StandardError)
        {
            var complaint = process.StandardError.ReadToEndAsync(CancellationToken.None);
            var timeout = _clock.GetUtcNow() + TimeSpan.FromSeconds(_options.StartTimeoutSeconds);
            while (!folder.HasStarted)
            {
                if (process.HasExited && !folder.HasStarted)
                {
                    return process.ExitCode == SupervisorExitCodes.NotNeeded
                        ? new LaunchOutcome.Existing(RefOf(folder))
                        : Rejected(folder, $"it ended at once with exit code {process.ExitCode}. {(await complaint.ConfigureAwait(false)).Trim()}");
                }

                if (_clock.GetUtcNow() >= timeout)
                {
                    return new LaunchOutcome.Unknown($"The supervisor did not start within {_options.StartTimeoutSeconds} s.");
                }

                await Task.Delay(StartPollInterval, _clock, cancellationToken).ConfigureAwait(false);
            }

            _logger.ComputeStarted(ComputeFolders.IdOf(folder.Identity), process.Id);
            return new LaunchOutcome.Launched(RefOf(folder));
        }
    }

    private LaunchOutcome.Rejected Rejected(ComputeFolder folder, string complaint)
    {
        var reason = $"The supervisor could not be started: {complaint}";
        folder.WriteStop(new StopRecord { At = _clock.GetUtcNow(), Reason = reason });
        _logger.SupervisorNotStarted(ComputeFolders.IdOf(folder.Identity), complaint);
        return new LaunchOutcome.Rejected(reason);
    }

    private FindOutcome Find(ComputeIdentity identity)
    {
        if (_folders.FolderOf(identity) is not { } folder)
        {
            return FindOutcome.ConfirmedAbsent.Instance; // a launch of it is rejected
        }

        _folders.RequireRoot();
        _fleets[folder.Identity.Fleet] = true;

        // Absent is a promise: a launch that was sent earlier and comes later finds the folder, and in it that it must not start.
        _folders.TryCreate(folder, made => made.WriteStop(new StopRecord { At = _clock.GetUtcNow(), Reason = "It was looked for before it was launched." }));
        var look = _inspector.Look(folder);
        return look.Phase switch
        {
            ComputePhase.Launching => new FindOutcome.Unknown("Its launch may be under way."),
            ComputePhase.NeverStarted when ComputeInspector.MembersOf(folder).Count > 0 => new FindOutcome.Unknown("Its folder is gone, but processes of it live."),
            ComputePhase.NeverStarted or ComputePhase.Absent => FindOutcome.ConfirmedAbsent.Instance,
            _ => new FindOutcome.Found(DescriptionOf(folder, look)),
        };
    }

    private FindOutcome Describe(ComputeRef compute)
    {
        if (!IsHere(compute))
        {
            return new FindOutcome.Unknown($"{compute} is not in the folder {_folders.Root}.");
        }

        if (_folders.FolderOf(compute.Id) is not { } folder)
        {
            return FindOutcome.ConfirmedAbsent.Instance;
        }

        try
        {
            _folders.RequireRoot();
            _fleets[folder.Identity.Fleet] = true;
            var look = _inspector.Look(folder);
            return look.Phase == ComputePhase.Absent ? FindOutcome.ConfirmedAbsent.Instance : new FindOutcome.Found(DescriptionOf(folder, look));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new FindOutcome.Unknown(exception.Message);
        }
    }

    private StopOutcome Stop(ComputeRef compute, string reason)
    {
        if (!IsHere(compute))
        {
            return new StopOutcome.Unknown($"{compute} is not in the folder {_folders.Root}.");
        }

        _folders.RequireRoot();
        if (_folders.FolderOf(compute.Id) is not { Exists: true } folder)
        {
            return StopOutcome.Stopped.Instance;
        }

        return _stopper.Stop(folder, reason);
    }

    private Page<ComputeDescription> List(string fleet, string? continuation, CancellationToken cancellationToken)
    {
        var items = new List<ComputeDescription>();
        var rest = _folders.ListFleet(fleet).Where(folder => string.CompareOrdinal(ComputeFolders.IdOf(folder.Identity), continuation) > 0);
        _fleets[fleet] = true;
        foreach (var folder in rest)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var look = _inspector.Look(folder);
            var ended = _clock.GetUtcNow() - look.End?.At;
            if (ended > KeptAfterEnd)
            {
                Remove(folder);
            }
            else if (look.Phase is not (ComputePhase.NeverStarted or ComputePhase.Absent) && !(ended > ListedAfterEnd))
            {
                items.Add(DescriptionOf(folder, look));
            }

            if (items.Count == PageSize)
            {
                return new Page<ComputeDescription> { Items = items, Continuation = ComputeFolders.IdOf(folder.Identity) };
            }
        }

        return new Page<ComputeDescription> { Items = items };
    }

    private void Remove(ComputeFolder folder)
    {
        try
        {
            _folders.Remove(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _logger.FolderNotRemoved(exception, ComputeFolders.IdOf(folder.Identity));
        }
    }

    private IReadOnlyList<ComputeFolder> TryListFleet(string fleet)
    {
        try
        {
            return _folders.ListFleet(fleet);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _logger.LookFailed(exception, fleet);
            return [];
        }
    }

    private ComputeDescription? TryDescribe(ComputeFolder folder)
    {
        try
        {
            var look = _inspector.Look(folder);
            return look.Phase is ComputePhase.Absent ? null : DescriptionOf(folder, look);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _logger.LookFailed(exception, ComputeFolders.IdOf(folder.Identity));
            return null;
        }
    }

    private static bool IsNews(ComputeDescription description, DateTimeOffset since) => description.Status switch
    {
        ComputeStatus.Running => description.StartedAt >= since,
        ComputeStatus.Stopped => description.End?.At >= since && description.StartedAt is not null,
        _ => false,
    };

    private bool IsHere(ComputeRef compute) => compute.Launcher == Name && compute.Location == _folders.Root;

    private ComputeRef RefOf(ComputeFolder folder) => new() { Launcher = Name, Location = _folders.Root, Id = ComputeFolders.IdOf(folder.Identity) };

    private ComputeDescription DescriptionOf(ComputeFolder folder, ComputeLook look) => new()
    {
        Compute = RefOf(folder),
        RunnerId = folder.Identity.RunnerId,
        Attempt = folder.Identity.Attempt,
        Status = look.Phase switch
        {
            ComputePhase.Launching or ComputePhase.Starting => ComputeStatus.Starting,
            ComputePhase.Running => ComputeStatus.Running,
            ComputePhase.Stopping => ComputeStatus.Stopping,
            _ => ComputeStatus.Stopped,
        },
        StartedAt = look.StartedAt,
        End = look.End,
    };
}
