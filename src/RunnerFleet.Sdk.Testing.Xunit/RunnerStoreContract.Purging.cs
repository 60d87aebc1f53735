using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Testing.Xunit;

#pragma warning disable CS1591 // the name of a test says what it checks

public abstract partial class RunnerStoreContract
{
    private async Task SaveExpiringAsync()
    {
        await SaveAsync(
            SampleRecords.Runner(1) with { State = RunnerState.Offline, ExpiresAt = At(100).AddTicks(-1), Deadline = At(1) },
            SampleRecords.Runner(2) with { State = RunnerState.Offline, ExpiresAt = At(101), Deadline = At(2) },
            SampleRecords.Runner(3) with { Deadline = At(3) });
        await SaveAsync(
            SampleRecords.Job(1) with { State = JobState.Completed, ExpiresAt = At(99), Deadline = At(1) },
            SampleRecords.Job(2) with { State = JobState.Completed, ExpiresAt = At(101), Deadline = At(2) },
            SampleRecords.Job(3) with { Deadline = At(3) });
        await SaveAsync(
            Entry("lease/1") with { ExpiresAt = At(99) },
            Entry("lease/2") with { ExpiresAt = At(101) },
            Entry("lease/3"));
        await SaveAsync(new StoreCommit { Places = [Take("fleet", 1)] });
    }

    [Fact]
    public virtual async Task Purging_removes_what_has_expired_everywhere()
    {
        await SaveExpiringAsync();

        var removed = await Store.PurgeExpiredAsync(At(100), Cancellation);
        if (EnginePurges)
        {
            Assert.Equal(0, removed);
            return;
        }

        Assert.Equal(3, removed);
        Assert.Null(await Store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation));
        Assert.Null(await Store.GetJobAsync(SampleRecords.JobKey(1), Cancellation));
        Assert.Null(await Store.GetEntryAsync("lease/1", Cancellation));
        await EventuallyAsync(async () =>
        {
            AssertIds([3, 2], await AllRunnersAsync(take: 10));
            AssertKeys([3, 2], await AllJobsAsync(take: 10));
            AssertIds([2, 3], await Store.ListDueRunnersAsync(At(50), 10, Cancellation));
            AssertKeys([2, 3], await Store.ListDueJobsAsync(At(50), 10, Cancellation));
            Assert.Equal(1, (await Store.CountRunnersAsync(Cancellation))[RunnerState.Offline]);
            Assert.Equal(1, (await Store.CountJobsAsync(Cancellation))[JobState.Completed]);
            Assert.Equal(["lease/2", "lease/3"], (await Store.ListEntriesAsync("lease/", 10, Cancellation)).Select(e => e.Key));
        });
        Assert.Equal(0, await Store.PurgeExpiredAsync(At(100), Cancellation));
    }

    [Fact]
    public virtual async Task What_was_purged_waits_for_nothing_any_more()
    {
        Assert.SkipWhen(EnginePurges, "The engine of this store purges at a time of its own choosing.");
        await SaveAsync(SampleRecords.Runner(1) with { ExpiresAt = At(50) }, SampleRecords.Runner(2) with { ExpiresAt = At(50), NotBefore = At(60) });
        await SaveAsync(SampleRecords.Job(1) with { ExpiresAt = At(50) });

        Assert.Equal(3, await Store.PurgeExpiredAsync(At(100), Cancellation));

        await EventuallyAsync(async () =>
        {
            Assert.Empty(await PendingAsync());
            Assert.Empty(await Store.ListFreeRunnersAsync(SampleRecords.Runner(1).DemandKey, 10, Cancellation));
            Assert.Empty(await Store.ListQueuedJobsAsync(SampleRecords.Job(1).DemandKey, 10, Cancellation));
        });
        await SaveAsync(SampleRecords.Runner(1));
        await SaveAsync(SampleRecords.Job(1));
        await EventuallyAsync(async () => AssertIds([1], await PendingAsync()));
    }

    [Fact]
    public virtual async Task Purging_keeps_what_has_not_expired()
    {
        await SaveExpiringAsync();

        await Store.PurgeExpiredAsync(At(100), Cancellation);

        foreach (var number in new[] { 2, 3 })
        {
            Assert.NotNull(await Store.GetRunnerAsync(SampleRecords.RunnerId(number), Cancellation));
            Assert.NotNull(await Store.GetJobAsync(SampleRecords.JobKey(number), Cancellation));
            Assert.NotNull(await Store.GetEntryAsync($"lease/{number}", Cancellation));
        }

        Assert.Equal(1, await CountPlacesAsync("fleet"));
    }

    [Fact]
    public virtual async Task An_expiry_moved_or_taken_back_is_the_one_that_counts()
    {
        var runners = Enumerable.Range(1, 2).Select(i => SampleRecords.Runner(i) with { ExpiresAt = At(50) }).ToList();
        await SaveAsync(runners);
        await SaveAsync(Next(runners[0]) with { ExpiresAt = At(150) }, Next(runners[1]) with { ExpiresAt = null });

        Assert.Equal(0, await Store.PurgeExpiredAsync(At(100), Cancellation));
        Assert.NotNull(await Store.GetRunnerAsync(runners[0].Id, Cancellation));
        Assert.NotNull(await Store.GetRunnerAsync(runners[1].Id, Cancellation));
    }

    [Fact]
    public virtual async Task A_long_history_is_purged_in_one_call()
    {
        await SaveAsync(Enumerable.Range(0, 1500).Select(i => SampleRecords.Runner(i) with { State = RunnerState.Offline, ExpiresAt = At(i) }));

        var removed = await Store.PurgeExpiredAsync(At(1400), Cancellation);

        Assert.Equal(EnginePurges ? 0 : 1400, removed);
        Assert.NotNull(await Store.GetRunnerAsync(SampleRecords.RunnerId(1499), Cancellation));
    }
}
