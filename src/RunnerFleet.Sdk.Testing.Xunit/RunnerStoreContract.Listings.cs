using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Testing.Xunit;

#pragma warning disable CS1591 // the name of a test says what it checks

public abstract partial class RunnerStoreContract
{
    /// <summary>Reads a listing to its end, doing something after each page.</summary>
    private static async Task<List<T>> ReadToEndAsync<T>(Func<string?, Task<Page<T>>> readPage, int take, Func<int, Task>? afterPage = null)
    {
        var all = new List<T>();
        string? continuation = null;
        for (var page = 0; page < 100; page++)
        {
            var read = await readPage(continuation);
            Assert.InRange(read.Items.Count, 0, take);
            all.AddRange(read.Items);
            continuation = read.Continuation;
            if (continuation is null)
            {
                return all;
            }

            await (afterPage?.Invoke(page) ?? Task.CompletedTask);
        }

        throw new InvalidOperationException("The listing does not end.");
    }

    private Task<List<Runner>> AllRunnersAsync(int take, Func<int, Task>? afterPage = null, params RunnerState[] states) => ReadToEndAsync(
        async continuation => await Store.ListRunnersAsync(new RunnerQuery { States = states, Take = take, Continuation = continuation }, Cancellation), take, afterPage);

    private Task<List<Job>> AllJobsAsync(int take, Func<int, Task>? afterPage = null, params JobState[] states) => ReadToEndAsync(
        async continuation => await Store.ListJobsAsync(new JobQuery { States = states, Take = take, Continuation = continuation }, Cancellation), take, afterPage);

