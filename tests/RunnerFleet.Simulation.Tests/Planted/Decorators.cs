using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Sweeping;

namespace RunnerFleet.Simulation.Tests.Planted;

/// <summary>A store that passes everything on; a mistake overrides one member.</summary>
internal class StoreDecorator(IRunnerStore inner) : IRunnerStore
{
    protected IRunnerStore Inner { get; } = inner;

    public virtual ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken) => Inner.CommitAsync(commit, cancellationToken);

    public virtual ValueTask<int> PurgeExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken) => Inner.PurgeExpiredAsync(now, cancellationToken);

    public virtual ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) => Inner.GetRunnerAsync(runnerId, cancellationToken);

    public virtual ValueTask<IReadOnlyList<Runner>> ListPendingAsync(PendingQuery query, CancellationToken cancellationToken) => Inner.ListPendingAsync(query, cancellationToken);

    public virtual ValueTask<IReadOnlyList<Runner>> ListDueRunnersAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) => Inner.ListDueRunnersAsync(now, take, cancellationToken);

    public virtual ValueTask<IReadOnlyList<Runner>> ListFreeRunnersAsync(string demandKey, int take, CancellationToken cancellationToken) => Inner.ListFreeRunnersAsync(demandKey, take, cancellationToken);

    public virtual ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken) => Inner.ListRunnersAsync(query, cancellationToken);

    public ValueTask<IReadOnlyDictionary<RunnerState, long>> CountRunnersAsync(CancellationToken cancellationToken) => Inner.CountRunnersAsync(cancellationToken);

    public virtual ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken) => Inner.GetJobAsync(key, cancellationToken);

    public virtual ValueTask<IReadOnlyList<Job>> ListDueJobsAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) => Inner.ListDueJobsAsync(now, take, cancellationToken);

    public virtual ValueTask<IReadOnlyList<Job>> ListQueuedJobsAsync(string demandKey, int take, CancellationToken cancellationToken) => Inner.ListQueuedJobsAsync(demandKey, take, cancellationToken);

    public ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) => Inner.ListJobsAsync(query, cancellationToken);

    public ValueTask<IReadOnlyDictionary<JobState, long>> CountJobsAsync(CancellationToken cancellationToken) => Inner.CountJobsAsync(cancellationToken);

    public virtual ValueTask<IReadOnlyDictionary<string, int>> GetPlacesAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) => Inner.GetPlacesAsync(keys, cancellationToken);

    public ValueTask<StoreEntry?> GetEntryAsync(string key, CancellationToken cancellationToken) => Inner.GetEntryAsync(key, cancellationToken);

    public ValueTask<IReadOnlyList<StoreEntry>> ListEntriesAsync(string prefix, int take, CancellationToken cancellationToken) => Inner.ListEntriesAsync(prefix, take, cancellationToken);
}

/// <summary>The same for a launcher.</summary>
internal class LauncherDecorator(IComputeLauncher inner) : IComputeLauncher
{
    protected IComputeLauncher Inner { get; } = inner;

    public string Name => Inner.Name;

    public LauncherCapabilities Capabilities => Inner.Capabilities;

    public virtual Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken) => Inner.LaunchAsync(request, cancellationToken);

    public virtual Task<FindOutcome> FindAsync(ComputeIdentity identity, CancellationToken cancellationToken) => Inner.FindAsync(identity, cancellationToken);

    public virtual Task<StopOutcome> StopAsync(ComputeRef compute, string reason, CancellationToken cancellationToken) => Inner.StopAsync(compute, reason, cancellationToken);

    public virtual Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, CancellationToken cancellationToken) => Inner.DescribeAsync(computes, cancellationToken);

    public virtual Task<Page<ComputeDescription>> ListAsync(string fleet, string? continuation, CancellationToken cancellationToken) => Inner.ListAsync(fleet, continuation, cancellationToken);
}

/// <summary>The same for GitHub.</summary>
internal class RegistrarDecorator(IRunnerRegistrar inner) : IRunnerRegistrar
{
    protected IRunnerRegistrar Inner { get; } = inner;

    public virtual Task<GitHubAnswer<JitRegistration>> CreateJitConfigAsync(JitRequest request, CancellationToken cancellationToken) => Inner.CreateJitConfigAsync(request, cancellationToken);

