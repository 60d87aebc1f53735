using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Compute;

/// <summary>
/// Starts and stops the compute that runners live on. Implement it to run them elsewhere; <c>ComputeLauncherContract</c> in
/// <c>RunnerFleet.Sdk.Testing.Xunit</c> checks every promise made here.
/// </summary>
/// <remarks>
/// <para>Compute carries its fleet, runner id and attempt (tags, labels, a folder name …), so that it can be found and listed after any crash, by any host.</para>
/// <para>Unknown is not absent: whoever cannot tell says so. Expected trouble is an outcome, not an exception; an exception from any member counts as Unknown.
/// Every member is cancellable, and safe to call again when its answer was lost.</para>
/// </remarks>
public interface IComputeLauncher
{
    /// <summary>A short name, such as <c>ecs</c>, <c>docker</c> or <c>process</c>; it becomes <see cref="ComputeRef.Launcher"/>.</summary>
    string Name { get; }

    /// <summary>What this launcher can do.</summary>
    LauncherCapabilities Capabilities { get; }

    /// <summary>
    /// Starts the compute of one attempt. Idempotent per (fleet, runner, attempt): however often the same request is sent, by however many hosts, one compute is started;
    /// every later call answers <see cref="LaunchOutcome.Existing"/>, also when that compute has already stopped.
    /// </summary>
    Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Looks for the compute of one attempt. <see cref="FindOutcome.ConfirmedAbsent"/> is a promise: it does not run, and a launch that was sent before this call will not start it any more
    /// (or: it ran, stopped, and was forgotten). While a launch may still be under way the answer is <see cref="FindOutcome.Unknown"/>.
    /// </summary>
    Task<FindOutcome> FindAsync(ComputeIdentity identity, CancellationToken cancellationToken);

    /// <summary>Stops compute, with its grace time. Stopping what is absent or stopped is success. The answer may come before the stop is complete; <see cref="DescribeAsync"/> tells.</summary>
    Task<StopOutcome> StopAsync(ComputeRef compute, string reason, CancellationToken cancellationToken);

    /// <summary>Describes compute, each ref that was asked for exactly once, in any order. Batching is the launcher's own matter.</summary>
    Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, CancellationToken cancellationToken);

    /// <summary>Lists the compute of a fleet that has not stopped, page by page. Compute that stopped lately may be listed too, as stopped.</summary>
    /// <exception cref="ArgumentException">The fleet name is empty: that would list, and let clean-up stop, what belongs to others.</exception>
    /// <exception cref="ComputeUnavailableException">The provider cannot be reached. Readiness shows the message to people.</exception>
    /// <exception cref="Exception">Any other exception: the listing failed, and nothing may be concluded from it.</exception>
    Task<Page<ComputeDescription>> ListAsync(string fleet, string? continuation, CancellationToken cancellationToken);
}

/// <summary>A launcher, or something beside it, that can tell of changes as they happen. Events make things fast; without them the sweeper finds out.</summary>
public interface IComputeEventSource
{
    /// <summary>Yields a description for each compute that starts or stops, until cancelled.</summary>
    IAsyncEnumerable<ComputeDescription> WatchAsync(CancellationToken cancellationToken);
}

/// <summary>What a launcher starts compute at cannot be reached. Jobs wait; nothing is lost. The message is for people: what cannot be reached, where, and what to look at.</summary>
public sealed class ComputeUnavailableException : Exception
{
    /// <summary>Makes the exception with a general message.</summary>
    public ComputeUnavailableException() : base("What runs the compute cannot be reached.") { }

    /// <summary>Makes the exception.</summary>
    public ComputeUnavailableException(string message) : base(message) { }

    /// <summary>Makes the exception with its cause.</summary>
    public ComputeUnavailableException(string message, Exception innerException) : base(message, innerException) { }
}

/// <summary>What a launcher can do.</summary>
public sealed record LauncherCapabilities
{
    /// <summary>Whether it runs container images. If not, a job with an <c>image:</c> label is refused with that reason.</summary>
    public bool Images { get; init; }

    /// <summary>Whether it offers interruptible capacity. If not, <c>capacity:spot</c> is refused with that reason.</summary>
    public bool Spot { get; init; }

    /// <summary>The architectures it can run; empty means that it takes what comes.</summary>
    public IReadOnlyList<string> Architectures { get; init; } = [];

    /// <summary>How many launches may be under way at once from one host. They are started one after another on the same thread: a launcher that blocks before its first <see langword="await"/> runs them one at a time.</summary>
    public int ParallelLaunches { get; init; } = 8;
}

/// <summary>Names the compute of one attempt, before and after anything is known of it.</summary>
public sealed record ComputeIdentity
{
    /// <summary>The fleet's name.</summary>
    public required string Fleet { get; init; }

    /// <summary>The runner's id.</summary>
    public required string RunnerId { get; init; }

    /// <summary>The launch attempt, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>What the launcher answered, where that is known.</summary>
    public ComputeRef? Compute { get; init; }

    /// <summary>When the latest call that sends this attempt has ended at the latest, on whichever host, as far as the records say. A launcher that cannot itself rule out a launch under way answers <see cref="FindOutcome.Unknown"/> before.</summary>
    public DateTimeOffset? LaunchCallEnds { get; init; }

    /// <summary><c>&lt;fleet&gt;/&lt;runner&gt;/&lt;attempt&gt;</c>: client token and <c>startedBy</c>.</summary>
    public string Token => FormattableString.Invariant($"{Fleet}/{RunnerId}/{Attempt}");
}
