using Amazon.DynamoDBv2.Model;
using RunnerFleet.Aws.DynamoDb;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Aws.Tests.DynamoDb;

/// <summary>What questions cost, in DynamoDB's read and write units: docs/design/dynamodb.md says the same in words.</summary>
public sealed class CostTests : IAsyncLifetime
{
    private DynamoDbWorld _world = null!;
    private DynamoDbRunnerStore _store = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _world = await DynamoDbWorld.CreateAsync();
        _store = _world.Store();
    }

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task A_sweep_over_100_000_finished_rows_reads_only_what_is_due()
    {
        PutFinished(100_000);
        await SaveAsync(Enumerable.Range(0, 3).Select(i => SampleRecords.Runner(200_000 + i) with { State = RunnerState.Running, Deadline = SampleRecords.At(i) }));
        await SaveAsync(Enumerable.Range(0, 20).Select(i => SampleRecords.Runner(300_000 + i) with { Deadline = SampleRecords.At(900_000) }));

        var (due, cost) = await CostAsync(() => _store.ListDueRunnersAsync(SampleRecords.At(100), 200, Cancellation));

        Assert.Equal(3, due.Count);
        Assert.Equal(3.5, cost.Read); // half a unit for the index, one for each record
        Assert.Equal(0.5, (await CostAsync(() => _store.ListDueRunnersAsync(SampleRecords.At(-1), 200, Cancellation))).Cost.Read);
        Assert.InRange((await CostAsync(() => _store.ListPendingAsync(new PendingQuery { Now = SampleRecords.At(0) }, Cancellation))).Cost.Read, 20, 22);
        Assert.InRange((await CostAsync(() => _store.ListFreeRunnersAsync(SampleRecords.Runner(1).DemandKey, 50, Cancellation))).Cost.Read, 20, 22);
        Assert.InRange((await CostAsync(() => _store.ListRunnersAsync(new RunnerQuery { States = [RunnerState.Running] }, Cancellation))).Cost.Read, 3, 5);
        Assert.InRange((await CostAsync(() => _store.ListRunnersAsync(new RunnerQuery { Take = 20 }, Cancellation))).Cost.Read, 20, 25);
    }

    [Fact]
    public async Task A_long_history_is_counted_once_a_minute_and_a_short_one_always()
    {
        PutFinished(20_000);
        Assert.Equal(20_000, (await _store.CountRunnersAsync(Cancellation))[RunnerState.Offline]);
        await SaveAsync([SampleRecords.Runner(100_000) with { State = RunnerState.Offline }, SampleRecords.Runner(100_001) with { State = RunnerState.Failed }, SampleRecords.Runner(100_002)]);

        var (soon, cost) = await CostAsync(() => _store.CountRunnersAsync(Cancellation));
        Assert.Equal((20_000, 1, 1), (soon[RunnerState.Offline], soon[RunnerState.Failed], soon[RunnerState.Pending]));
        Assert.InRange(cost.Read, 1, 2);

        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(20_001, (await _store.CountRunnersAsync(Cancellation))[RunnerState.Offline]);
    }

    [Fact]
    public async Task A_backlog_of_one_demand_key_costs_the_others_nothing()
    {
        await SaveAsync(Enumerable.Range(0, 500).Select(i => SampleRecords.Job(i)));
        await SaveAsync([SampleRecords.Job(1000, repository: 2)]);

        var (jobs, cost) = await CostAsync(() => _store.ListQueuedJobsAsync(SampleRecords.Job(1000, repository: 2).DemandKey, 50, Cancellation));

        Assert.Single(jobs);
        Assert.Equal(1.5, cost.Read);
    }

    [Fact]
    public async Task Each_step_is_one_request_where_it_can_be()
    {
        async Task<string> CallsAsync<T>(Func<ValueTask<T>> ask)
        {
            _world.Account.ForgetCalls();
            await ask();
            return string.Join(' ', _world.Account.Calls.Select(call => call.Operation));
        }

        await SaveAsync([SampleRecords.Runner(1) with { Deadline = SampleRecords.At(1) }]);
        await SaveAsync([SampleRecords.Job(1)]);
        Assert.Equal("TransactWriteItems", await CallsAsync(() => _store.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(2)], Jobs = [SampleRecords.Job(2)] }, Cancellation)));
        Assert.Equal("GetItem", await CallsAsync(() => _store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation)));
        Assert.Equal("GetItem", await CallsAsync(() => _store.GetJobAsync(SampleRecords.JobKey(1), Cancellation)));
        Assert.Equal("GetItem", await CallsAsync(() => _store.GetEntryAsync("lease/sweep", Cancellation)));
        Assert.Equal("BatchGetItem", await CallsAsync(() => _store.GetPlacesAsync(["fleet", "class/large"], Cancellation)));
        Assert.Equal("Query", await CallsAsync(() => _store.ListEntriesAsync("lease/", 10, Cancellation)));
        Assert.Equal("Query BatchGetItem", await CallsAsync(() => _store.ListDueRunnersAsync(SampleRecords.At(5), 10, Cancellation)));
        Assert.Equal("Query", await CallsAsync(() => _store.ListDueRunnersAsync(SampleRecords.At(0), 10, Cancellation)));
        Assert.Equal("Query BatchGetItem", await CallsAsync(() => _store.ListPendingAsync(new PendingQuery { Now = SampleRecords.At(5) }, Cancellation)));
        Assert.Equal("Query BatchGetItem", await CallsAsync(() => _store.ListQueuedJobsAsync(SampleRecords.Job(1).DemandKey, 10, Cancellation)));
        Assert.Equal("Query BatchGetItem", await CallsAsync(() => _store.ListRunnersAsync(new RunnerQuery { States = [RunnerState.Pending] }, Cancellation)));
    }

    [Fact]
    public async Task A_runners_life_costs_some_fifty_write_units()
    {
        var cost = 0.0;
        foreach (var (state, number) in new[] { RunnerState.Pending, RunnerState.Starting, RunnerState.WaitingForJob, RunnerState.Running, RunnerState.Offline }.Select((state, i) => (state, i + 1)))
        {
            var runner = SampleRecords.FullRunner(1) with { Closing = null, Version = number, State = state, Deadline = state is RunnerState.Offline ? null : SampleRecords.At(number) };
            cost += (await CostAsync(() => _store.CommitAsync(new StoreCommit { Runners = [runner] }, Cancellation))).Cost.Write;
        }

        Assert.InRange(cost, 40, 60); // 5 writes of 4 KB, twice each in a transaction, and its moves in the indexes
    }

    [Fact]
    public async Task A_list_that_lags_is_filled_up_from_what_comes_next()
    {
        await SaveAsync(Enumerable.Range(0, 10).Select(i => SampleRecords.Runner(i) with { Deadline = SampleRecords.At(i) }));
        await SaveAsync(Enumerable.Range(0, 10).Select(i => SampleRecords.Job(i)));
        _world.Clock.Advance(TimeSpan.FromSeconds(10));
        _world.DynamoDb.IndexLag = TimeSpan.FromSeconds(10);
        await SaveAsync(Enumerable.Range(0, 4).Select(i => SampleRecords.Runner(i) with { Version = 2, State = RunnerState.Starting, Closing = Ending, Deadline = null }));
        await SaveAsync(Enumerable.Range(0, 4).Select(i => SampleRecords.Job(i) with { Version = 2, State = JobState.Completed }));

        int[] next = [4, 5, 6];
        Assert.Equal(next.Select(SampleRecords.RunnerId), (await _store.ListDueRunnersAsync(SampleRecords.At(50), 3, Cancellation)).Take(3).Select(r => r.Id));
        Assert.Equal(next.Select(SampleRecords.RunnerId), (await _store.ListPendingAsync(new PendingQuery { Now = SampleRecords.At(50), PerQueue = 3 }, Cancellation)).Select(r => r.Id));
        Assert.Equal(next.Select(SampleRecords.RunnerId), (await _store.ListFreeRunnersAsync(SampleRecords.Runner(1).DemandKey, 3, Cancellation)).Take(3).Select(r => r.Id));
        Assert.Equal(next.Select(SampleRecords.JobKey), (await _store.ListQueuedJobsAsync(SampleRecords.Job(1).DemandKey, 3, Cancellation)).Take(3).Select(j => j.Key));
        Assert.DoesNotContain((await _store.ListRunnersAsync(new RunnerQuery { States = [RunnerState.Pending] }, Cancellation)).Items, r => r.State is not RunnerState.Pending);
        Assert.Equal(10, (await _store.ListJobsAsync(new JobQuery(), Cancellation)).Items.Count); // seen where they were, shown as they are
    }

    private static Closing Ending => new() { Cause = Reason.Of(ReasonCodes.Surplus, "Too many."), At = SampleRecords.At(8) };

    private async Task<(T Answer, Testing.Aws.DynamoDbCapacity Cost)> CostAsync<T>(Func<ValueTask<T>> ask)
    {
        _world.DynamoDb.ForgetConsumed();
        var answer = await ask();
        var (runners, state) = (_world.DynamoDb.Consumed(DynamoDbWorld.Runners), _world.DynamoDb.Consumed(DynamoDbWorld.State));
        return (answer, new() { Read = runners.Read + state.Read, Write = runners.Write + state.Write });
    }

    private void PutFinished(int count)
    {
        var kind = new RunnerKind(DynamoDbWorld.Runners, "test");
        var record = kind.ItemOf(SampleRecords.Runner(0) with { State = RunnerState.Offline }).Attributes["record"];
        _world.DynamoDb.Put(DynamoDbWorld.Runners, Enumerable.Range(0, count).Select(i =>
        {
            var (id, at) = (SampleRecords.RunnerId(i), SampleRecords.At(i));
            return new Dictionary<string, AttributeValue>
            {
                ["runner_id"] = new() { S = id }, ["fleet"] = new() { S = "test" }, ["status"] = new() { S = "OFFLINE" }, ["version"] = new() { N = "1" }, ["record"] = record,
                ["list_key"] = new() { S = IndexKeys.Ended("test", "OFFLINE") }, ["list_order"] = new() { S = IndexKeys.Order(new ListPosition(at, id)) },
            };
        }));
    }

    private async Task SaveAsync(IEnumerable<Runner> runners) => Assert.IsType<CommitOutcome.Committed>(await _store.CommitAsync(new StoreCommit { Runners = [.. runners] }, Cancellation));

    private async Task SaveAsync(IEnumerable<Job> jobs)
    {
        foreach (var chunk in jobs.Chunk(100))
        {
            Assert.IsType<CommitOutcome.Committed>(await _store.CommitAsync(new StoreCommit { Jobs = chunk }, Cancellation));
        }
    }
}
