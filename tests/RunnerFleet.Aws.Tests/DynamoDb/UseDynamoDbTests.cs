using Amazon.DynamoDBv2;
using Amazon.Extensions.NETCore.Setup;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RunnerFleet.Aws.DynamoDb;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Aws;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Aws.Tests.DynamoDb;

public sealed class UseDynamoDbTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_verb_replaces_the_store_that_was_there_and_keeps_the_client_that_was_there()
    {
        var world = DynamoDbWorld.Empty();
        var client = world.Client();
        await using var provider = Services(client).BuildServiceProvider();

        Assert.IsType<DynamoDbRunnerStore>(Assert.Single(provider.GetServices<IRunnerStore>()));
        Assert.Same(client, provider.GetRequiredService<IAmazonDynamoDB>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_host_makes_the_tables_only_when_told_to(bool createTables)
    {
        var world = DynamoDbWorld.Empty();
        var builder = Host.CreateEmptyApplicationBuilder(new());
        foreach (var service in Services(world.Client(), options => options.CreateTables = createTables))
        {
            builder.Services.Add(service);
        }

        using var host = builder.Build();
        await host.StartAsync(Cancellation);

        Assert.Equal(createTables ? 2 : 0, world.DynamoDb.Tables.Count);
        var commit = new StoreCommit { Runners = [SampleRecords.Runner(1)] };
        var store = host.Services.GetRequiredService<IRunnerStore>();
        if (createTables)
        {
            Assert.IsType<CommitOutcome.Committed>(await store.CommitAsync(commit, Cancellation));
            Assert.Equal("blue", Assert.Single(world.DynamoDb.Items(DynamoDbWorld.Runners))["fleet"].S);
        }
        else
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.CommitAsync(commit, Cancellation));
            Assert.All(world.Account.Calls, call => Assert.Equal("TransactWriteItems", call.Operation));
        }

        await host.StopAsync(Cancellation);
    }

    [Theory]
    [InlineData("x", null, "RunnerTable")]
    [InlineData("my table", null, "RunnerTable")]
    [InlineData("runners", "st/ate", "StateTable")]
    [InlineData("same", "same", "RunnerTable")]
    public void A_wrong_setting_is_refused_by_name(string runnerTable, string? stateTable, string named)
    {
        using var provider = Services(null, options => (options.RunnerTable, options.StateTable) = (runnerTable, stateTable)).BuildServiceProvider();

        var refusal = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<DynamoDbStoreOptions>>().Value);

        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_of_its_own_is_patient_unless_the_application_says_otherwise()
    {
        var options = new AWSOptions { Region = Amazon.RegionEndpoint.EUCentral1, Credentials = AwsStandIn.Credentials };
        Assert.Equal((6, TimeSpan.FromSeconds(3)), Patience(options));

        options = new AWSOptions { Region = Amazon.RegionEndpoint.EUCentral1, Credentials = AwsStandIn.Credentials };
        options.DefaultClientConfig.MaxErrorRetry = 1;
        options.DefaultClientConfig.Timeout = TimeSpan.FromSeconds(9);
        Assert.Equal((1, TimeSpan.FromSeconds(9)), Patience(options));
    }

    [Fact]
    public void A_host_without_a_region_is_told_what_to_set()
    {
        var services = Services(null);
        services.AddSingleton<IAmazonDynamoDB>(_ => throw new Amazon.Runtime.AmazonClientException("No RegionEndpoint or ServiceURL configured"));
        using var provider = services.BuildServiceProvider();

        var refusal = Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService<IRunnerStore>());

        Assert.Contains("AWS_REGION", refusal.Message, StringComparison.Ordinal);
    }

    private static (int Retries, TimeSpan? Timeout) Patience(AWSOptions options)
    {
        var services = Services(null);
        services.AddSingleton(options);
        using var provider = services.BuildServiceProvider();
        var config = provider.GetRequiredService<IAmazonDynamoDB>().Config;
        return (config.MaxErrorRetry, config.Timeout);
    }

    private static IServiceCollection Services(IAmazonDynamoDB? client, Action<DynamoDbStoreOptions>? configure = null)
    {
        var services = new ServiceCollection().AddLogging();
        if (client is not null)
        {
            services.AddSingleton(client);
        }

        services.AddRunnerFleet(options => (options.Name, options.GitHub.WebhookSecret, options.GitHub.Token, options.PublicUrl) = ("blue", "a webhook secret", "token", new Uri("https://fleet.example")))
            .UseLauncher<FakeComputeLauncher>().UseDynamoDb(configure ?? (_ => { }));
        return services;
    }
}
