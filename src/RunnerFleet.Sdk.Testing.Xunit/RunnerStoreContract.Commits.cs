using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Testing.Xunit;

#pragma warning disable CS1591 // the name of a test says what it checks

public abstract partial class RunnerStoreContract
{
    [Fact]
    public virtual async Task Version_1_demands_that_there_is_no_such_record()
    {
        var commit = new StoreCommit { Runners = [SampleRecords.Runner(1)], Jobs = [SampleRecords.Job(1)], Entries = [Entry("lease/a")] };
        await SaveAsync(commit);

        Assert.IsType<CommitOutcome.Conflict>(await CommitAsync(new StoreCommit { Runners = commit.Runners }));
        Assert.IsType<CommitOutcome.Conflict>(await CommitAsync(new StoreCommit { Jobs = commit.Jobs }));
        Assert.IsType<CommitOutcome.Conflict>(await CommitAsync(new StoreCommit { Entries = commit.Entries }));
    }

    [Fact]
    public virtual async Task A_later_version_demands_the_version_before()
    {
        await SaveAsync(new StoreCommit { Runners = [SampleRecords.Runner(1)], Jobs = [SampleRecords.Job(1)], Entries = [Entry("lease/a")] });

        foreach (var (number, version, fits) in new[] { (1, 3L, false), (1, 2L, true), (1, 2L, false), (1, 1L, false), (1, 3L, true), (2, 2L, false) })
        {
            CommitOutcome[] outcomes =
            [
                await CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(number) with { Version = version }] }),
                await CommitAsync(new StoreCommit { Jobs = [SampleRecords.Job(number) with { Version = version }] }),
                await CommitAsync(new StoreCommit { Entries = [Entry(number == 1 ? "lease/a" : "lease/b", version: version)] }),
            ];
            Assert.All(outcomes, outcome => Assert.Equal(fits, outcome is CommitOutcome.Committed));
        }
    }

    [Fact]
    public virtual async Task A_conflict_names_the_stale_keys_and_no_others()
    {
        await SaveAsync(new StoreCommit
        {
            Runners = [SampleRecords.Runner(1), SampleRecords.Runner(2)],
            Jobs = [SampleRecords.Job(1), SampleRecords.Job(2)],
            Entries = [Entry("lease/a"), Entry("lease/b")],
        });

        var outcome = await CommitAsync(new StoreCommit
        {
            Runners = [Next(SampleRecords.Runner(1)), SampleRecords.Runner(2), SampleRecords.Runner(3)],
            Jobs = [SampleRecords.Job(1), Next(SampleRecords.Job(2)), SampleRecords.Job(3)],
            Entries = [Entry("lease/a", version: 2), Entry("lease/b", version: 3), Entry("lease/c")],
        });

        string[] stale = [SampleRecords.RunnerId(2), SampleRecords.JobKey(1).ToString(), "lease/b"];
        Assert.Equal(stale.Order(StringComparer.Ordinal), Assert.IsType<CommitOutcome.Conflict>(outcome).Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("runner")]
    [InlineData("job")]
    [InlineData("entry")]
    [InlineData("place")]
    public virtual async Task One_failed_condition_leaves_everything_unwritten(string failing)
    {
        await SaveAsync(new StoreCommit
        {
            Runners = [SampleRecords.Runner(1)],
            Jobs = [SampleRecords.Job(1)],
            Places = [Take("fleet", 5, count: 3)],
            Entries = [Entry("lease/a", "before")],
        });

        var outcome = await CommitAsync(new StoreCommit
        {
            Runners = [SampleRecords.Runner(2), SampleRecords.Runner(1) with { State = RunnerState.Starting, Version = failing == "runner" ? 3 : 2 }],
            Jobs = [SampleRecords.Job(2), SampleRecords.Job(1) with { State = JobState.Completed, Version = failing == "job" ? 3 : 2 }],
            Places = [Take("class/a", 5), Take("fleet", failing == "place" ? 3 : 5)],
            Entries = [Entry("lease/b"), Entry("lease/a", "after", failing == "entry" ? 3 : 2)],
        });

        Assert.IsNotType<CommitOutcome.Committed>(outcome);
        Assert.Equal(RunnerState.Pending, (await Store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation))?.State);
        Assert.Null(await Store.GetRunnerAsync(SampleRecords.RunnerId(2), Cancellation));
        Assert.Equal(JobState.Queued, (await Store.GetJobAsync(SampleRecords.JobKey(1), Cancellation))?.State);
        Assert.Null(await Store.GetJobAsync(SampleRecords.JobKey(2), Cancellation));
        Assert.Equal("before", (await Store.GetEntryAsync("lease/a", Cancellation))?.Value);
        Assert.Null(await Store.GetEntryAsync("lease/b", Cancellation));
        Assert.Equal(3, await CountPlacesAsync("fleet"));
        Assert.Equal(0, await CountPlacesAsync("class/a"));
        await EventuallyAsync(async () =>
        {
            AssertIds([1], (await Store.ListRunnersAsync(new RunnerQuery(), Cancellation)).Items);
            AssertKeys([1], (await Store.ListJobsAsync(new JobQuery(), Cancellation)).Items);
        });
    }

    [Fact]
    public virtual async Task When_versions_and_limits_fail_together_versions_are_reported()
    {
        await SaveAsync(new StoreCommit { Runners = [SampleRecords.Runner(1)], Places = [Take("fleet", 1)] });

        var outcome = await CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1)], Places = [Take("fleet", 1)] });

        Assert.Equal([SampleRecords.RunnerId(1)], Assert.IsType<CommitOutcome.Conflict>(outcome).Keys);
    }

    [Fact]
    public virtual async Task A_hundred_writes_fit_one_commit()
    {
        await SaveAsync(new StoreCommit
        {
            Runners = [.. Enumerable.Range(0, 40).Select(SampleRecords.FullRunner)],
            Jobs = [.. Enumerable.Range(0, 30).Select(SampleRecords.FullJob)],
            Entries = [.. Enumerable.Range(0, 20).Select(i => Entry($"lease/{i}"))],
            Places = [.. Enumerable.Range(0, 10).Select(i => Take($"class/{i}", 1))],
        });

        for (var i = 0; i < 40; i++)
        {
            Assert.NotNull(await Store.GetRunnerAsync(SampleRecords.RunnerId(i), Cancellation));
        }

        for (var i = 0; i < 30; i++)
        {
            Assert.NotNull(await Store.GetJobAsync(SampleRecords.JobKey(i), Cancellation));
        }

        for (var i = 0; i < 20; i++)
        {
            Assert.NotNull(await Store.GetEntryAsync($"lease/{i}", Cancellation));
        }

        var places = await Store.GetPlacesAsync([.. Enumerable.Range(0, 10).Select(i => $"class/{i}")], Cancellation);
        Assert.All(places, place => Assert.Equal(1, place.Value));
    }

    [Fact]
    public virtual async Task A_read_by_key_sees_every_commit_that_was_answered_before_it()
    {
        for (var version = 1; version <= 50; version++)
        {
            await SaveAsync(new StoreCommit
            {
                Runners = [SampleRecords.Runner(1) with { Version = version }],
                Jobs = [SampleRecords.Job(1) with { Version = version }],
                Places = [Take("fleet", 50)],
                Entries = [Entry("lease/a", version: version)],
            });

            Assert.Equal(version, (await Store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation))?.Version);
            Assert.Equal(version, (await Store.GetJobAsync(SampleRecords.JobKey(1), Cancellation))?.Version);
            Assert.Equal(version, (await Store.GetEntryAsync("lease/a", Cancellation))?.Version);
            Assert.Equal(version, await CountPlacesAsync("fleet"));
        }
    }

    [Fact]
    public virtual async Task Of_many_writers_of_one_version_exactly_one_wins()
    {
        for (var version = 1; version <= 3; version++)
        {
            var outcomes = await AtOnceAsync(20, writer => CommitAsync(new StoreCommit
            {
                Runners = [SampleRecords.Runner(1) with { Version = version, Attempt = writer }, SampleRecords.Runner(2) with { Version = version, Attempt = writer }],
                Jobs = [SampleRecords.Job(1) with { Version = version, Launches = writer }],
                Entries = [Entry("lease/a", $"{writer}", version)],
                Places = [Take("fleet", 100)],
            }));

            Assert.All(outcomes, outcome => Assert.True(outcome is CommitOutcome.Committed or CommitOutcome.Conflict));
            var winner = Array.FindIndex(outcomes, outcome => outcome is CommitOutcome.Committed);
            Assert.Single(outcomes, outcome => outcome is CommitOutcome.Committed);
            Assert.Equal(winner, (await Store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation))?.Attempt);
            Assert.Equal(winner, (await Store.GetRunnerAsync(SampleRecords.RunnerId(2), Cancellation))?.Attempt);
            Assert.Equal(winner, (await Store.GetJobAsync(SampleRecords.JobKey(1), Cancellation))?.Launches);
            Assert.Equal($"{winner}", (await Store.GetEntryAsync("lease/a", Cancellation))?.Value);
            Assert.Equal(version, await CountPlacesAsync("fleet"));
        }
    }

    [Fact]
    public virtual async Task Commits_that_touch_the_same_records_in_another_order_end_all_the_same()
    {
        await SaveAsync(SampleRecords.Runner(1), SampleRecords.Runner(2));

        var wins = await AtOnceAsync(10, async writer =>
        {
            var won = 0;
            for (var round = 0; round < 10; round++)
            {
                var one = await Store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation);
                var two = await Store.GetRunnerAsync(SampleRecords.RunnerId(2), Cancellation);
                Runner[] both = [Next(one!), Next(two!)];
                won += await CommitAsync(new StoreCommit { Runners = writer % 2 == 0 ? both : [.. both.Reverse()] }) is CommitOutcome.Committed ? 1 : 0;
            }

            return won;
        });

        Assert.Equal(1 + wins.Sum(), (await Store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation))?.Version);
        Assert.Equal(1 + wins.Sum(), (await Store.GetRunnerAsync(SampleRecords.RunnerId(2), Cancellation))?.Version);
    }

    [Fact]
    public virtual async Task A_call_that_is_cancelled_before_it_begins_throws_and_does_nothing()
    {
        var cancelled = new CancellationToken(canceled: true);
        Func<ValueTask>[] calls =
        [
            async () => await Store.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1)] }, cancelled),
            async () => await Store.PurgeExpiredAsync(At(0), cancelled),
            async () => await Store.GetRunnerAsync(SampleRecords.RunnerId(1), cancelled),
            async () => await Store.ListPendingAsync(new PendingQuery { Now = At(0) }, cancelled),
            async () => await Store.ListDueRunnersAsync(At(0), 1, cancelled),
            async () => await Store.ListFreeRunnersAsync("key", 1, cancelled),
            async () => await Store.ListRunnersAsync(new RunnerQuery(), cancelled),
            async () => await Store.CountRunnersAsync(cancelled),
            async () => await Store.GetJobAsync(SampleRecords.JobKey(1), cancelled),
            async () => await Store.ListDueJobsAsync(At(0), 1, cancelled),
            async () => await Store.ListQueuedJobsAsync("key", 1, cancelled),
            async () => await Store.ListJobsAsync(new JobQuery(), cancelled),
            async () => await Store.CountJobsAsync(cancelled),
            async () => await Store.GetPlacesAsync(["fleet"], cancelled),
            async () => await Store.GetEntryAsync("lease/a", cancelled),
            async () => await Store.ListEntriesAsync("lease/", 1, cancelled),
        ];

        foreach (var call in calls)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await call());
        }

        Assert.Null(await Store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation));
    }
}
