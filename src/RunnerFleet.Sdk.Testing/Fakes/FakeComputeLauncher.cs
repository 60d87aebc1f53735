using System.Collections.Concurrent;
using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Testing.Fakes;

/// <summary>
/// A launcher whose compute lives in memory: it keeps every promise of <see cref="IComputeLauncher"/>, records every call, and misbehaves
/// when told to. Compute starts at once and runs until it is stopped, or ended with <see cref="End(string, int?)"/>.
/// </summary>
/// <remarks>Safe for any number of threads. Collections are snapshots in the order of the calls.</remarks>
public sealed class FakeComputeLauncher : IComputeLauncher, IComputeEventSource
{
    private readonly FakeComputes _computes;
    private readonly TimeProvider _clock;
    private readonly CallLog<LaunchRequest> _launches = new();
    private readonly CallLog<ComputeIdentity> _finds = new();
    private readonly CallLog<FakeStop> _stops = new();
    private readonly CallLog<IReadOnlyList<ComputeRef>> _describes = new();
    private readonly CallLog<string> _lists = new();
    private readonly ConcurrentQueue<LaunchOutcome> _nextLaunches = new();

    /// <summary>Makes a launcher without any compute.</summary>
    /// <param name="clock">Where times come from; <see langword="null"/> takes the system's.</param>
    public FakeComputeLauncher(TimeProvider? clock = null) : this(new FakeComputes(), clock ?? TimeProvider.System) { }

    private FakeComputeLauncher(FakeComputes computes, TimeProvider clock) => (_computes, _clock) = (computes, clock);

    /// <inheritdoc/>
    public string Name { get; init; } = "fake";

    /// <summary>Becomes <see cref="ComputeRef.Location"/>.</summary>
    public string Location { get; init; } = "memory";

    /// <summary>What this launcher says that it can do; at first everything.</summary>
    public LauncherCapabilities Capabilities { get; set; } = new() { Images = true, Spot = true };

    /// <summary>How many descriptions a page of a listing holds.</summary>
    public int PageSize { get; set; } = 100;

    /// <summary>Whether a stop is complete when it is answered. If not, compute stays <see cref="ComputeStatus.Stopping"/> until it is ended.</summary>
    public bool StopsAtOnce { get; set; } = true;

    /// <summary>Whether compute runs as soon as it was launched. If not, it stays <see cref="ComputeStatus.Starting"/>.</summary>
    public bool StartsAtOnce { get; set; } = true;

    /// <summary>Awaited at the beginning of every call, after it was recorded: to slow calls down, or to make them throw.</summary>
    public Func<CancellationToken, Task>? BeforeEachCall { get; set; }

    /// <summary>What a launch answers instead of starting anything; <see langword="null"/> starts it as usual.</summary>
    public Func<LaunchRequest, LaunchOutcome?>? LaunchAnswer { get; set; }

    /// <summary>Whether the reply to a launch gets lost: the compute is started, the answer is <see cref="LaunchOutcome.Unknown"/>.</summary>
    public Func<LaunchRequest, bool>? LoseLaunchReply { get; set; }

    /// <summary>The code with which compute exits by itself as soon as it was launched; <see langword="null"/> lets it run.</summary>
    public Func<LaunchRequest, int?>? ExitCodeOf { get; set; }

    /// <summary>What a find answers instead of the truth; <see langword="null"/> answers the truth.</summary>
    public Func<ComputeIdentity, FindOutcome?>? FindAnswer { get; set; }

    /// <summary>What is answered for one described compute instead of the truth; <see langword="null"/> answers the truth.</summary>
    public Func<ComputeRef, FindOutcome?>? DescribeAnswer { get; set; }

    /// <summary>What a stop answers instead of stopping anything; <see langword="null"/> stops it as usual.</summary>
    public Func<ComputeRef, StopOutcome?>? StopAnswer { get; set; }

    /// <summary>Whether the reply to a stop gets lost: the compute is stopped, the answer is <see cref="StopOutcome.Unknown"/>.</summary>
    public Func<ComputeRef, bool>? LoseStopReply { get; set; }

    /// <summary>With what a listing of a fleet fails; <see langword="null"/> lists as usual.</summary>
    public Func<string, Exception?>? ListFailure { get; set; }

    /// <summary>Every launch that was asked for, whatever it was answered.</summary>
    public IReadOnlyList<LaunchRequest> Launches => _launches.Snapshot();

    /// <summary>Every find.</summary>
    public IReadOnlyList<ComputeIdentity> Finds => _finds.Snapshot();

    /// <summary>Every stop.</summary>
    public IReadOnlyList<FakeStop> Stops => _stops.Snapshot();

    /// <summary>Every describe, with the refs that it asked for.</summary>
    public IReadOnlyList<IReadOnlyList<ComputeRef>> Describes => _describes.Snapshot();

    /// <summary>The fleet of every page that was listed.</summary>
    public IReadOnlyList<string> Lists => _lists.Snapshot();

    /// <summary>All compute that was ever started, as it stands.</summary>
    public IReadOnlyList<ComputeDescription> Computes => [.. _computes.Snapshot().Select(entry => entry.Description)];

    /// <summary>Another launcher over the same compute: another host, or the same one after a crash. It has its own hooks and records its own calls.</summary>
    public FakeComputeLauncher Restart() => new(_computes, _clock)
    {
        Name = Name,
        Location = Location,
        Capabilities = Capabilities,
        PageSize = PageSize,
        StopsAtOnce = StopsAtOnce,
        StartsAtOnce = StartsAtOnce,
        ExitCodeOf = ExitCodeOf,
    };

