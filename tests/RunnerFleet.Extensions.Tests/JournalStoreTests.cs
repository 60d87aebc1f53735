using System.Text;
using Extensions.Journal;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Extensions.Tests;

public sealed class JournalStoreTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TemporaryFolder _folder = new();
    private readonly List<JournalFile> _journals = [];

    private string Path => _folder.File("fleet.jsonl");

    [Fact]
    public async Task A_store_that_is_opened_again_has_everything()
    {
        var first = Open();
        var (runner, job) = (SampleRecords.FullRunner(1) with { Version = 1 }, SampleRecords.FullJob(1) with { Version = 1 });
        await first.CommitAsync(new StoreCommit
        {
            Runners = [runner],
            Jobs = [job],
            Places = [new PlaceChange { Key = "fleet", Delta = 2, Limit = 2 }],
            Entries = [new StoreEntry { Key = "lease/sweep", Version = 1, Value = "held" }],
        }, None);
        Close();

        var second = Open();

        Assert.Equal(RecordJson.Serialize(runner), RecordJson.Serialize((await second.GetRunnerAsync(runner.Id, None))!));
        Assert.Equal(RecordJson.Serialize(job), RecordJson.Serialize((await second.GetJobAsync(job.Key, None))!));
        Assert.Equal("held", (await second.GetEntryAsync("lease/sweep", None))?.Value);
        Assert.IsType<CommitOutcome.NoPlace>(await second.CommitAsync(new StoreCommit { Places = [new PlaceChange { Key = "fleet", Delta = 1, Limit = 2 }] }, None));
    }

    [Fact]
    public async Task A_line_that_was_cut_off_by_a_crash_is_as_if_it_had_never_been()
    {
        await Open().CommitAsync(Entry("a", 1), None);
        Close();
        await File.AppendAllTextAsync(Path, """{"entries":[{"Key":"b","Ver""", None);

        var store = Open();

        Assert.Null(await store.GetEntryAsync("b", None));
        Assert.IsType<CommitOutcome.Committed>(await store.CommitAsync(Entry("a", 2), None));
        Close();
        Assert.Equal(2, (await Open().GetEntryAsync("a", None))?.Version);
    }

    [Theory]
    [InlineData("not JSON\n")]
    [InlineData("""{"entries":[{"Key":"a","Version":7}]}""" + "\n")]
    public async Task A_journal_that_makes_no_sense_is_refused_and_left_as_it_is(string line)
    {
        await File.WriteAllTextAsync(Path, line, None);

        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await Open().GetEntryAsync("a", None));

        Assert.Contains("Line 1", failure.Message, StringComparison.Ordinal);
        Close();
        Assert.Equal(Encoding.UTF8.GetBytes(line), await File.ReadAllBytesAsync(Path, None));
    }

    [Fact]
    public async Task A_second_store_over_one_file_is_refused()
    {
        await Open().CommitAsync(Entry("a", 1), None);

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await Open().GetEntryAsync("a", None));
    }

    [Fact]
    public async Task What_was_purged_does_not_come_back()
    {
        var store = Open();
        await store.CommitAsync(new StoreCommit { Entries = [new StoreEntry { Key = "a", Version = 1, ExpiresAt = SampleRecords.At(1) }] }, None);
        Assert.Equal(1, await store.PurgeExpiredAsync(SampleRecords.At(2), None));
        Close();

        Assert.Null(await Open().GetEntryAsync("a", None));
    }

    [Fact]
    public async Task A_commit_that_could_not_be_written_is_unknown_and_then_read_from_the_file()
    {
        var store = Open();
        await store.CommitAsync(Entry("a", 1), None);
        _journals[^1].Close(); // as when the disk goes away

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.CommitAsync(Entry("a", 2), None));

        Assert.Equal(1, (await store.GetEntryAsync("a", None))?.Version);
    }

    public void Dispose()
    {
        Close();
        _folder.Dispose();
    }

    private static StoreCommit Entry(string key, long version) => new() { Entries = [new StoreEntry { Key = key, Version = version }] };

    private JournalStore Open()
    {
        var journal = new JournalFile(Path);
        _journals.Add(journal);
        return new JournalStore(journal);
    }

    private void Close() => _journals.ForEach(journal => journal.Dispose());
}
