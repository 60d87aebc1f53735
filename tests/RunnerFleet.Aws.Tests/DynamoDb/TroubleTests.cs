using System.Net;
using System.Net.Sockets;
using Amazon.DynamoDBv2;
using Amazon.Runtime;
using RunnerFleet.Aws.DynamoDb;
using RunnerFleet.Aws.Tests.Wire;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Aws;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Aws.Tests.DynamoDb;

public sealed class TroubleTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static StoreCommit One => new() { Runners = [SampleRecords.Runner(1)] };

    [Fact]
    public async Task A_table_that_is_not_there_is_named_with_region_and_cure()
    {
        var store = DynamoDbWorld.Empty().Store();

        foreach (var failure in await FailuresAsync(store))
        {
            Assert.Contains(DynamoDbWorld.Runners, failure.Message, StringComparison.Ordinal);
            Assert.Contains("eu-central-1", failure.Message, StringComparison.Ordinal);
            Assert.Contains("CreateTables", failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("AccessDeniedException", "User: arn:aws:sts::1:assumed-role/host is not authorized to perform: dynamodb:Query", "dynamodb:Query")]
    [InlineData("UnrecognizedClientException", "The security token included in the request is invalid.", "credentials")]
    [InlineData("ExpiredTokenException", "The security token included in the request is expired", "Renew")]
    [InlineData("ProvisionedThroughputExceededException", "Slow down.", "throttles")]
    [InlineData("ThrottlingException", "Slow down.", "throttles")]
    [InlineData("InternalServerError", "Internal server error", "InternalServerError")]
    [InlineData("ValidationException", "The table does not have the specified index: by-demand", "lacks an index")]
    public async Task What_AWS_refuses_is_put_into_words(string code, string message, string word)
    {
        var world = await DynamoDbWorld.CreateAsync();
        var store = world.Store(client: world.Client(config => config.MaxErrorRetry = 0));
        foreach (var operation in new[] { "GetItem", "Query", "TransactWriteItems" })
        {
            world.Account.FailNext(1, operation, code, message);
        }

        foreach (var failure in await FailuresAsync(store))
        {
            Assert.Contains(word, failure.Message, StringComparison.Ordinal);
            Assert.Contains("runnerfleet-runners", failure.Message, StringComparison.Ordinal);
            Assert.Contains("eu-central-1", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_answer_that_is_not_DynamoDBs_is_told_by_its_status()
    {
        using var peer = new Peer(Peer.Answer(502, "<html>bad gateway</html>"));
        var config = new AmazonDynamoDBConfig { ServiceURL = "http://proxy.invalid/", AuthenticationRegion = "eu-central-1", MaxErrorRetry = 0, HttpClientFactory = new Through(peer) };
        using var client = new AmazonDynamoDBClient(AwsStandIn.Credentials, config);

        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await DynamoDbWorld.Empty().Store(client: client).GetRunnerAsync("r", Cancellation));

        Assert.Contains("502", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_signature_does_not_leak_the_request_that_AWS_quotes()
    {
        var world = await DynamoDbWorld.CreateAsync();
        world.Account.FailNext(1, "GetItem", "InvalidSignatureException", "The Canonical String should have been 'x-amz-security-token:SESSION-TOKEN'", 403);

        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await world.Store().GetRunnerAsync("r", Cancellation));

        Assert.DoesNotContain("SESSION-TOKEN", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains("clock", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_credentials_are_named()
    {
        var world = DynamoDbWorld.Empty();
        var config = new AmazonDynamoDBConfig();
        world.Account.Connect(config);
        using var client = new AmazonDynamoDBClient(new NoCredentials(), config);

        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await world.Store(client: client).GetRunnerAsync("r", Cancellation));

        Assert.Contains("AWS_PROFILE", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_hangs_ends()
    {
        using var silent = new Silent();
        using var client = silent.Connect(config => (config.Timeout, config.MaxErrorRetry) = (TimeSpan.FromMilliseconds(50), 1));

        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await DynamoDbWorld.Empty().Store(client: client).GetRunnerAsync("r", Cancellation));

        Assert.Contains("did not answer", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_gives_up_is_not_told_of_an_outage()
    {
        using var silent = new Silent();
        using var client = silent.Connect(_ => { });
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var read = DynamoDbWorld.Empty().Store(client: client).GetRunnerAsync("r", patience.Token).AsTask();
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    [Fact]
    public async Task Keys_that_a_batch_hands_back_are_asked_for_again()
    {
        var world = await DynamoDbWorld.CreateAsync();
        var store = world.Store();
        await store.CommitAsync(new StoreCommit { Runners = [.. Enumerable.Range(0, 30).Select(i => SampleRecords.Runner(i))] }, Cancellation);
        world.DynamoDb.CutNextBatchesShort(5);

        Assert.Equal(30, (await store.ListRunnersAsync(new RunnerQuery(), Cancellation)).Items.Count);
        Assert.Equal(6, world.Account.Calls.Count(call => call.Operation == "BatchGetItem"));
    }

    [Fact]
    public async Task Keys_that_are_throttled_are_asked_for_after_a_while_and_not_for_ever()
    {
        var world = await DynamoDbWorld.CreateAsync();
        var store = world.Store();
        await store.CommitAsync(new StoreCommit { Places = [new PlaceChange { Key = "fleet", Delta = 1 }] }, Cancellation);

        world.DynamoDb.CutNextBatchesShort(9, served: 0);
        Assert.Equal(1, (await world.WhileTimePassesAsync(store.GetPlacesAsync(["fleet", "none"], Cancellation)))["fleet"]);

        world.DynamoDb.CutNextBatchesShort(10, served: 0);
        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => world.WhileTimePassesAsync(store.GetPlacesAsync(["fleet"], Cancellation)));
        Assert.Contains("throttles", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>A read by key, a list and a commit.</summary>
    private static async Task<IReadOnlyList<StoreUnavailableException>> FailuresAsync(DynamoDbRunnerStore store) =>
    [
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.GetRunnerAsync("r", Cancellation)),
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ListDueRunnersAsync(SampleRecords.Epoch, 10, Cancellation)),
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.CommitAsync(One, Cancellation)),
    ];

    private sealed class NoCredentials : AWSCredentials
    {
        public override ImmutableCredentials GetCredentials() => throw new AmazonClientException("Failed to resolve AWS credentials.");
    }

    private sealed class Through(HttpMessageHandler handler) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(handler, disposeHandler: false);

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;
    }

    /// <summary>A server that takes connections and never answers.</summary>
    private sealed class Silent : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Silent() => _listener.Start();

        public AmazonDynamoDBClient Connect(Action<AmazonDynamoDBConfig> configure)
        {
            var config = new AmazonDynamoDBConfig { ServiceURL = $"http://{_listener.LocalEndpoint}/", AuthenticationRegion = "eu-central-1" };
            configure(config);
            return new(AwsStandIn.Credentials, config);
        }

        public void Dispose() => _listener.Dispose();
    }
}
