using Microsoft.Extensions.Options;
using RunnerFleet.Local.Sqlite;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.TestProcesses;

/// <summary>Four workers commit for ever, each its own records, and print <c>worker version</c> once a commit is answered. Ends by being killed, or with the test that started it: its input then ends.</summary>
internal static class SqliteWriterProcess
{
    public static async Task<int> RunAsync(string path)
    {
        using var store = new SqliteRunnerStore(Options.Create(new SqliteStoreOptions { Path = path }));
        var work = Enumerable.Range(0, 4).Select(worker => Task.Run(() => CommitForEverAsync(store, worker)));
        await await Task.WhenAny([Task.Run(Console.In.ReadToEnd), .. work]);
        return 0;
    }

    private static async Task CommitForEverAsync(SqliteRunnerStore store, int worker)
    {
        for (var version = 1; ; version++)
        {
            var outcome = await store.CommitAsync(new StoreCommit
            {
                Runners = [SampleRecords.FullRunner(worker) with { Version = version }],
                Jobs = [SampleRecords.FullJob(worker) with { Version = version }],
                Places = [new PlaceChange { Key = $"worker/{worker}", Delta = 1 }],
                Entries = [new StoreEntry { Key = $"worker/{worker}", Version = version, Value = $"{version}" }],
            }, CancellationToken.None);
            if (outcome is not CommitOutcome.Committed)
            {
                throw new InvalidOperationException($"Worker {worker} could not commit version {version}: {outcome}.");
            }

            await Console.Out.WriteLineAsync($"{worker} {version}");
        }
    }
}
