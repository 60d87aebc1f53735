using RunnerFleet.Local.Sqlite;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Local.Tests.Sqlite;

public sealed class SqliteSharingTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_stores_over_one_file_see_each_others_commits()
    {
        SqliteRunnerStore[] stores = [_folder.Open(), _folder.Open()];
        for (var version = 1; version <= 20; version++)
        {
            var (writer, reader) = (stores[version % 2], stores[(version + 1) % 2]);
            await writer.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1) with { Version = version }] }, Cancellation);
            Assert.Equal(version, (await reader.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation))?.Version);
        }
    }

    [Fact]
    public async Task Limits_and_versions_hold_between_stores_over_one_file()
    {
        SqliteRunnerStore[] stores = [_folder.Open(), _folder.Open(), _folder.Open()];
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 150).Select(i => Task.Run(async () => await stores[i % 3].CommitAsync(new StoreCommit
        {
            Runners = [SampleRecords.Runner(i / 3)],
            Places = [new PlaceChange { Key = "fleet", Delta = 1, Limit = 20 }],
        }, Cancellation))));

        Assert.Equal(20, outcomes.Count(outcome => outcome is CommitOutcome.Committed));
        Assert.Equal(20, (await stores[0].GetPlacesAsync(["fleet"], Cancellation))["fleet"]);
        Assert.Equal(20, (await stores[1].ListRunnersAsync(new RunnerQuery { Take = 1000 }, Cancellation)).Items.Count);
    }

    [Fact]
    public async Task Many_stores_may_make_one_file_at_once()
    {
        var stores = Enumerable.Range(0, 8).Select(_ => _folder.Open()).ToList();

        var outcomes = await Task.WhenAll(stores.Select((store, i) => Task.Run(async () =>
            await store.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(i)] }, Cancellation))));

        Assert.All(outcomes, outcome => Assert.IsType<CommitOutcome.Committed>(outcome));
    }

    [Fact]
    public async Task A_file_that_another_holds_for_too_long_is_unavailable_to_write_and_readable_all_the_while()
    {
        var store = _folder.Open(busyTimeoutSeconds: 1);
        await store.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1)] }, Cancellation);
        using var other = _folder.OpenSession();
        other.Execute("BEGIN IMMEDIATE");

        var writes = Enumerable.Range(2, 5).Select(i => store.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(i)] }, Cancellation).AsTask()).ToList();
        Assert.NotNull(await store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation));
        foreach (var write in writes)
        {
            var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => write);
            Assert.Contains("locked by another process", refusal.Message, StringComparison.Ordinal);
        }

        other.Execute("ROLLBACK");
        Assert.IsType<CommitOutcome.Committed>(await store.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(2)] }, Cancellation));
    }

    [Fact]
    public async Task A_caller_that_gives_up_does_not_wait_for_the_lock()
    {
        var store = _folder.Open();
        await store.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1)] }, Cancellation);
        using var other = _folder.OpenSession();
        other.Execute("BEGIN IMMEDIATE");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var write = store.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(2)] }, patience.Token).AsTask();
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        other.Execute("ROLLBACK");
    }

    [Fact]
    public async Task A_write_that_fails_in_a_group_fails_alone()
    {
        var file = new SqliteFile(new SqliteStoreOptions { Path = _folder.Path });
        using var writer = new SqliteWriter(file);
        using var gate = new ManualResetEventSlim();
        var first = writer.WriteAsync(session => { gate.Wait(Cancellation); return 0; }, Cancellation).AsTask();
        var good = writer.WriteAsync(session => session.Execute(SqliteQueries.PutEntry, "good", 1, "a", null), Cancellation).AsTask();
        var bad = writer.WriteAsync(session => session.Execute(SqliteQueries.PutEntry, "half", 1, "a", null) + session.Execute(SqliteQueries.PutEntry, "bad", null, "a", null), Cancellation).AsTask();
        var broken = writer.WriteAsync<int>(_ => throw new InvalidOperationException("A mistake."), Cancellation).AsTask();
        var last = writer.WriteAsync(session => session.Execute(SqliteQueries.PutEntry, "last", 1, "a", null), Cancellation).AsTask();
        gate.Set();

        await first;
        Assert.Equal(1, await good);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => bad);
        await Assert.ThrowsAsync<InvalidOperationException>(() => broken);
        Assert.Equal(1, await last);
        Assert.Equal(["good", "last"], (await _folder.Open().ListEntriesAsync("", 10, Cancellation)).Select(e => e.Key));
    }
}
