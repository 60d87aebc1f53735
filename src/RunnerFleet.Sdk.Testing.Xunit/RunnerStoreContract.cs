using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;
using Xunit.Sdk;

namespace RunnerFleet.Testing.Xunit;

/// <summary>Every promise of <see cref="IRunnerStore"/>, as tests. Derive one sealed class for each store and override <see cref="CreateStoreAsync"/>.</summary>
public abstract partial class RunnerStoreContract : IAsyncLifetime
{
    private IRunnerStore? _store;

    /// <summary>The store under test: fresh and empty when a test begins.</summary>
    protected IRunnerStore Store => _store ?? throw new InvalidOperationException("The store is there once the test has begun.");

    /// <summary>How long a list may lag behind a commit. Zero suits a store whose lists are as consistent as its reads by key.</summary>
    protected virtual TimeSpan ListLag => TimeSpan.Zero;

    /// <summary>Whether the store's engine removes expired records by itself, at a time of its own choosing; <see cref="IStoreWriter.PurgeExpiredAsync"/> then returns 0.</summary>
    protected virtual bool EnginePurges => false;

    /// <summary>Makes a store that is fresh and empty, whatever other tests do at the same time.</summary>
    protected abstract ValueTask<IRunnerStore> CreateStoreAsync();

    /// <summary>Removes what <see cref="CreateStoreAsync"/> made. Called once after each test.</summary>
    protected virtual ValueTask CleanUpAsync() => default;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => _store = await CreateStoreAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CleanUpAsync();
        GC.SuppressFinalize(this);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static DateTimeOffset At(int number) => SampleRecords.At(number);

    private async Task<CommitOutcome> CommitAsync(StoreCommit commit) => await Store.CommitAsync(commit, Cancellation);

    private async Task SaveAsync(StoreCommit commit) => Assert.IsType<CommitOutcome.Committed>(await CommitAsync(commit));

    private async Task SaveAsync(params IEnumerable<Runner> runners)
    {
        foreach (var chunk in runners.Chunk(100))
        {
            await SaveAsync(new StoreCommit { Runners = chunk });
        }
    }

    private async Task SaveAsync(params IEnumerable<Job> jobs)
    {
        foreach (var chunk in jobs.Chunk(100))
        {
            await SaveAsync(new StoreCommit { Jobs = chunk });
        }
    }

    private async Task SaveAsync(params IEnumerable<StoreEntry> entries)
    {
        foreach (var chunk in entries.Chunk(100))
        {
            await SaveAsync(new StoreCommit { Entries = chunk });
        }
    }

    private static Runner Next(Runner runner) => runner with { Version = runner.Version + 1 };

    private static Job Next(Job job) => job with { Version = job.Version + 1 };

    private static StoreEntry Entry(string key, string? value = "value", long version = 1) => new() { Key = key, Version = version, Value = value };

    private static PlaceChange Take(string key, int limit, int count = 1) => new() { Key = key, Delta = count, Limit = limit };

    private static PlaceChange Free(string key, int count = 1) => new() { Key = key, Delta = -count };

    private async Task<int> CountPlacesAsync(string key) => (await Store.GetPlacesAsync([key], Cancellation))[key];

    private static void AssertIds(IEnumerable<int> expected, IEnumerable<Runner> actual) =>
        Assert.Equal(expected.Select(SampleRecords.RunnerId), actual.Select(r => r.Id));

    private static void AssertKeys(IEnumerable<int> expected, IEnumerable<Job> actual) =>
        Assert.Equal(expected.Select(SampleRecords.JobKey), actual.Select(j => j.Key));

    private static async Task<T[]> AtOnceAsync<T>(int count, Func<int, Task<T>> act) =>
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Run(() => act(i))));

    /// <summary>Checks a list until it shows what was committed, for as long as this store's lists may lag.</summary>
    private async Task EventuallyAsync(Func<Task> check)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await check();
                return;
            }
            catch (XunitException) when (TimeProvider.System.GetElapsedTime(start) < ListLag)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancellation);
            }
        }
    }
}
