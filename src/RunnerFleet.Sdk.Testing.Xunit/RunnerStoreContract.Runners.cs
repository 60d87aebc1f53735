using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Testing.Xunit;

#pragma warning disable CS1591 // the name of a test says what it checks

public abstract partial class RunnerStoreContract
{
    [Fact]
    public virtual async Task A_runner_comes_back_as_it_was_written()
    {
        Runner[] runners = [SampleRecords.FullRunner(1), SampleRecords.Runner(2)];
        await SaveAsync(runners);

        foreach (var runner in runners)
        {
            Assert.Equivalent(runner, await Store.GetRunnerAsync(runner.Id, Cancellation), strict: true);
        }

        await EventuallyAsync(async () =>
        {
            var listed = (await Store.ListRunnersAsync(new RunnerQuery(), Cancellation)).Items;
            Assert.Equivalent(runners.OrderByDescending(r => r.Id, StringComparer.Ordinal), listed, strict: true);
        });
    }

    [Fact]
    public virtual async Task A_runner_that_was_never_written_is_null()
    {
        Assert.Null(await Store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation));
        Assert.Null(await Store.GetRunnerAsync("' OR 1=1 --", Cancellation));
    }

    [Fact]
    public virtual async Task A_member_that_is_cleared_is_gone()
    {
        var full = SampleRecords.FullRunner(1);
        await SaveAsync(full);

        var bare = SampleRecords.Runner(1) with { Version = 2 };
        await SaveAsync(bare);

        Assert.Equivalent(bare, await Store.GetRunnerAsync(bare.Id, Cancellation), strict: true);
    }

    [Fact]
    public virtual async Task Due_runners_are_those_whose_deadline_is_not_after_now_the_most_overdue_first()
    {
        await SaveAsync(
            SampleRecords.Runner(1) with { Deadline = At(30) },
            SampleRecords.Runner(2) with { Deadline = At(10) },
            SampleRecords.Runner(3) with { Deadline = At(20).AddTicks(1) },
            SampleRecords.Runner(4),
            SampleRecords.Runner(5) with { Deadline = At(20), State = RunnerState.Failed },
            SampleRecords.Runner(6) with { Deadline = At(15), State = RunnerState.Running },
            SampleRecords.Runner(7) with { Deadline = DateTimeOffset.MaxValue });

        await EventuallyAsync(async () =>
        {
            AssertIds([2, 6, 5], await Store.ListDueRunnersAsync(At(20), 10, Cancellation));
            AssertIds([2, 6], await Store.ListDueRunnersAsync(At(20), 2, Cancellation));
            Assert.Empty(await Store.ListDueRunnersAsync(At(9), 10, Cancellation));
            AssertIds([2, 6, 5, 3, 1], await Store.ListDueRunnersAsync(At(30), 10, Cancellation));
        });
    }

    [Fact]
    public virtual async Task A_deadline_moved_or_cleared_is_the_one_that_counts()
    {
        var runners = Enumerable.Range(1, 3).Select(i => SampleRecords.Runner(i) with { Deadline = At(10) }).ToList();
        await SaveAsync(runners);

        await SaveAsync(Next(runners[0]) with { Deadline = null }, Next(runners[1]) with { Deadline = At(5) });

        await EventuallyAsync(async () => AssertIds([2, 3], await Store.ListDueRunnersAsync(At(10), 10, Cancellation)));
    }

    [Fact]
    public virtual async Task Deadlines_are_compared_as_moments_whatever_their_offset()
    {
        var tokyo = TimeSpan.FromHours(9);
        await SaveAsync(
            SampleRecords.Runner(1) with { Deadline = At(20).ToOffset(tokyo) },
            SampleRecords.Runner(2) with { Deadline = At(10) },
            SampleRecords.Runner(3) with { Deadline = At(30).ToOffset(-tokyo) });

        await EventuallyAsync(async () => AssertIds([2, 1], await Store.ListDueRunnersAsync(At(20).ToOffset(-tokyo), 10, Cancellation)));
    }

    [Fact]
    public virtual async Task Free_runners_of_a_demand_key_are_listed_oldest_first()
    {
        await SaveAsync(
            SampleRecords.Runner(5),
            SampleRecords.Runner(1) with { State = RunnerState.WaitingForJob },
            SampleRecords.Runner(2) with { State = RunnerState.Running },
            SampleRecords.Runner(3) with { State = RunnerState.Starting },
            SampleRecords.Runner(4) with { State = RunnerState.ImageCreating },
            SampleRecords.Runner(6) with { State = RunnerState.Offline },
            SampleRecords.Runner(7) with { State = RunnerState.Failed },
            SampleRecords.Runner(8) with { Closing = new Closing { Cause = Reason.Of(ReasonCodes.Surplus, "Too many."), At = At(8) } },
            SampleRecords.Runner(9, repository: 2),
            SampleRecords.Runner(10) with { DemandKey = "größe|it's,😀" });

        await EventuallyAsync(async () =>
        {
            AssertIds([1, 3, 4, 5], await Store.ListFreeRunnersAsync(SampleRecords.Runner(1).DemandKey, 10, Cancellation));
            AssertIds([1, 3], await Store.ListFreeRunnersAsync(SampleRecords.Runner(1).DemandKey, 2, Cancellation));
            AssertIds([9], await Store.ListFreeRunnersAsync(SampleRecords.Runner(9, repository: 2).DemandKey, 10, Cancellation));
            AssertIds([10], await Store.ListFreeRunnersAsync("größe|it's,😀", 10, Cancellation));
            Assert.Empty(await Store.ListFreeRunnersAsync("nobody's", 10, Cancellation));
        });
    }

    [Fact]
    public virtual async Task A_runner_that_takes_a_job_or_begins_to_end_is_no_longer_free()
    {
        var runners = Enumerable.Range(1, 3).Select(i => SampleRecords.Runner(i) with { State = RunnerState.WaitingForJob }).ToList();
        await SaveAsync(runners);

        await SaveAsync(
            Next(runners[0]) with { State = RunnerState.Running },
            Next(runners[1]) with { Closing = new Closing { Cause = Reason.Of(ReasonCodes.Terminated, "A person ended it."), At = At(9) } });

        await EventuallyAsync(async () => AssertIds([3], await Store.ListFreeRunnersAsync(runners[0].DemandKey, 10, Cancellation)));
    }

    [Fact]
    public virtual async Task Runners_are_counted_by_state_through_all_their_moves()
    {
        var runners = Enumerable.Range(0, 10).Select(i => SampleRecords.Runner(i)).ToList();
        await SaveAsync(runners);
        await SaveAsync(runners.Take(4).Select(r => Next(r) with { State = RunnerState.Starting }));
        await SaveAsync(runners.Take(3).Select(r => Next(Next(r)) with { State = RunnerState.WaitingForJob }));
        await SaveAsync(runners.Take(1).Select(r => Next(Next(Next(r))) with { State = RunnerState.Failed }));

        await EventuallyAsync(async () =>
        {
            var counts = await Store.CountRunnersAsync(Cancellation);
            foreach (var state in Enum.GetValues<RunnerState>())
            {
                var expected = state switch
                {
                    RunnerState.Pending => 6,
                    RunnerState.Starting => 1,
                    RunnerState.WaitingForJob => 2,
                    RunnerState.Failed => 1,
                    _ => 0,
                };
                Assert.Equal(expected, counts.GetValueOrDefault(state));
            }
        });
    }
}