    [Fact]
    public virtual async Task An_empty_store_lists_one_empty_page()
    {
        var runners = await Store.ListRunnersAsync(new RunnerQuery(), Cancellation);
        var jobs = await Store.ListJobsAsync(new JobQuery(), Cancellation);

        Assert.Empty(runners.Items);
        Assert.Null(runners.Continuation);
        Assert.Empty(jobs.Items);
        Assert.Null(jobs.Continuation);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    [InlineData(1000)]
    public virtual async Task Runners_and_jobs_are_listed_newest_first_page_by_page(int take)
    {
        await SaveAsync(Enumerable.Range(0, 40).Select(i => SampleRecords.Runner(i) with { QueuedAt = At(-i), State = (RunnerState)(i % 7) }));
        await SaveAsync(Enumerable.Range(0, 40).Select(i => SampleRecords.Job(i) with { QueuedAt = At(-i), State = (JobState)(i % 6) }));

        await EventuallyAsync(async () =>
        {
            AssertIds(Enumerable.Range(0, 40).Reverse(), await AllRunnersAsync(take));
            AssertKeys(Enumerable.Range(0, 40).Reverse(), await AllJobsAsync(take));
        });
    }

    [Fact]
    public virtual async Task Records_of_one_moment_are_listed_once_each()
    {
        await SaveAsync(Enumerable.Range(0, 30).Select(i => SampleRecords.Runner(i) with { CreatedAt = At(0) }));
        await SaveAsync(Enumerable.Range(0, 30).Select(i => SampleRecords.Job(i) with { CreatedAt = At(0) }));

        await EventuallyAsync(async () =>
        {
            AssertIds(Enumerable.Range(0, 30), (await AllRunnersAsync(take: 4)).OrderBy(r => r.Id, StringComparer.Ordinal));
            AssertKeys(Enumerable.Range(0, 30), (await AllJobsAsync(take: 4)).OrderBy(j => j.Key.Id));
        });
    }

    [Fact]
    public virtual async Task Listings_can_be_limited_to_states()
    {
        await SaveAsync(Enumerable.Range(0, 28).Select(i => SampleRecords.Runner(i) with { State = (RunnerState)(i % 7) }));
        await SaveAsync(Enumerable.Range(0, 24).Select(i => SampleRecords.Job(i) with { State = (JobState)(i % 6) }));

        await EventuallyAsync(async () =>
        {
            AssertIds([27, 22, 20, 15, 13, 8, 6, 1], await AllRunnersAsync(take: 3, afterPage: null, RunnerState.Failed, RunnerState.ImageCreating));
            AssertIds([23, 16, 9, 2], await AllRunnersAsync(take: 3, afterPage: null, RunnerState.Starting));
            AssertKeys([23, 19, 17, 13, 11, 7, 5, 1], await AllJobsAsync(take: 3, afterPage: null, JobState.Queued, JobState.Completed));
        });
    }

    [Fact]
    public virtual async Task A_listing_returns_each_record_exactly_once_while_others_are_written()
    {
        var original = Enumerable.Range(100, 60).ToList();
        await SaveAsync(original.Select(i => SampleRecords.Runner(i)));
        await SaveAsync(original.Select(i => SampleRecords.Job(i)));
        await EventuallyAsync(async () => Assert.Equal((60, 60), ((await AllRunnersAsync(take: 1000)).Count, (await AllJobsAsync(take: 1000)).Count)));

        var runners = await AllRunnersAsync(take: 7, async page =>
        {
            await SaveAsync(SampleRecords.Runner(page), SampleRecords.Runner(1000 + page));
            await SaveAsync(Next(SampleRecords.Runner(100 + page)) with { State = RunnerState.Starting }, Next(SampleRecords.Runner(159 - page)) with { State = RunnerState.Failed });
        });
        var jobs = await AllJobsAsync(take: 7, async page =>
        {
            await SaveAsync(SampleRecords.Job(page), SampleRecords.Job(1000 + page));
            await SaveAsync(Next(SampleRecords.Job(100 + page)) with { State = JobState.Completed }, Next(SampleRecords.Job(159 - page)) with { State = JobState.InProgress });
        });

        var runnerIds = original.Select(SampleRecords.RunnerId).ToHashSet(StringComparer.Ordinal);
        AssertIds(Enumerable.Reverse(original), runners.Where(r => runnerIds.Contains(r.Id)));
        var jobKeys = original.Select(SampleRecords.JobKey).ToHashSet();
        AssertKeys(Enumerable.Reverse(original), jobs.Where(j => jobKeys.Contains(j.Key)));
    }

    [Fact]
    public virtual async Task A_listing_by_state_returns_exactly_once_what_stays_in_the_state()
    {
        await SaveAsync(Enumerable.Range(0, 60).Select(i => SampleRecords.Runner(i) with { State = i % 2 == 0 ? RunnerState.Pending : RunnerState.Running }));
        await EventuallyAsync(async () => Assert.Equal(60, (await AllRunnersAsync(take: 1000)).Count));

        // Numbers that 4 divides stay PENDING; the other even ones leave, and odd ones enter.
        var pending = await AllRunnersAsync(take: 4, async page =>
        {
            await SaveAsync(Next(SampleRecords.Runner((4 * page) + 2)) with { State = RunnerState.Starting });
            await SaveAsync(Next(SampleRecords.Runner(59 - (2 * page))) with { State = RunnerState.Pending });
            await SaveAsync(Next(SampleRecords.Runner((2 * page) + 1)) with { State = RunnerState.Pending });
        }, RunnerState.Pending);

        var stays = Enumerable.Range(0, 15).Select(i => SampleRecords.RunnerId(4 * i)).Reverse().ToList();
        Assert.Equal(stays, pending.Select(r => r.Id).Where(stays.Contains));
        Assert.Equal(pending.Count, pending.DistinctBy(r => r.Id).Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("garbage")]
    [InlineData("1")]
    [InlineData("AAAA")]
    [InlineData("'; DROP TABLE runners; --")]
    [InlineData("eyJhIjoxfQ==")]
    [InlineData("größe")]
    public virtual async Task A_continuation_that_this_store_did_not_make_is_an_argument_error(string continuation)
    {
        await SaveAsync(SampleRecords.Runner(1));
        await SaveAsync(SampleRecords.Job(1));

        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ListRunnersAsync(new RunnerQuery { Continuation = continuation }, Cancellation));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ListJobsAsync(new JobQuery { Continuation = continuation }, Cancellation));
    }
}
