using RunnerFleet.Jobs;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Testing.Xunit;

#pragma warning disable CS1591 // the name of a test says what it checks

public abstract partial class RunnerStoreContract
{
    [Fact]
    public virtual async Task A_job_comes_back_as_it_was_written()
    {
        Job[] jobs = [SampleRecords.FullJob(1), SampleRecords.Job(2)];
        await SaveAsync(jobs);

        foreach (var job in jobs)
        {
            Assert.Equivalent(job, await Store.GetJobAsync(job.Key, Cancellation), strict: true);
        }

        await EventuallyAsync(async () =>
            Assert.Equivalent(jobs.Reverse(), (await Store.ListJobsAsync(new JobQuery(), Cancellation)).Items, strict: true));
    }

    [Fact]
    public virtual async Task Jobs_are_told_apart_by_host_and_by_the_whole_of_their_64_bits()
    {
        JobKey[] keys = [new("github.com", 7), new("ghe.example", 7), new("github.com", 7 + (1L << 32)), new("github.com", long.MaxValue), new("github.com", 77)];
        await SaveAsync(keys.Select((key, i) => SampleRecords.Job(i) with { Key = key, Launches = i }));

        for (var i = 0; i < keys.Length; i++)
        {
            Assert.Equal((keys[i], i), await Store.GetJobAsync(keys[i], Cancellation) is { } job ? (job.Key, job.Launches) : default);
        }

        Assert.Null(await Store.GetJobAsync(new JobKey("github.com", 8), Cancellation));
    }

    [Fact]
    public virtual async Task Due_jobs_are_those_whose_deadline_is_not_after_now_the_most_overdue_first()
    {
        await SaveAsync(
            SampleRecords.Job(1) with { Deadline = At(30) },
            SampleRecords.Job(2) with { Deadline = At(10) },
            SampleRecords.Job(3) with { Deadline = At(20).AddTicks(1) },
            SampleRecords.Job(4),
            SampleRecords.Job(5) with { Deadline = At(20), State = JobState.Completed },
            SampleRecords.Job(6) with { Deadline = At(15), State = JobState.Waiting });

        await EventuallyAsync(async () =>
        {
            AssertKeys([2, 6, 5], await Store.ListDueJobsAsync(At(20), 10, Cancellation));
            AssertKeys([2], await Store.ListDueJobsAsync(At(20), 1, Cancellation));
            Assert.Empty(await Store.ListDueJobsAsync(At(9), 10, Cancellation));
        });

        await SaveAsync(SampleRecords.Job(2) with { Version = 2 });
        await EventuallyAsync(async () => AssertKeys([6, 5], await Store.ListDueJobsAsync(At(20), 10, Cancellation)));
    }

    [Fact]
    public virtual async Task Queued_jobs_of_a_demand_key_are_listed_oldest_first()
    {
        await SaveAsync(
            SampleRecords.Job(1) with { QueuedAt = At(50) },
            SampleRecords.Job(2) with { QueuedAt = At(10) },
            SampleRecords.Job(3) with { QueuedAt = At(30) },
            SampleRecords.Job(4, repository: 2));
        await SaveAsync(Enum.GetValues<JobState>().Where(s => s is not JobState.Queued).Select((state, i) => SampleRecords.Job(10 + i) with { State = state }));

        var demandKey = SampleRecords.Job(1).DemandKey;
        await EventuallyAsync(async () =>
        {
            AssertKeys([2, 3, 1], await Store.ListQueuedJobsAsync(demandKey, 10, Cancellation));
            AssertKeys([2, 3], await Store.ListQueuedJobsAsync(demandKey, 2, Cancellation));
            Assert.Empty(await Store.ListQueuedJobsAsync(demandKey + "x", 10, Cancellation));
        });

        await SaveAsync(SampleRecords.Job(2) with { Version = 2, State = JobState.InProgress });
        await EventuallyAsync(async () => AssertKeys([3, 1], await Store.ListQueuedJobsAsync(demandKey, 10, Cancellation)));
    }

    [Fact]
    public virtual async Task Jobs_are_counted_by_state_through_all_their_moves()
    {
        var jobs = Enumerable.Range(0, 10).Select(i => SampleRecords.Job(i)).ToList();
        await SaveAsync(jobs);
        await SaveAsync(jobs.Take(4).Select(j => Next(j) with { State = JobState.InProgress }));
        await SaveAsync(jobs.Take(3).Select(j => Next(Next(j)) with { State = JobState.Completed }));

        await EventuallyAsync(async () =>
        {
            var counts = await Store.CountJobsAsync(Cancellation);
            foreach (var state in Enum.GetValues<JobState>())
            {
                var expected = state switch
                {
                    JobState.Queued => 6,
                    JobState.InProgress => 1,
                    JobState.Completed => 3,
                    _ => 0,
                };
                Assert.Equal(expected, counts.GetValueOrDefault(state));
            }
        });
    }
}
