using System.Diagnostics;
using System.Globalization;
using RunnerFleet.Local.Sqlite;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Local.Tests.Sqlite;

public sealed class SqliteKillTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A program is killed while it commits as fast as it can, after it told of so many commits.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(333)]
    [InlineData(1500)]
    public async Task What_a_killed_process_was_answered_is_in_the_file(int told)
    {
        using var folder = new StoreFolder();
        using var process = Start("sqlite-writer", folder.Path);
        var answered = new Dictionary<int, long>();
        for (var i = 0; i < told; i++)
        {
            Note(await process.StandardOutput.ReadLineAsync(Cancellation), answered);
        }

        // Two processes share the file: what the other was answered is seen here.
        var store = folder.Open();
        foreach (var (worker, version) in answered)
        {
            Assert.True(await VersionAsync(store, worker) >= version);
        }

        process.Kill();
        foreach (var line in CompleteLines(await process.StandardOutput.ReadToEndAsync(Cancellation)))
        {
            Note(line, answered);
        }

        await process.WaitForExitAsync(Cancellation);
        using var reopened = folder.Open();
        foreach (var (worker, version) in answered)
        {
            await AssertHoldsAsync(reopened, worker, version);
        }

        using var session = folder.OpenSession();
        Assert.Equal("ok", session.Scalar("PRAGMA integrity_check"));
        await AssertGoesOnAsync(reopened, answered.Keys.First());
    }

    // The file may hold one version more than was told: written, but killed before it could say so. Then it holds all of it.
    private static async Task AssertHoldsAsync(SqliteRunnerStore store, int worker, long answered)
    {
        var stored = await VersionAsync(store, worker);
        Assert.True(stored >= answered, $"Worker {worker} was answered version {answered}, but the file holds {stored}.");
        Assert.Equal(stored, (await store.GetJobAsync(SampleRecords.JobKey(worker), Cancellation))?.Version);
        Assert.Equal($"{stored}", (await store.GetEntryAsync($"worker/{worker}", Cancellation))?.Value);
        Assert.Equal(stored, (await store.GetPlacesAsync([$"worker/{worker}"], Cancellation))[$"worker/{worker}"]);
    }

    private static async Task AssertGoesOnAsync(SqliteRunnerStore store, int worker)
    {
        var next = SampleRecords.Runner(worker) with { Version = await VersionAsync(store, worker) + 1 };
        Assert.IsType<CommitOutcome.Committed>(await store.CommitAsync(new StoreCommit { Runners = [next] }, Cancellation));
    }

    private static async Task<long> VersionAsync(SqliteRunnerStore store, int worker) =>
        (await store.GetRunnerAsync(SampleRecords.RunnerId(worker), Cancellation))?.Version ?? 0;

    private static void Note(string? line, Dictionary<int, long> answered)
    {
        var words = line?.Split(' ') ?? throw new InvalidOperationException("The writer ended before it was killed.");
        answered[int.Parse(words[0], CultureInfo.InvariantCulture)] = long.Parse(words[1], CultureInfo.InvariantCulture);
    }

    private static string[] CompleteLines(string text) => text.LastIndexOf('\n') is var end and >= 0 ? text[..end].Split('\n', StringSplitOptions.TrimEntries) : [];

    private static Process Start(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "RunnerFleet.TestProcesses.dll");
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        return Process.Start(new ProcessStartInfo(dotnet, [program, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{dotnet} did not start.");
    }
}
