using Amazon.DynamoDBv2;
using DotNet.Testcontainers.Images;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RunnerFleet.Compute;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;
using RunnerFleet.Tests;
using RunnerFleet.Tests.Aws;
using Testcontainers.LocalStack;

namespace RunnerFleet.Aws.Tests.Emulator;

/// <summary>A fleet's tables in a LocalStack that Testcontainers starts, as users test their own hosts. In CI the container is moto, behind what LocalStack answers.</summary>
public sealed class LocalStackTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fleet_makes_its_tables_and_keeps_its_records_in_LocalStack()
    {
        await DockerEngine.NeedAsync(DockerEngine.LocalStack);
        await using var localStack = new LocalStackBuilder(DockerEngine.LocalStack).WithImagePullPolicy(PullPolicy.Never).Build();
        await localStack.StartAsync(Cancel);

        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton<IAmazonDynamoDB>(new AmazonDynamoDBClient(AwsEndpoint.Credentials, new AmazonDynamoDBConfig { ServiceURL = localStack.GetConnectionString(), AuthenticationRegion = "eu-central-1" }));
        builder.Services.AddSingleton<IComputeLauncher>(new FakeComputeLauncher());
        builder.Services.AddRunnerFleet(o =>
        {
            o.PublicUrl = new Uri("https://fleet.example");
            o.GitHub.WebhookSecret = "a webhook secret of the tests";
        }).UseDynamoDb(o => o.CreateTables = true);
        using var host = builder.Build();
        await host.StartAsync(Cancel);
        var store = host.Services.GetRequiredService<IRunnerStore>();

        Assert.IsType<CommitOutcome.Committed>(await store.CommitAsync(new StoreCommit { Runners = [SampleRecords.FullRunner(1)], Jobs = [SampleRecords.FullJob(1)] }, Cancel));
        Assert.IsType<CommitOutcome.Conflict>(await store.CommitAsync(new StoreCommit { Runners = [SampleRecords.FullRunner(1)] }, Cancel));
        Assert.Equivalent(SampleRecords.FullRunner(1), await store.GetRunnerAsync(SampleRecords.RunnerId(1), Cancel), strict: true);
        Assert.Equivalent(SampleRecords.FullJob(1), Assert.Single((await store.ListJobsAsync(new JobQuery(), Cancel)).Items), strict: true);
        await host.StopAsync(Cancel);
    }
}
