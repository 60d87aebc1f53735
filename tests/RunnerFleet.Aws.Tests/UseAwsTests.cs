using Amazon;
using Amazon.Extensions.NETCore.Setup;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Aws.DynamoDb;
using RunnerFleet.Aws.Ecs;
using RunnerFleet.Aws.Events;
using RunnerFleet.Aws.Sqs;
using RunnerFleet.Aws.Ssm;
using RunnerFleet.Compute;
using RunnerFleet.Images;
using RunnerFleet.Provisioning;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.Aws.Tests;

public sealed class UseAwsTests
{
    private static readonly Dictionary<string, string?> s_least = new()
    {
        ["Ecs:Cluster"] = "runners",
        ["Ecs:Subnets:0"] = "subnet-1",
    };

    [Fact]
    public void The_least_is_tables_and_a_cluster()
    {
        using var services = Configured(s_least);

        Assert.IsType<DynamoDbRunnerStore>(services.GetRequiredService<IRunnerStore>());
        Assert.IsType<EcsLauncher>(services.GetRequiredService<IComputeLauncher>());
        Assert.IsType<OptionsClassCatalog>(services.GetRequiredService<IRunnerClassCatalog>());
        Assert.IsType<ChannelFleetQueue>(services.GetRequiredService<IFleetQueue>());
        Assert.NotNull(services.GetRequiredService<AwsEvents>());
        Assert.Null(services.GetService<IImageBuilder>());
        Assert.Null(services.GetService<IEventBridgePublisher>());
        services.GetRequiredService<IStartupValidator>().Validate();
    }

    [Fact]
    public void Each_section_that_is_there_adds_its_part()
    {
        using var services = Configured(new(s_least)
        {
            ["CodeBuild:Project"] = "image_builder",
            ["CodeBuild:RepositoryUri"] = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/runners",
            ["Ssm:Parameter"] = "/fleet/classes",
            ["Sqs:QueueUrl"] = "https://sqs.eu-central-1.amazonaws.com/123456789012/hints",
            ["Events:EventBusName"] = "runners",
        });

        AssertWhole(services);
    }

    [Fact]
    public void The_same_can_be_said_in_code()
    {
        using var services = Build(fleet => fleet.UseAws(aws =>
        {
            aws.DynamoDb.RunnerTable = "other-runners";
            aws.Ecs.Cluster = "runners";
            aws.Ecs.Subnets.Add("subnet-1");
            aws.CodeBuild = new() { Project = "image_builder", RepositoryUri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/runners" };
            aws.Ssm = new() { Parameter = "/fleet/classes" };
            aws.Sqs = new() { QueueUrl = new Uri("https://sqs.eu-central-1.amazonaws.com/123456789012/hints") };
            aws.Events = new() { EventBusName = "runners" };
        }));

        AssertWhole(services);
        Assert.Equal("other-runners", services.GetRequiredService<IOptions<DynamoDbStoreOptions>>().Value.RunnerTable);
        Assert.Equal("runners", services.GetRequiredService<IOptionsMonitor<EcsLauncherOptions>>().CurrentValue.Cluster);
    }

    [Fact]
    public void What_is_said_in_code_is_checked_too()
    {
        using var services = Build(fleet => fleet.UseAws(aws => aws.Ecs.Cluster = "runners"));

        var refusal = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains("subnet", refusal.Message, StringComparison.OrdinalIgnoreCase);
    }

    private static void AssertWhole(ServiceProvider services)
    {
        services.GetRequiredService<IStartupValidator>().Validate();
        Assert.IsType<CodeBuildImageBuilder>(services.GetRequiredService<IImageBuilder>());
        Assert.IsType<SsmClassCatalog>(services.GetRequiredService<IRunnerClassCatalog>());
        Assert.IsType<SqsFleetQueue>(services.GetRequiredService<IFleetQueue>());
        Assert.NotNull(services.GetRequiredService<IEventBridgePublisher>());
        Assert.NotNull(services.GetRequiredService<IRunnerFleet>());
    }

    private static ServiceProvider Configured(Dictionary<string, string?> settings) =>
        Build(fleet => fleet.UseAws(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()));

    private static ServiceProvider Build(Action<IRunnerFleetBuilder> use)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(new AWSOptions { Region = RegionEndpoint.EUCentral1, Credentials = AwsStandIn.Credentials });
        use(services.AddRunnerFleet(o =>
        {
            o.PublicUrl = new Uri("https://fleet.example");
            o.GitHub.WebhookSecret = "a webhook secret of the tests";
        }));
        return services.BuildServiceProvider();
    }
}
