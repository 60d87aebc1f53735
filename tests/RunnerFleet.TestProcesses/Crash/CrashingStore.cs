using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.TestProcesses.Crash;

/// <summary>A store with a point before and after each commit, named by what the commit changes. Reads have no effect and no point; nor has the removal of what expired, for these stories are too short for it.</summary>
internal sealed class CrashingStore(IRunnerStore inner, CrashPoints points) : IRunnerStore
{
    public async ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken) =>
        await DescribeAsync(commit, cancellationToken) is { } change
            ? await points.AroundAsync($"store.commit [{change}]", () => inner.CommitAsync(commit, cancellationToken).AsTask(), outcome => outcome is CommitOutcome.Committed)
            : await inner.CommitAsync(commit, cancellationToken);

    public ValueTask<int> PurgeExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken) => inner.PurgeExpiredAsync(now, cancellationToken);

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

    public ValueTask<StoreEntry?> GetEntryAsync(string key, CancellationToken cancellationToken) => inner.GetEntryAsync(key, cancellationToken);

    public ValueTask<IReadOnlyList<StoreEntry>> ListEntriesAsync(string prefix, int take, CancellationToken cancellationToken) => inner.ListEntriesAsync(prefix, take, cancellationToken);

    /// <summary>What the commit changes, without ids and times, so that it is the same in every run; <see langword="null"/> where it will meet a conflict and change nothing.</summary>
    private async Task<string?> DescribeAsync(StoreCommit commit, CancellationToken cancellationToken)
    {
        var parts = new List<string>();
        foreach (var job in commit.Jobs)
        {
            var before = await inner.GetJobAsync(job.Key, cancellationToken);
            if ((before?.Version ?? 0) != job.Version - 1)
            {
                return null;
            }

            parts.Add($"job {Role(job.Labels)} {Move(before?.State, job.State)}{(before is not null && before.RunnerId != job.RunnerId ? " runner" : "")}");
        }

        foreach (var runner in commit.Runners)
        {
            var before = await inner.GetRunnerAsync(runner.Id, cancellationToken);
            if ((before?.Version ?? 0) != runner.Version - 1)
            {
                return null;
            }

            parts.Add($"runner {Role(runner.Labels)} {Move(before?.State, runner.State)}{string.Concat(Changes(before, runner).Select(c => " " + c))}");
        }

        parts.AddRange(commit.Entries.Select(e => $"entry {KindOf(e.Key)}{(e.Value is null ? " cleared" : "")}"));
        return string.Join("; ", parts.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Changes(Runner? before, Runner after)
    {
        if (before is null)
        {
            yield break;
        }

        if (after.Closing is not null != before.Closing is not null) yield return after.Closing is null ? "-closing" : "+closing";
        if (after.Registration?.Name != before.Registration?.Name) yield return after.Registration is null ? "-name" : "+name";
        if (after.Registration?.GitHubId != before.Registration?.GitHubId) yield return "+registration";
        if (after.Registration?.IsGone == true && before.Registration?.IsGone != true) yield return "-registration";
        if (after.Compute != before.Compute) yield return "+compute";
        if (after.IdleSince is not null && before.IdleSince is null) yield return "+idle";
        if (after.Job != before.Job) yield return after.Job is null ? "-job" : "+job";
        if (after.Places.Count != before.Places.Count) yield return after.Places.Count > 0 ? "+places" : "-places";
    }

    private static string Move<T>(T? from, T to) where T : struct, Enum => from is { } f ? f.Equals(to) ? $"{to}" : $"{f}->{to}" : $"->{to}";

    /// <summary>The class in the labels tells the story's jobs apart.</summary>
    private static string Role(IReadOnlyList<string> labels) => labels.FirstOrDefault(l => l.StartsWith("class:", StringComparison.Ordinal))?["class:".Length..] ?? "?";

    private static string KindOf(string key) => key.Split('/') is ["lease" or "notice", var kind, ..] parts ? $"{parts[0]}/{kind}" : key.Split('/')[0];
}
