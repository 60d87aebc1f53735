using System.Text.Json;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace Extensions.Journal;

#region journal-store
/// <summary>Keeps the fleet in memory, and each commit as a line of a file that it replays when it starts. For one process.</summary>
public sealed class JournalStore(JournalFile journal) : IRunnerStore, IDisposable
{
    // Reads wait their turn too: nobody may see, and act on, a commit that is not on the disk yet.
    private readonly SemaphoreSlim _turn = new(1);

    private InMemoryRunnerStore? _memory; // null: not read yet, or no longer the same as the file

    public ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken) => AskAsync(async memory =>
    {
        var outcome = await memory.CommitAsync(commit, CancellationToken.None);
        if (outcome is CommitOutcome.Committed)
        {
            journal.Append(JournalLine.Of(commit));
        }

        return outcome;
    }, cancellationToken);

    private async ValueTask<T> AskAsync<T>(Func<InMemoryRunnerStore, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            _memory ??= await ReplayAsync();
            return await ask(_memory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _memory = null; // it may be ahead of the file: the next call reads the file again
            throw new StoreUnavailableException($"The journal cannot be read or written: {exception.Message}", exception);
        }
        finally
        {
            _turn.Release();
        }
    }
    #endregion

    public ValueTask<int> PurgeExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken) => AskAsync(async memory =>
    {
        var removed = await memory.PurgeExpiredAsync(now, CancellationToken.None);
        if (removed > 0)
        {
            journal.Append(JournalLine.OfPurge(now));
        }

        return removed;
    }, cancellationToken);

    public ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) =>
        AskAsync(memory => memory.GetRunnerAsync(runnerId, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListPendingAsync(PendingQuery query, CancellationToken cancellationToken) =>
        AskAsync(memory => memory.ListPendingAsync(query, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListDueRunnersAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) =>
        AskAsync(memory => memory.ListDueRunnersAsync(now, take, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<Runner>> ListFreeRunnersAsync(string demandKey, int take, CancellationToken cancellationToken) =>
        AskAsync(memory => memory.ListFreeRunnersAsync(demandKey, take, cancellationToken), cancellationToken);

    public ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken) =>
        AskAsync(memory => memory.ListRunnersAsync(query, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyDictionary<RunnerState, long>> CountRunnersAsync(CancellationToken cancellationToken) =>
        AskAsync(memory => memory.CountRunnersAsync(cancellationToken), cancellationToken);

    public ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken) =>
        AskAsync(memory => memory.GetJobAsync(key, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<Job>> ListDueJobsAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) =>
        AskAsync(memory => memory.ListDueJobsAsync(now, take, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<Job>> ListQueuedJobsAsync(string demandKey, int take, CancellationToken cancellationToken) =>
        AskAsync(memory => memory.ListQueuedJobsAsync(demandKey, take, cancellationToken), cancellationToken);

    public ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) =>
        AskAsync(memory => memory.ListJobsAsync(query, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyDictionary<JobState, long>> CountJobsAsync(CancellationToken cancellationToken) =>
        AskAsync(memory => memory.CountJobsAsync(cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyDictionary<string, int>> GetPlacesAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        AskAsync(memory => memory.GetPlacesAsync(keys, cancellationToken), cancellationToken);

    public ValueTask<StoreEntry?> GetEntryAsync(string key, CancellationToken cancellationToken) =>
        AskAsync(memory => memory.GetEntryAsync(key, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<StoreEntry>> ListEntriesAsync(string prefix, int take, CancellationToken cancellationToken) =>
        AskAsync(memory => memory.ListEntriesAsync(prefix, take, cancellationToken), cancellationToken);

    public void Dispose() => _turn.Dispose();

    private async ValueTask<InMemoryRunnerStore> ReplayAsync()
    {
        var memory = new InMemoryRunnerStore();
        var number = 0;
        foreach (var line in journal.Open())
        {
            number++;
            if (!await TryReplayAsync(memory, line))
            {
                throw new IOException($"Line {number} of the journal is not what a store wrote there. Restore the file from a copy.");
            }
        }

        return memory;
    }

    private static async ValueTask<bool> TryReplayAsync(InMemoryRunnerStore memory, ReadOnlyMemory<byte> line)
    {
        try
        {
            var read = JournalLine.Read(line);
            if (read.PurgedAt is { } purgedAt)
            {
                await memory.PurgeExpiredAsync(purgedAt, CancellationToken.None);
                return true;
            }

            // What was committed once is committed again: the same conditions over the same records.
            return await memory.CommitAsync(read.Commit, CancellationToken.None) is CommitOutcome.Committed;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
