using System.Text.Json;
using Amazon.DynamoDBv2;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Aws;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Aws.Tests.DynamoDb;

public sealed class CommitTests : IAsyncLifetime
{
    private DynamoDbWorld _world = null!;
    private IRunnerStore _store = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static StoreCommit One => new() { Runners = [SampleRecords.Runner(1)], Places = [new PlaceChange { Key = "fleet", Delta = 1, Limit = 5 }] };

    private IReadOnlyList<AwsStandInCall> Transactions => [.. _world.Account.Calls.Where(call => call.Operation == "TransactWriteItems")];

    public async ValueTask InitializeAsync()
    {
        _world = await DynamoDbWorld.CreateAsync(clockStep: TimeSpan.FromMilliseconds(1));
        _store = _world.Store();
    }

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task A_commit_whose_answer_was_lost_is_written_once_and_reads_as_written()
    {
        _world.Account.LoseNextReplies(2, "TransactWriteItems");

        Assert.IsType<CommitOutcome.Committed>(await _store.CommitAsync(One, Cancellation));

        Assert.Equal([true, true, false], Transactions.Select(call => call.IsAnswerLost));
        Assert.Single(Transactions.Select(TokenOf).Distinct());
        Assert.Equal(1, (await _store.GetPlacesAsync(["fleet"], Cancellation))["fleet"]);
        Assert.Equal(1, (await _store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation))?.Version);
    }

    [Fact]
    public async Task A_commit_whose_every_answer_is_lost_is_unavailable_and_may_be_written()
    {
        _world.Account.LoseNextReplies(1, "TransactWriteItems");
        var impatient = _world.Store(client: _world.Client(config => (config.MaxErrorRetry, config.MaxStaleConnectionRetries) = (0, 0)));

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await impatient.CommitAsync(One, Cancellation));

        Assert.NotNull(await _store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation));
    }

    [Theory]
    [InlineData("TransactionConflict")]
    [InlineData("ThrottlingError")]
    [InlineData("ProvisionedThroughputExceeded")]
    public async Task A_commit_that_meets_others_is_tried_again(string reason)
    {
        _world.DynamoDb.CancelNextTransactions(4, reason);

        Assert.IsType<CommitOutcome.Committed>(await _world.WhileTimePassesAsync(_store.CommitAsync(One, Cancellation)));

        Assert.Equal(5, Transactions.Count);
        Assert.Single(Transactions.Select(TokenOf).Distinct());
        Assert.Equal(1, (await _store.GetPlacesAsync(["fleet"], Cancellation))["fleet"]);
    }

    [Fact]
    public async Task A_commit_that_never_gets_through_says_that_nothing_was_written()
    {
        _world.DynamoDb.CancelNextTransactions(10, "TransactionConflict");
        var start = _world.Clock.GetUtcNow();

        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => _world.WhileTimePassesAsync(_store.CommitAsync(One, Cancellation)));

        Assert.StartsWith("Nothing was written", failure.Message, StringComparison.Ordinal);
        Assert.Contains("TransactionConflict", failure.Message, StringComparison.Ordinal);
        Assert.Contains(DynamoDbWorld.Runners, failure.Message, StringComparison.Ordinal);
        Assert.Equal(10, Transactions.Count);
        Assert.True(_world.Clock.GetUtcNow() - start > TimeSpan.FromSeconds(2));
        Assert.Null(await _store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancellation));
    }

    [Fact]
    public async Task A_commit_that_is_still_under_way_is_waited_for_with_the_same_token()
    {
        var plain = _world.Store(client: _world.Client(config => config.MaxErrorRetry = 0));
        _world.Account.FailNext(2, "TransactWriteItems", "TransactionInProgressException");
        Assert.IsType<CommitOutcome.Committed>(await _world.WhileTimePassesAsync(plain.CommitAsync(One, Cancellation)));
        Assert.Single(Transactions.Select(TokenOf).Distinct());

        _world.Account.FailNext(10, "TransactWriteItems", "TransactionInProgressException");
        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => _world.WhileTimePassesAsync(plain.CommitAsync(new StoreCommit { Jobs = [SampleRecords.Job(1)] }, Cancellation)));
        Assert.Contains("unknown", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stale_record_is_reported_though_others_met_as_well()
    {
        await _store.CommitAsync(One, Cancellation);
        _world.DynamoDb.CancelNextTransactions(1, "TransactionConflict", action: 1);

        var outcome = await _store.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1), SampleRecords.Runner(2)] }, Cancellation);

        Assert.Equal([SampleRecords.RunnerId(1)], Assert.IsType<CommitOutcome.Conflict>(outcome).Keys);
    }

    [Fact]
    public async Task A_full_place_is_not_reported_while_a_version_may_be_stale()
    {
        await _store.CommitAsync(One, Cancellation);
        _world.DynamoDb.CancelNextTransactions(1, "TransactionConflict", action: 0);

        var outcome = await _world.WhileTimePassesAsync(_store.CommitAsync(One with { Places = [new PlaceChange { Key = "fleet", Delta = 1, Limit = 1 }] }, Cancellation));

        Assert.IsType<CommitOutcome.Conflict>(outcome);
    }

    [Fact]
    public async Task Whoever_gives_up_stops_the_waiting()
    {
        _world.DynamoDb.CancelNextTransactions(10, "TransactionConflict");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var commit = _store.CommitAsync(One, patience.Token).AsTask();
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => commit);
    }

    [Fact]
    public async Task Two_commits_have_two_tokens()
    {
        await _store.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1)] }, Cancellation);
        await _store.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(2)] }, Cancellation);

        Assert.Equal(2, Transactions.Select(TokenOf).Distinct().Count());
        Assert.All(Transactions.Select(TokenOf), token => Assert.Equal(32, token.Length));
    }

    [Fact]
    public async Task An_empty_commit_asks_nobody()
    {
        Assert.IsType<CommitOutcome.Committed>(await _store.CommitAsync(new StoreCommit(), Cancellation));
        Assert.Empty(Transactions);
    }

    [Fact]
    public async Task A_hundred_large_records_are_one_request_within_DynamoDBs_limits()
    {
        await _store.CommitAsync(new StoreCommit
        {
            Runners = [.. Enumerable.Range(0, 50).Select(i => SampleRecords.FullRunner(i) with { History = [.. Enumerable.Repeat(SampleRecords.FullRunner(i).History[0], 40)] })],
            Jobs = [.. Enumerable.Range(0, 50).Select(SampleRecords.FullJob)],
        }, Cancellation);

        var body = Assert.Single(Transactions).Body;
        Assert.Equal(100, JsonDocument.Parse(body).RootElement.GetProperty("TransactItems").GetArrayLength());
        Assert.InRange(body.Length, 100_000, 4 * 1024 * 1024);
    }

    [Fact]
    public async Task A_record_that_is_too_large_is_named()
    {
        var large = SampleRecords.Runner(1) with { ImageBuildId = new string('x', 400 * 1024) };

        var mistake = await Assert.ThrowsAsync<ArgumentException>(async () => await _store.CommitAsync(new StoreCommit { Runners = [large] }, Cancellation));

        Assert.Contains(large.Id, mistake.Message, StringComparison.Ordinal);
        Assert.Empty(Transactions);
    }

    [Fact]
    public async Task More_than_DynamoDB_takes_at_once_is_a_mistake()
    {
        var many = new StoreCommit { Entries = [.. Enumerable.Range(0, 101).Select(i => new StoreEntry { Key = $"e/{i}", Version = 1 })] };
        var wide = new StoreCommit { Entries = [.. Enumerable.Range(0, 11).Select(i => new StoreEntry { Key = $"e/{i}", Version = 1, Value = new string('x', 390 * 1024) })] };

        await Assert.ThrowsAsync<ArgumentException>(async () => await _store.CommitAsync(many, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _store.CommitAsync(wide, Cancellation));
        Assert.Empty(Transactions);
    }

    [Fact]
    public async Task What_DynamoDB_cannot_take_is_a_mistake_and_no_outage()
    {
        _world.DynamoDb.CancelNextTransactions(1, "ValidationError");

        await Assert.ThrowsAsync<ArgumentException>(async () => await _store.CommitAsync(One, Cancellation));
        Assert.Single(Transactions);
    }

    private static string TokenOf(AwsStandInCall call) => JsonDocument.Parse(call.Body).RootElement.GetProperty("ClientRequestToken").GetString()!;
}
