using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.Tests.CodeBuild;

/// <summary>A store in whose commits a test can step.</summary>
internal sealed class HookedStore(IRunnerStore inner) : IRunnerStore
{
    /// <summary>Called before each commit.</summary>
    public Func<StoreCommit, Task>? BeforeCommit { get; set; }

    /// <summary>Called after each commit.</summary>
    public Func<StoreCommit, Task>? AfterCommit { get; set; }

    public async ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        await (BeforeCommit?.Invoke(commit) ?? Task.CompletedTask);
        var outcome = await inner.CommitAsync(commit, cancellationToken);
        await (AfterCommit?.Invoke(commit) ?? Task.CompletedTask);
        return outcome;
    }

    public ValueTask<StoreEntry?> GetEntryAsync(string key, CancellationToken cancellationToken) => inner.GetEntryAsync(key, cancellationToken);

    public ValueTask<IReadOnlyList<StoreEntry>> ListEntriesAsync(string prefix, int take, CancellationToken cancellationToken) => inner.ListEntriesAsync(prefix, take, cancellationToken);

    public ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) => inner.GetRunnerAsync(runnerId, cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListPendingAsync(PendingQuery query, CancellationToken cancellationToken) => inner.ListPendingAsync(query, cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListDueRunnersAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) => inner.ListDueRunnersAsync(now, take, cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListFreeRunnersAsync(string demandKey, int take, CancellationToken cancellationToken) => inner.ListFreeRunnersAsync(demandKey, take, cancellationToken);

    public ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken) => inner.ListRunnersAsync(query, cancellationToken);

    public ValueTask<IReadOnlyDictionary<RunnerState, long>> CountRunnersAsync(CancellationToken cancellationToken) => inner.CountRunnersAsync(cancellationToken);

    public ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken) => inner.GetJobAsync(key, cancellationToken);

    public ValueTask<IReadOnlyList<Job>> ListDueJobsAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) => inner.ListDueJobsAsync(now, take, cancellationToken);

    public ValueTask<IReadOnlyList<Job>> ListQueuedJobsAsync(string demandKey, int take, CancellationToken cancellationToken) => inner.ListQueuedJobsAsync(demandKey, take, cancellationToken);

    public ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) => inner.ListJobsAsync(query, cancellationToken);

    public ValueTask<IReadOnlyDictionary<JobState, long>> CountJobsAsync(CancellationToken cancellationToken) => inner.CountJobsAsync(cancellationToken);

    public ValueTask<IReadOnlyDictionary<string, int>> GetPlacesAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) => inner.GetPlacesAsync(keys, cancellationToken);

    public ValueTask<int> PurgeExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken) => inner.PurgeExpiredAsync(now, cancellationToken);
}

/// <summary>The end of a host: nothing of it may happen after this.</summary>
internal sealed class HostDied : Exception;

/// <summary>A client of CodeBuild in whose StartBuild a test can step.</summary>
internal sealed class HookedCodeBuild(ICodeBuildApi inner) : ICodeBuildApi
{
    public Func<Task>? BeforeStart { get; set; }

    public Func<Task>? AfterStart { get; set; }

    public async Task<CodeBuildBuild> StartBuildAsync(CodeBuildStart request, CancellationToken cancellationToken)
    {
        await (BeforeStart?.Invoke() ?? Task.CompletedTask);
        var build = await inner.StartBuildAsync(request, cancellationToken);
        await (AfterStart?.Invoke() ?? Task.CompletedTask);
        return build;
    }

    public Task<IReadOnlyList<CodeBuildBuild>> BatchGetBuildsAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) => inner.BatchGetBuildsAsync(ids, cancellationToken);

    public Task<IReadOnlyList<string>> ListBuildsForProjectAsync(string projectName, CancellationToken cancellationToken) => inner.ListBuildsForProjectAsync(projectName, cancellationToken);
}