    public Task<GitHubAnswer<RegistrationToken>> CreateRegistrationTokenAsync(RunnerScope scope, CancellationToken cancellationToken) => Inner.CreateRegistrationTokenAsync(scope, cancellationToken);

    public virtual Task<GitHubAnswer<GitHubRunner?>> FindRunnerAsync(RunnerScope scope, string name, CancellationToken cancellationToken) => Inner.FindRunnerAsync(scope, name, cancellationToken);

    public Task<GitHubAnswer<GitHubRunner>> GetRunnerAsync(RunnerScope scope, long runnerId, CancellationToken cancellationToken) => Inner.GetRunnerAsync(scope, runnerId, cancellationToken);

    public virtual Task<GitHubAnswer<IReadOnlyList<GitHubRunner>>> ListRunnersAsync(RunnerScope scope, string namePrefix, CancellationToken cancellationToken) => Inner.ListRunnersAsync(scope, namePrefix, cancellationToken);

    public virtual Task<GitHubAnswer<bool>> DeleteRunnerAsync(RunnerScope scope, long runnerId, CancellationToken cancellationToken) => Inner.DeleteRunnerAsync(scope, runnerId, cancellationToken);

    public virtual Task<GitHubAnswer<GitHubJob>> GetJobAsync(RunnerScope scope, RepositoryRef repository, long jobId, CancellationToken cancellationToken) => Inner.GetJobAsync(scope, repository, jobId, cancellationToken);

    public virtual Task<GitHubAnswer<IReadOnlyList<GitHubJob>>> ListActiveJobsAsync(RunnerScope scope, RepositoryRef repository, long afterRunId, int mostRequests, CancellationToken cancellationToken) => Inner.ListActiveJobsAsync(scope, repository, afterRunId, mostRequests, cancellationToken);

    public Task<GitHubAnswer<IReadOnlyList<HookDelivery>>> ListFailedDeliveriesAsync(RunnerScope scope, long hookId, DateTimeOffset since, CancellationToken cancellationToken) => Inner.ListFailedDeliveriesAsync(scope, hookId, since, cancellationToken);

    public Task<GitHubAnswer<bool>> RedeliverAsync(RunnerScope scope, long hookId, long deliveryId, CancellationToken cancellationToken) => Inner.RedeliverAsync(scope, hookId, deliveryId, cancellationToken);
}

/// <summary>The same for the front door.</summary>
internal class FleetDecorator(IRunnerFleet inner) : IRunnerFleet
{
    protected IRunnerFleet Inner { get; } = inner;

    public string Name => Inner.Name;

    public virtual Task<WebhookOutcome> ReceiveAsync(WebhookDelivery delivery, CancellationToken cancellationToken) => Inner.ReceiveAsync(delivery, cancellationToken);

    public Task<ClaimOutcome> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) => Inner.ClaimAsync(request, cancellationToken);

    public virtual Task<ReportOutcome> ReportAsync(RunnerReport report, CancellationToken cancellationToken) => Inner.ReportAsync(report, cancellationToken);

    public virtual Task HandleEventAsync(FleetEvent fleetEvent, CancellationToken cancellationToken) => Inner.HandleEventAsync(fleetEvent, cancellationToken);

    public virtual Task<DrainSummary> DrainAsync(CancellationToken cancellationToken) => Inner.DrainAsync(cancellationToken);

    public virtual Task<SweepSummary> SweepAsync(CancellationToken cancellationToken) => Inner.SweepAsync(cancellationToken);

    public virtual Task<TerminateOutcome> TerminateAsync(string runnerId, bool force, CancellationToken cancellationToken) => Inner.TerminateAsync(runnerId, force, cancellationToken);

    public ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) => Inner.GetRunnerAsync(runnerId, cancellationToken);

    public ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken) => Inner.GetJobAsync(key, cancellationToken);

    public ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken) => Inner.ListRunnersAsync(query, cancellationToken);

    public ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) => Inner.ListJobsAsync(query, cancellationToken);

    public ValueTask<IReadOnlyDictionary<string, RunnerClass>> GetClassesAsync(CancellationToken cancellationToken) => Inner.GetClassesAsync(cancellationToken);

    public ValueTask<FleetOverview> GetOverviewAsync(CancellationToken cancellationToken) => Inner.GetOverviewAsync(cancellationToken);

    public IAsyncEnumerable<FleetMove> WatchAsync(CancellationToken cancellationToken) => Inner.WatchAsync(cancellationToken);
}
