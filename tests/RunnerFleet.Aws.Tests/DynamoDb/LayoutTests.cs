using Amazon.DynamoDBv2.Model;
using Microsoft.Extensions.Logging.Abstractions;
using RunnerFleet.Aws.DynamoDb;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Aws.Tests.DynamoDb;

public sealed class LayoutTests : IAsyncLifetime
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
    public async Task A_runner_has_the_attributes_that_the_original_projects_tools_read()
    {
        var at = SampleRecords.At(1);
        await SaveAsync(SampleRecords.Runner(1) with
        {
            State = RunnerState.Offline,
            Job = new JobKey("github.com", 40_000_000_001),
            Labels = ["self-hosted", "class:large", "image:ubuntu:22.04"],
            Spec = new RunnerSpec { ClassName = "large", Image = "docker.io/library/ubuntu:22.04" },
            Compute = new ComputeRef { Launcher = "ecs", Location = "fleet", Id = "arn:aws:ecs:eu-central-1:123456789012:task/fleet/0af1" },
            StateSince = at.AddSeconds(300),
            History =
            [
                new RunnerMove { At = at, To = RunnerState.Pending, Cause = Because },
                new RunnerMove { At = at.AddSeconds(90), From = RunnerState.WaitingForJob, To = RunnerState.Running, Cause = Because },
                new RunnerMove { At = at.AddSeconds(300), From = RunnerState.Running, To = RunnerState.Offline, Cause = Because },
            ],
        });

        var item = Assert.Single(_world.DynamoDb.Items(DynamoDbWorld.Runners));
        var seconds = at.ToUnixTimeSeconds();
        Assert.Equal(SampleRecords.RunnerId(1), item["runner_id"].S);
        Assert.Equal("OFFLINE", item["status"].S);
        Assert.Equal(($"{seconds}", $"{seconds + 90}", $"{seconds + 300}"), (item["timestamp"].N, item["started_at"].N, item["completed_at"].N));
        Assert.Equal("self-hosted,class:large,image:ubuntu:22.04", item["runner_labels"].S);
        Assert.Equal(("docker.io/library/ubuntu:22.04", "large"), (item["image_tag"].S, item["class_name"].S));
        Assert.Equal(("40000000001", "40000000001", "completed"), (item["workflow_job_id"].S, item["job_id"].S, item["job_status"].S));
        Assert.Equal("arn:aws:ecs:eu-central-1:123456789012:task/fleet/0af1", item["task_id"].S);
    }

    [Fact]
    public async Task What_is_unknown_of_a_runner_is_left_out()
    {
        await SaveAsync(SampleRecords.Runner(1));

        Assert.Equal(
            ["created_ticks", "demand_key", "demand_order", "fleet", "list_key", "list_order", "queue", "queued_ticks", "record", "runner_id", "runner_labels", "status", "timestamp", "version"],
            Assert.Single(_world.DynamoDb.Items(DynamoDbWorld.Runners)).Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(RunnerState.Pending, false, "queued")]
    [InlineData(RunnerState.WaitingForJob, false, "queued")]
    [InlineData(RunnerState.Running, false, "in_progress")]
    [InlineData(RunnerState.Offline, true, "completed")]
    [InlineData(RunnerState.Failed, false, null)]
    public async Task The_status_of_its_job_is_what_the_runner_knows(RunnerState state, bool hasRun, string? expected)
    {
        RunnerMove[] history = hasRun ? [new RunnerMove { At = SampleRecords.At(5), From = RunnerState.WaitingForJob, To = RunnerState.Running, Cause = Because }] : [];
        await SaveAsync(SampleRecords.Runner(1) with { State = state, Job = SampleRecords.JobKey(1), History = history });

        Assert.Equal(expected, Assert.Single(_world.DynamoDb.Items(DynamoDbWorld.Runners)).GetValueOrDefault("job_status")?.S);
    }

    [Fact]
    public async Task Time_to_live_is_on_and_never_takes_what_has_not_expired()
    {
        await SaveAsync(SampleRecords.Runner(1) with { ExpiresAt = SampleRecords.At(10).AddTicks(1) }, SampleRecords.Runner(2) with { ExpiresAt = SampleRecords.At(10) }, SampleRecords.Runner(3));
        await _store.CommitAsync(new StoreCommit { Entries = [new StoreEntry { Key = "e", Version = 1, ExpiresAt = SampleRecords.At(10) }], Jobs = [SampleRecords.Job(1) with { ExpiresAt = SampleRecords.At(10) }] }, Cancellation);

        _world.Clock.SetUtcNow(SampleRecords.At(10));
        Assert.Equal(0, _world.DynamoDb.DeleteExpired());
        _world.Clock.SetUtcNow(SampleRecords.At(11));
        Assert.Equal(3, _world.DynamoDb.DeleteExpired());
        Assert.NotNull(await _store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation));
        _world.Clock.SetUtcNow(SampleRecords.At(12));
        Assert.Equal(1, _world.DynamoDb.DeleteExpired());
        Assert.Equal([SampleRecords.RunnerId(3)], (await _store.ListRunnersAsync(new RunnerQuery(), Cancellation)).Items.Select(r => r.Id));
    }

    [Fact]
    public async Task Two_fleets_share_the_tables_and_nothing_else()
    {
        var other = _world.Store("other");
        foreach (var (store, number) in new[] { (_store, 1), (other, 2) })
        {
            await store.CommitAsync(new StoreCommit
            {
                Runners = [SampleRecords.Runner(number) with { Deadline = SampleRecords.At(0) }],
                Jobs = [SampleRecords.Job(number) with { Deadline = SampleRecords.At(0) }],
                Entries = [new StoreEntry { Key = "lease/sweep", Version = 1, Value = $"{number}" }],
                Places = [new PlaceChange { Key = "fleet", Delta = number, Limit = 5 }],
            }, Cancellation);
        }

        foreach (var (store, own, foreign) in new[] { (_store, 1, 2), (other, 2, 1) })
        {
            string[] runner = [SampleRecords.RunnerId(own)];
            JobKey[] job = [SampleRecords.JobKey(own)];
            Assert.Equal(runner, (await store.ListRunnersAsync(new RunnerQuery(), Cancellation)).Items.Select(r => r.Id));
            Assert.Equal(runner, (await store.ListDueRunnersAsync(SampleRecords.At(9), 10, Cancellation)).Select(r => r.Id));
            Assert.Equal(runner, (await store.ListPendingAsync(new PendingQuery { Now = SampleRecords.At(9) }, Cancellation)).Select(r => r.Id));
            Assert.Equal(runner, (await store.ListFreeRunnersAsync(SampleRecords.Runner(1).DemandKey, 10, Cancellation)).Select(r => r.Id));
            Assert.Equal(1, (await store.CountRunnersAsync(Cancellation)).Values.Sum());
            Assert.Equal(job, (await store.ListJobsAsync(new JobQuery(), Cancellation)).Items.Select(j => j.Key));
            Assert.Equal(job, (await store.ListQueuedJobsAsync(SampleRecords.Job(1).DemandKey, 10, Cancellation)).Select(j => j.Key));
            Assert.Equal($"{own}", (await store.GetEntryAsync("lease/sweep", Cancellation))?.Value);
            Assert.Equal($"{own}", Assert.Single(await store.ListEntriesAsync("", 10, Cancellation)).Value);
            Assert.Equal(own, (await store.GetPlacesAsync(["fleet"], Cancellation))["fleet"]);
            Assert.Null(await store.GetRunnerAsync(SampleRecords.RunnerId(foreign), Cancellation));
            Assert.Null(await store.GetJobAsync(SampleRecords.JobKey(foreign), Cancellation));
        }
    }

    [Fact]
    public async Task Attributes_of_others_do_no_harm()
    {
        await SaveAsync(SampleRecords.Runner(1));
        Change(SampleRecords.RunnerId(1), item => item["note_of_a_person"] = new() { M = new() { ["a"] = new() { L = [new() { N = "1" }] } } });
        _world.DynamoDb.Put(DynamoDbWorld.Runners, [new Dictionary<string, AttributeValue> { ["runner_id"] = new() { S = "of the original project" }, ["status"] = new() { S = "RUNNING" } }]);

        Assert.Equivalent(SampleRecords.Runner(1), await _store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation), strict: true);
        Assert.Single((await _store.ListRunnersAsync(new RunnerQuery(), Cancellation)).Items);
        Assert.Null(await _store.GetRunnerAsync("of the original project", Cancellation));
        await SaveAsync(SampleRecords.Runner(1) with { Version = 2 });
    }

    [Fact]
    public async Task What_a_newer_version_added_to_a_record_does_no_harm()
    {
        await SaveAsync(SampleRecords.Runner(1));
        Change(SampleRecords.RunnerId(1), item => item["record"] = new() { S = item["record"].S.Replace("\"id\":", "\"inventedLater\":{\"a\":[1]},\"id\":", StringComparison.Ordinal) });

        Assert.Equivalent(SampleRecords.Runner(1), await _store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation), strict: true);
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_is_named_and_does_not_hide_the_others()
    {
        await SaveAsync(SampleRecords.Runner(1) with { Deadline = SampleRecords.At(0) }, SampleRecords.Runner(2) with { Deadline = SampleRecords.At(1) });
        Change(SampleRecords.RunnerId(1), item => item["record"] = new() { S = item["record"].S.Replace("\"PENDING\"", "\"HIBERNATING\"", StringComparison.Ordinal) });

        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await _store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation));
        Assert.Contains(SampleRecords.RunnerId(1), failure.Message, StringComparison.Ordinal);
        Assert.Contains("newer version", failure.Message, StringComparison.Ordinal);
        string[] readable = [SampleRecords.RunnerId(2)];
        Assert.Equal(readable, (await _store.ListDueRunnersAsync(SampleRecords.At(9), 10, Cancellation)).Select(r => r.Id));
        Assert.Equal(readable, (await _store.ListPendingAsync(new PendingQuery { Now = SampleRecords.At(9) }, Cancellation)).Select(r => r.Id));
        Assert.Equal(readable, (await _store.ListRunnersAsync(new RunnerQuery(), Cancellation)).Items.Select(r => r.Id));
    }

    [Fact]
    public async Task A_state_that_a_newer_version_invented_is_not_counted()
    {
        await SaveAsync(SampleRecords.Runner(1), SampleRecords.Runner(2));
        Change(SampleRecords.RunnerId(1), item => item["status"] = new() { S = "HIBERNATING" });

        Assert.Equal(1, (await _store.CountRunnersAsync(Cancellation)).Values.Sum());
    }

    [Fact]
    public async Task A_demand_key_may_be_longer_than_any_key_of_DynamoDB()
    {
        var demandKey = "https://github.com/acme|" + string.Join(',', Enumerable.Range(0, 500).Select(i => $"label-{i}"));
        await SaveAsync(SampleRecords.Runner(1) with { DemandKey = demandKey });

        Assert.Single(await _store.ListFreeRunnersAsync(demandKey, 10, Cancellation));
    }

    [Fact]
    public async Task A_job_that_is_reopened_stands_in_one_place_only()
    {
        var job = SampleRecords.Job(1) with { State = JobState.Refused };
        await _store.CommitAsync(new StoreCommit { Jobs = [job] }, Cancellation);
        await _store.CommitAsync(new StoreCommit { Jobs = [job with { State = JobState.Queued, Version = 2 }] }, Cancellation);

        Assert.Single((await _store.ListJobsAsync(new JobQuery(), Cancellation)).Items);
        Assert.Equal(1, (await _store.CountJobsAsync(Cancellation)).Values.Sum());
    }

    [Fact]
    public async Task The_table_names_are_those_of_the_options()
    {
        var options = new DynamoDbStoreOptions { RunnerTable = "my.runners", StateTable = "my.state" };
        var client = _world.Client();
        await new TableCreation(client, options, _world.Clock, new SystemRandom(), NullLogger<TableCreation>.Instance).EnsureTablesAsync(Cancellation);

        await _world.Store(client: client, options: options).CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1)], Jobs = [SampleRecords.Job(1)] }, Cancellation);

        Assert.Single(_world.DynamoDb.Items("my.runners"));
        Assert.Single(_world.DynamoDb.Items("my.state"));
    }

    private static Reason Because => Reason.Of(ReasonCodes.JobStarted, "GitHub said so.");

    private async Task SaveAsync(params Runner[] runners) => Assert.IsType<CommitOutcome.Committed>(await _store.CommitAsync(new StoreCommit { Runners = runners }, Cancellation));

    private void Change(string runnerId, Action<Dictionary<string, AttributeValue>> change)
    {
        var item = _world.DynamoDb.Items(DynamoDbWorld.Runners).Single(candidate => candidate["runner_id"].S == runnerId).ToDictionary();
        change(item);
        _world.DynamoDb.Put(DynamoDbWorld.Runners, [item]);
    }
}
