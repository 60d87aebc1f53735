using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Testing.Xunit;

#pragma warning disable CS1591 // the name of a test says what it checks

public abstract partial class RunnerStoreContract
{
    private async Task<IReadOnlyList<Runner>> PendingAsync(int now = 1000, int perQueue = 25, int take = 250) =>
        await Store.ListPendingAsync(new PendingQuery { Now = At(now), PerQueue = perQueue, Take = take }, Cancellation);

    [Fact]
    public virtual async Task Pending_runners_of_a_repository_come_in_order_of_service()
    {
        await SaveAsync(
            SampleRecords.Runner(3),
            SampleRecords.Runner(1) with { QueuedAt = At(50) },
            SampleRecords.Runner(5) with { QueuedAt = At(10) },
            SampleRecords.Runner(4) with { QueuedAt = At(10) },
            SampleRecords.Runner(2) with { QueuedAt = At(10).AddTicks(-1) });

        await EventuallyAsync(async () => AssertIds([3, 2, 4, 5, 1], await PendingAsync()));
    }

    [Fact]
    public virtual async Task Only_pending_runners_are_pending()
    {
        await SaveAsync(Enum.GetValues<RunnerState>().Select((state, i) => SampleRecords.Runner(i) with { State = state }));

        await EventuallyAsync(async () => AssertIds([0], await PendingAsync()));
    }

    [Fact]
    public virtual async Task A_runner_is_not_pending_before_its_time()
    {
        await SaveAsync(
            SampleRecords.Runner(1) with { NotBefore = At(100) },
            SampleRecords.Runner(2) with { NotBefore = At(100).AddTicks(1) },
            SampleRecords.Runner(3) with { NotBefore = At(99) },
            SampleRecords.Runner(4));

        await EventuallyAsync(async () =>
        {
            AssertIds([4], await PendingAsync(now: 98));
            AssertIds([1, 2, 3, 4], await PendingAsync(now: 101));
            AssertIds([1, 3, 4], await PendingAsync(now: 100));
        });
    }

    [Fact]
    public virtual async Task Runners_that_must_wait_do_not_hide_those_behind_them()
    {
        await SaveAsync(Enumerable.Range(0, 60).Select(i => SampleRecords.Runner(i) with { NotBefore = At(5000) }));
        await SaveAsync(SampleRecords.Runner(100), SampleRecords.Runner(101));

        await EventuallyAsync(async () => AssertIds([100, 101], await PendingAsync(perQueue: 2, take: 2)));
    }

    [Fact]
    public virtual async Task Of_each_repository_the_oldest_are_listed_and_not_too_many()
    {
        await SaveAsync(Enumerable.Range(0, 30).Select(i => SampleRecords.Runner(i, repository: i % 3)));

        await EventuallyAsync(async () =>
        {
            var pending = await PendingAsync(perQueue: 4);
            Assert.Equal(12, pending.Count);
            AssertIds([0, 3, 6, 9], pending.Where(r => r.Repository == SampleRecords.Repository(0)));
            AssertIds([1, 4, 7, 10], pending.Where(r => r.Repository == SampleRecords.Repository(1)));
            AssertIds([2, 5, 8, 11], pending.Where(r => r.Repository == SampleRecords.Repository(2)));
        });
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(10, 3)]
    public virtual async Task No_repository_is_left_out_while_another_has_two(int take, int repositories)
    {
        await SaveAsync(Enumerable.Range(0, 300).Select(i => SampleRecords.Runner(i)));
        await SaveAsync(SampleRecords.Runner(400, repository: 2), SampleRecords.Runner(401, repository: 2), SampleRecords.Runner(500, repository: 3));

        await EventuallyAsync(async () =>
        {
            var pending = await PendingAsync(take: take);
            Assert.Equal(take, pending.Count);
            Assert.Equal(repositories, pending.DistinctBy(r => r.Repository.Id).Count());
        });
    }

    [Fact]
    public virtual async Task A_class_that_waits_does_not_hide_another_class_of_its_repository()
    {
        await SaveAsync(Enumerable.Range(0, 60).Select(i => SampleRecords.Runner(i) with { Spec = new RunnerSpec { ClassName = "large" } }));
        await SaveAsync(SampleRecords.Runner(100) with { Spec = new RunnerSpec { ClassName = "small" } });

        await EventuallyAsync(async () => AssertIds([0, 100], await PendingAsync(perQueue: 1)));
    }

    [Fact]
    public virtual async Task A_renamed_repository_is_still_one_repository()
    {
        var renamed = SampleRecords.Repository(1) with { Name = "new-name" };
        await SaveAsync(SampleRecords.Runner(1), SampleRecords.Runner(2) with { Repository = renamed }, SampleRecords.Runner(3));

        await EventuallyAsync(async () => AssertIds([1, 2], await PendingAsync(perQueue: 2)));
    }

    [Fact]
    public virtual async Task Repositories_without_an_id_are_told_apart_by_name()
    {
        var one = SampleRecords.Repository(1) with { Id = 0 };
        var two = SampleRecords.Repository(2) with { Id = 0 };
        await SaveAsync(SampleRecords.Runner(1) with { Repository = one }, SampleRecords.Runner(2) with { Repository = one }, SampleRecords.Runner(3) with { Repository = two });

        await EventuallyAsync(async () => AssertIds([1, 3], (await PendingAsync(perQueue: 1)).OrderBy(r => r.Id, StringComparer.Ordinal)));
    }

    [Fact]
    public virtual async Task A_runner_that_leaves_PENDING_is_no_longer_listed_and_comes_back_with_it()
    {
        var runner = SampleRecords.Runner(1);
        await SaveAsync(runner, SampleRecords.Runner(2));
        await EventuallyAsync(async () => AssertIds([1, 2], await PendingAsync()));

        await SaveAsync(Next(runner) with { State = RunnerState.Starting });
        await EventuallyAsync(async () => AssertIds([2], await PendingAsync()));

        await SaveAsync(Next(Next(runner)) with { NotBefore = At(50) });
        await EventuallyAsync(async () =>
        {
            AssertIds([2], await PendingAsync(now: 49));
            AssertIds([1, 2], await PendingAsync(now: 50));
        });
    }
}
