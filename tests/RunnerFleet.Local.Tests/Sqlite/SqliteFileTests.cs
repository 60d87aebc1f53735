using RunnerFleet.Local.Sqlite;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Local.Tests.Sqlite;

public sealed class SqliteFileTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_store_that_is_opened_again_has_everything()
    {
        var commit = new StoreCommit
        {
            Runners = [SampleRecords.FullRunner(1), SampleRecords.Runner(2)],
            Jobs = [SampleRecords.FullJob(1)],
            Places = [new PlaceChange { Key = "fleet", Delta = 3 }],
            Entries = [new StoreEntry { Key = "lease/a", Version = 1, Value = "me" }],
        };
        using (var first = _folder.Open())
        {
            Assert.IsType<CommitOutcome.Committed>(await first.CommitAsync(commit, Cancellation));
        }

        var store = _folder.Open();
        Assert.Equivalent(commit.Runners[0], await store.GetRunnerAsync(commit.Runners[0].Id, Cancellation), strict: true);
        Assert.Equivalent(commit.Jobs[0], await store.GetJobAsync(commit.Jobs[0].Key, Cancellation), strict: true);
        Assert.Equal(3, (await store.GetPlacesAsync(["fleet"], Cancellation))["fleet"]);
        Assert.Equal(commit.Entries[0], await store.GetEntryAsync("lease/a", Cancellation));
        Assert.Single(await store.ListPendingAsync(new PendingQuery { Now = SampleRecords.At(9) }, Cancellation));
        Assert.Equal(1, (await store.CountRunnersAsync(Cancellation))[RunnerState.Pending]);
    }

    [Fact]
    public async Task A_missing_folder_is_made()
    {
        var path = Path.Combine(_folder.Folder, "a", "b", "fleet.db");
        using var store = new SqliteRunnerStore(Microsoft.Extensions.Options.Options.Create(new SqliteStoreOptions { Path = path }));

        Assert.Empty(await store.CountRunnersAsync(Cancellation));
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task On_unix_only_the_owner_can_read_the_files()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no Unix file modes; a folder's access rules are inherited there.");
            return;
        }

        await _folder.Open().CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1)] }, Cancellation);

        var files = Directory.GetFiles(_folder.Folder);
        Assert.Contains(_folder.Path + "-wal", files);
        foreach (var file in files)
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task A_file_of_a_newer_schema_is_refused_and_left_as_it_is()
    {
        using (var session = _folder.OpenSession())
        {
            session.Execute("PRAGMA user_version = 2");
        }

        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await _folder.Open().CountRunnersAsync(Cancellation));
        Assert.Contains("newer version", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.Path, refusal.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await _folder.Open().CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1)] }, Cancellation));
    }

    [Fact]
    public async Task Somebody_elses_database_is_refused_and_left_as_it_is()
    {
        using (var theirs = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_folder.Path};Pooling=False"))
        {
            theirs.Open();
            using var command = theirs.CreateCommand();
            command.CommandText = "CREATE TABLE theirs (a)";
            command.ExecuteNonQuery();
        }

        var before = await File.ReadAllBytesAsync(_folder.Path, Cancellation);

        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await _folder.Open().CountRunnersAsync(Cancellation));
        Assert.Contains("not one of RunnerFleet", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(_folder.Path, Cancellation));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_named_in_words_for_people()
    {
        await File.WriteAllTextAsync(_folder.Path, new string('x', 5000), Cancellation);

        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await _folder.Open().GetEntryAsync("a", Cancellation));
        Assert.Contains("no SQLite database", refusal.Message, StringComparison.Ordinal);
        refusal = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await _folder.Open().PurgeExpiredAsync(SampleRecords.Epoch, Cancellation));
        Assert.Contains("no SQLite database", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_that_cannot_be_made_is_named_and_tried_again()
    {
        var blocked = Path.Combine(_folder.Folder, "file");
        await File.WriteAllTextAsync(blocked, "a file where a folder should be", Cancellation);
        using var store = new SqliteRunnerStore(Microsoft.Extensions.Options.Options.Create(new SqliteStoreOptions { Path = Path.Combine(blocked, "fleet.db") }));

        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.CountJobsAsync(Cancellation));
        Assert.Contains(blocked, refusal.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1)] }, Cancellation));

        File.Delete(blocked);
        Assert.IsType<CommitOutcome.Committed>(await store.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1)] }, Cancellation));
        Assert.NotNull(await store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation));
    }

    [Fact]
    public async Task A_store_that_is_closed_says_so()
    {
        var store = _folder.Open();
        await store.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1)] }, Cancellation);
        store.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.GetRunnerAsync("a", Cancellation));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.CommitAsync(new StoreCommit(), Cancellation));
    }
}