    /// <summary>Answers the next launch with this, once, instead of starting anything. Several are used up in order.</summary>
    public void AnswerNextLaunch(LaunchOutcome outcome) => _nextLaunches.Enqueue(outcome);

    /// <summary>Ends the latest compute of a runner from outside.</summary>
    /// <returns><see langword="false"/> where it has none that lives.</returns>
    public bool End(string runnerId, int? exitCode) => EndWhere(description => description.RunnerId == runnerId, new ComputeEnd { ExitCode = exitCode });

    /// <summary>Ends one compute from outside. Without a time it ends now.</summary>
    /// <returns><see langword="false"/> where it does not live.</returns>
    public bool End(ComputeRef compute, ComputeEnd end) => EndWhere(description => description.Compute == compute, end);

    /// <inheritdoc/>
    public async Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        _launches.Add(request);
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        if (_nextLaunches.TryDequeue(out var next))
        {
            return next;
        }

        if (LaunchAnswer?.Invoke(request) is { } answer)
        {
            return answer;
        }

        var (launched, description) = Start(request);
        if (LoseLaunchReply?.Invoke(request) == true)
        {
            return new LaunchOutcome.Unknown("The reply was lost.");
        }

        return launched ? new LaunchOutcome.Launched(description.Compute) : new LaunchOutcome.Existing(description.Compute);
    }

    /// <inheritdoc/>
    public async Task<FindOutcome> FindAsync(ComputeIdentity identity, CancellationToken cancellationToken)
    {
        _finds.Add(identity);
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        return FindAnswer?.Invoke(identity) ?? Outcome(_computes.Find(identity.Token));
    }

    /// <inheritdoc/>
    public async Task<StopOutcome> StopAsync(ComputeRef compute, string reason, CancellationToken cancellationToken)
    {
        _stops.Add(new FakeStop { Compute = compute, Reason = reason });
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        if (StopAnswer?.Invoke(compute) is { } answer)
        {
            return answer;
        }

        var stopping = false;
        if (StopsAtOnce)
        {
            End(compute, new ComputeEnd { ExitCode = 143, Reason = reason });
        }
        else
        {
            stopping = _computes.Change(description => description.Compute == compute, description => description with { Status = ComputeStatus.Stopping });
        }

        if (LoseStopReply?.Invoke(compute) == true)
        {
            return new StopOutcome.Unknown("The reply was lost.");
        }

        return stopping ? StopOutcome.Stopping.Instance : StopOutcome.Stopped.Instance;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, CancellationToken cancellationToken)
    {
        _describes.Add([.. computes]);
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        var known = Computes.ToDictionary(description => description.Compute);
        return computes.Distinct().ToDictionary(compute => compute, compute => DescribeAnswer?.Invoke(compute) ?? Outcome(known.GetValueOrDefault(compute)));
    }

    /// <inheritdoc/>
    public async Task<Page<ComputeDescription>> ListAsync(string fleet, string? continuation, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fleet);
        _lists.Add(fleet);
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        if (ListFailure?.Invoke(fleet) is { } failure)
        {
            throw failure;
        }

        var rest = _computes.Snapshot()
            .Where(entry => entry.Fleet == fleet && entry.Description.Status != ComputeStatus.Stopped && string.CompareOrdinal(entry.Token, continuation) > 0)
            .ToList();
        return new Page<ComputeDescription>
        {
            Items = [.. rest.Take(PageSize).Select(entry => entry.Description)],
            Continuation = rest.Count > PageSize ? rest[PageSize - 1].Token : null,
        };
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ComputeDescription> WatchAsync(CancellationToken cancellationToken) =>
        _computes.Watch(cancellationToken).ReadAllAsync(cancellationToken);

    private static FindOutcome Outcome(ComputeDescription? description) =>
        description is null ? FindOutcome.ConfirmedAbsent.Instance : new FindOutcome.Found(description);

    private Task EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return BeforeEachCall?.Invoke(cancellationToken) ?? Task.CompletedTask;
    }

    private (bool Launched, ComputeDescription Description) Start(LaunchRequest request)
    {
        var identity = request.Identity;
        var (launched, description) = _computes.GetOrAdd(identity.Token, identity.Fleet, new ComputeDescription
        {
            Compute = new ComputeRef { Launcher = Name, Location = Location, Id = identity.Token },
            RunnerId = identity.RunnerId,
            Attempt = identity.Attempt,
            Status = StartsAtOnce ? ComputeStatus.Running : ComputeStatus.Starting,
            StartedAt = StartsAtOnce ? _clock.GetUtcNow() : null,
        });
        if (launched && ExitCodeOf?.Invoke(request) is { } exitCode)
        {
            End(description.Compute, new ComputeEnd { ExitCode = exitCode });
        }

        return (launched, description);
    }

    private bool EndWhere(Func<ComputeDescription, bool> which, ComputeEnd end) => _computes.Change(which, description => description with
    {
        Status = ComputeStatus.Stopped,
        End = end with { StartedAt = end.StartedAt ?? description.StartedAt, At = end.At ?? _clock.GetUtcNow() },
    });
}

/// <summary>A stop that was asked for.</summary>
public sealed record FakeStop
{
    /// <summary>What was to be stopped.</summary>
    public required ComputeRef Compute { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }
}
