using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Sweeping;

namespace RunnerFleet;

/// <summary>
/// The front door: everything that a host does with a fleet. Safe for any number of callers in any number of processes; every member may be
/// repeated when its answer was lost. Bad input is an outcome, not an exception.
/// </summary>
/// <remarks>Members throw <see cref="OperationCanceledException"/> when cancelled, and <see cref="StoreUnavailableException"/> when the store cannot be reached, unless an outcome says otherwise.</remarks>
public interface IRunnerFleet
{
    /// <summary>The fleet's name.</summary>
    string Name { get; }

    /// <summary>
    /// Takes a webhook: verifies its bytes, reads it, applies policy and labels, and records what it asks for in one conditional write.
    /// When this returns <see cref="WebhookOutcome.Recorded"/>, it is stored; launching is left to <see cref="DrainAsync"/>, which is hinted.
    /// </summary>
    /// <returns>Never throws for what came in, nor for a store that cannot be written (<see cref="WebhookOutcome.Unavailable"/>).</returns>
    Task<WebhookOutcome> ReceiveAsync(WebhookDelivery delivery, CancellationToken cancellationToken);

    /// <summary>Hands a runner its registration, minted at GitHub just in time.</summary>
    Task<ClaimOutcome> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken);

    /// <summary>Takes a runner's own report. A hint: a job runs as the same user and can forge it, so it never ends, stops or frees anything.</summary>
    Task<ReportOutcome> ReportAsync(RunnerReport report, CancellationToken cancellationToken);

    /// <summary>Takes news of compute or of an image build.</summary>
    Task HandleEventAsync(FleetEvent fleetEvent, CancellationToken cancellationToken);

    /// <summary>Launches what is pending and looks at what is due, until nothing more can be done now. The first drain of a host also sends again every launch without a reply: the host that recorded it may have died.</summary>
    Task<DrainSummary> DrainAsync(CancellationToken cancellationToken);

    /// <summary>Does what <see cref="DrainAsync"/> does, and compares the records with the launcher's and GitHub's own lists.</summary>
    Task<SweepSummary> SweepAsync(CancellationToken cancellationToken);

    /// <summary>Ends a runner. Without <paramref name="force"/> a runner that runs a job is left alone; with it the job is killed.</summary>
    Task<TerminateOutcome> TerminateAsync(string runnerId, bool force, CancellationToken cancellationToken);

    /// <summary>Gets one runner with its full history; <see langword="null"/> where there is none.</summary>
    ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken);

    /// <summary>Gets one job; <see langword="null"/> where there is none.</summary>
    ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken);

    /// <summary>Lists runners, newest first.</summary>
    ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken);

    /// <summary>Lists jobs, newest first.</summary>
    ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken);

    /// <summary>Lists the runner classes.</summary>
    /// <exception cref="ClassesUnavailableException">They could not be read.</exception>
    ValueTask<IReadOnlyDictionary<string, RunnerClass>> GetClassesAsync(CancellationToken cancellationToken);

    /// <summary>Counts runners and jobs by state, and shows limits, open breakers and notices.</summary>
    ValueTask<FleetOverview> GetOverviewAsync(CancellationToken cancellationToken);

    /// <summary>Yields every move that this process makes from now on, until cancelled. A slow reader loses the oldest moves, never slows the fleet.</summary>
    IAsyncEnumerable<FleetMove> WatchAsync(CancellationToken cancellationToken);
}
