using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Testing.Simulation;

/// <summary>One host's way to the store: late, refusing, and timing out after the write. Each commit that took effect is shown to the promises.</summary>
internal sealed class SimulatedStore(IRunnerStore store, SimulatedHost host, World world) : IRunnerStore
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestLag = TimeSpan.FromSeconds(1);

    public ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken) => Call("store.commit", 6, () =>
    {
        if (world.Chance.Fault(3))
        {
            world.Trouble("conflict without a change");
            return new CommitOutcome.Conflict([.. commit.Runners.Select(r => r.Id), .. commit.Jobs.Select(j => j.Key.ToString())]); // transactions that touch one row at once
        }

        var outcome = Now(store.CommitAsync(commit, CancellationToken.None));
        if (outcome is CommitOutcome.Committed)
        {
            world.Promises.Committed(commit);
        }

        return outcome;
    }, cancellationToken);

    public ValueTask<int> PurgeExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        Call("store.purge", 2, () => Now(store.PurgeExpiredAsync(now, CancellationToken.None)), cancellationToken);

    public ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) =>
        Call("store.runner", 2, () => Now(store.GetRunnerAsync(runnerId, CancellationToken.None)), cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListPendingAsync(PendingQuery query, CancellationToken cancellationToken) =>
        List("store.pending", () => Now(store.ListPendingAsync(query, CancellationToken.None)), cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListDueRunnersAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) =>
        List("store.due-runners", () => Now(store.ListDueRunnersAsync(now, take, CancellationToken.None)), cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListFreeRunnersAsync(string demandKey, int take, CancellationToken cancellationToken) =>
        List("store.free", () => Now(store.ListFreeRunnersAsync(demandKey, take, CancellationToken.None)), cancellationToken);

    public ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken) =>
        List("store.runners", () => Now(store.ListRunnersAsync(query, CancellationToken.None)), cancellationToken);

    public ValueTask<IReadOnlyDictionary<RunnerState, long>> CountRunnersAsync(CancellationToken cancellationToken) =>
        Call("store.count-runners", 2, () => Now(store.CountRunnersAsync(CancellationToken.None)), cancellationToken);

    public ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken) =>
        Call("store.job", 2, () => Now(store.GetJobAsync(key, CancellationToken.None)), cancellationToken);

    public ValueTask<IReadOnlyList<Job>> ListDueJobsAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) =>
        List("store.due-jobs", () => Now(store.ListDueJobsAsync(now, take, CancellationToken.None)), cancellationToken);

    public ValueTask<IReadOnlyList<Job>> ListQueuedJobsAsync(string demandKey, int take, CancellationToken cancellationToken) =>
        List("store.queued", () => Now(store.ListQueuedJobsAsync(demandKey, take, CancellationToken.None)), cancellationToken);

    public ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) =>
        List("store.jobs", () => Now(store.ListJobsAsync(query, CancellationToken.None)), cancellationToken);

    public ValueTask<IReadOnlyDictionary<JobState, long>> CountJobsAsync(CancellationToken cancellationToken) =>
        Call("store.count-jobs", 2, () => Now(store.CountJobsAsync(CancellationToken.None)), cancellationToken);

    public ValueTask<IReadOnlyDictionary<string, int>> GetPlacesAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        Call("store.places", 2, () => Now(store.GetPlacesAsync(keys, CancellationToken.None)), cancellationToken);

    public ValueTask<StoreEntry?> GetEntryAsync(string key, CancellationToken cancellationToken) =>
        Call("store.entry", 2, () => Now(store.GetEntryAsync(key, CancellationToken.None)), cancellationToken);

    public ValueTask<IReadOnlyList<StoreEntry>> ListEntriesAsync(string prefix, int take, CancellationToken cancellationToken) =>
        Call("store.entries", 2, () => Now(store.ListEntriesAsync(prefix, take, CancellationToken.None)), cancellationToken);

    /// <summary>A store without a network answers at once, or makes this thread wait: either way in a fixed order.</summary>
    internal static T Now<T>(ValueTask<T> call) => call.IsCompletedSuccessfully ? call.Result : call.AsTask().GetAwaiter().GetResult();

    /// <summary>A listing may show how things stood a moment ago.</summary>
    private ValueTask<T> List<T>(string what, Func<T> effect, CancellationToken cancellationToken)
    {
        if (!world.Chance.Fault(50))
        {
            return Call(what, 2, effect, cancellationToken);
        }

        world.Trouble("listing of the store lags");
        var asItWas = effect();
        return Call($"{what} lagging", 2, LongestLag, () => asItWas, cancellationToken);
    }

    private ValueTask<T> Call<T>(string what, int perMille, Func<T> effect, CancellationToken cancellationToken) => Call(what, perMille, Longest, effect, cancellationToken);

    private ValueTask<T> Call<T>(string what, int perMille, TimeSpan longest, Func<T> effect, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(world.Wire.CallAsync(host, what, longest, perMille, effect, () => throw new StoreUnavailableException("A simulated store did not answer.")));
    }
}
