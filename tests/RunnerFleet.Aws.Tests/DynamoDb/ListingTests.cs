using Amazon.Runtime;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Aws.Tests.DynamoDb;

/// <summary>A list is several reads of an index. Whatever is written between two of them, each record is listed once.</summary>
public sealed class ListingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RunnerState.Pending, RunnerState.Failed)]
    [InlineData(RunnerState.Running, RunnerState.Offline)]
    [InlineData(RunnerState.Pending, RunnerState.Starting)]
    public async Task A_runner_that_moves_while_a_list_is_read_is_listed_once(RunnerState from, RunnerState to)
    {
        for (var reads = 1; reads <= 3; reads++)
        {
            var world = await DynamoDbWorld.CreateAsync();
            var plain = world.Store();
            var runner = SampleRecords.Runner(2) with { State = from };
            await plain.CommitAsync(new StoreCommit { Runners = [SampleRecords.Runner(1), runner, SampleRecords.Runner(3) with { State = RunnerState.Offline }] }, Cancellation);
            var between = new Between(world, reads, () => plain.CommitAsync(new StoreCommit { Runners = [runner with { State = to, Version = 2 }] }, Cancellation).AsTask());

            var listed = await world.Store(client: world.Client(config => config.HttpClientFactory = between)).ListRunnersAsync(new RunnerQuery(), Cancellation);

            Assert.Equal(new[] { 3, 2, 1 }.Select(SampleRecords.RunnerId), listed.Items.Select(r => r.Id));
            Assert.True(between.IsDone);
        }
    }

    [Theory]
    [InlineData(JobState.Refused, JobState.Queued)]
    [InlineData(JobState.GaveUp, JobState.InProgress)]
    [InlineData(JobState.Queued, JobState.Refused)]
    [InlineData(JobState.InProgress, JobState.Completed)]
    [InlineData(JobState.Refused, JobState.Completed)]
    public async Task A_job_that_moves_while_a_list_is_read_is_listed_once(JobState from, JobState to)
    {
        for (var reads = 1; reads <= 6; reads++)
        {
            var world = await DynamoDbWorld.CreateAsync();
            var plain = world.Store();
            var job = SampleRecords.Job(2) with { State = from };
            await plain.CommitAsync(new StoreCommit { Jobs = [SampleRecords.Job(1), job, SampleRecords.Job(3) with { State = JobState.Completed }] }, Cancellation);
            var between = new Between(world, reads, () => plain.CommitAsync(new StoreCommit { Jobs = [job with { State = to, Version = 2 }] }, Cancellation).AsTask());

            var listed = await world.Store(client: world.Client(config => config.HttpClientFactory = between)).ListJobsAsync(new JobQuery(), Cancellation);

            Assert.Equal(new[] { 3, 2, 1 }.Select(SampleRecords.JobKey), listed.Items.Select(j => j.Key));
            Assert.True(between.IsDone);
        }
    }

    /// <summary>Lets something happen after so many queries.</summary>
    private sealed class Between(DynamoDbWorld world, int queries, Func<Task> happen) : HttpClientFactory
    {
        private readonly Func<Task> _happen = happen;
        private int _left = queries;

        public bool IsDone => _left <= 0;

        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(new Handler(this, world.Account.CreateHandler()));

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        private sealed class Handler(Between between, HttpMessageHandler account) : DelegatingHandler(account)
        {
            protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            {
                var answer = await base.SendAsync(request, cancellationToken);
                if (request.Headers.GetValues("X-Amz-Target").Single().EndsWith(".Query", StringComparison.Ordinal) && --between._left == 0)
                {
                    await between._happen();
                }

                return answer;
            }
        }
    }
}
