using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RunnerFleet.Aws.Events;
using RunnerFleet.Aws.Secrets;
using RunnerFleet.Aws.Sqs;
using RunnerFleet.Aws.Ssm;
using RunnerFleet.Compute;
using RunnerFleet.Provisioning;

namespace RunnerFleet.Aws.Tests;

public sealed class AwsVerbTests
{
    [Fact]
    public void Settings_come_from_configuration_as_the_documentation_names_them()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["RunnerFleet:Aws:Ssm:Parameter"] = "/classes",
            ["RunnerFleet:Aws:Ssm:CheckFargateSizes"] = "false",
            ["RunnerFleet:Aws:Secrets:RefreshSeconds"] = "60",
            ["RunnerFleet:Aws:Sqs:QueueUrl"] = "https://sqs.eu-central-1.amazonaws.com/123456789012/hints",
            ["RunnerFleet:Aws:Sqs:EventsQueueUrl"] = "https://sqs.eu-central-1.amazonaws.com/123456789012/events",
            ["RunnerFleet:Aws:Events:EventBusName"] = "moves",
        }).Build();
        var aws = configuration.GetSection("RunnerFleet:Aws");
        var services = new Account().Services();
        services.AddRunnerFleet(configuration.GetSection("RunnerFleet"))
            .UseSsmClasses(aws.GetSection("Ssm")).UseAwsSecrets(aws.GetSection("Secrets")).UseSqs(aws.GetSection("Sqs")).UseEventBridge(aws.GetSection("Events"));
        using var provider = services.BuildServiceProvider();

        T Of<T>() where T : class => provider.GetRequiredService<IOptions<T>>().Value;
        Assert.Equal(("/classes", 60, false), (Of<SsmClassOptions>().Parameter, Of<SsmClassOptions>().RefreshSeconds, Of<SsmClassOptions>().CheckFargateSizes));
        Assert.Equal(60, Of<AwsSecretOptions>().RefreshSeconds);
        Assert.Equal(("/123456789012/hints", "/123456789012/events", 120), (Of<SqsQueueOptions>().QueueUrl!.AbsolutePath, Of<SqsQueueOptions>().EventsQueueUrl!.AbsolutePath, Of<SqsQueueOptions>().VisibilitySeconds));
        Assert.Equal(("moves", 1000), (Of<EventBridgeOptions>().EventBusName, Of<EventBridgeOptions>().MaxWaiting));
    }

    [Fact]
    public void A_verb_replaces_the_default_and_keeps_a_client_that_is_there()
    {
        var account = new Account();
        var (ssm, sqs, secrets, events) = (account.Ssm(), account.Sqs(), account.SecretsManager(), account.EventBridge());
        var services = new ServiceCollection();
        services.AddSingleton(ssm);
        services.AddSingleton(sqs);
        services.AddSingleton(secrets);
        services.AddSingleton(events);
        services.AddLogging();
        services.AddRunnerFleet(_ => { }).UseSsmClasses(o => o.Parameter = "/classes").UseSqs(o => o.QueueUrl = new Uri("https://sqs.eu-central-1.amazonaws.com/123456789012/hints")).UseAwsSecrets().UseEventBridge(_ => { });
        using var provider = services.BuildServiceProvider();

        Assert.IsType<SsmClassCatalog>(provider.GetRequiredService<IRunnerClassCatalog>());
        Assert.IsType<SqsFleetQueue>(provider.GetRequiredService<IFleetQueue>());
        Assert.Same(ssm, provider.GetRequiredService<Amazon.SimpleSystemsManagement.IAmazonSimpleSystemsManagement>());
        Assert.Same(sqs, provider.GetRequiredService<Amazon.SQS.IAmazonSQS>());
        Assert.Same(secrets, provider.GetRequiredService<ISecretsManagerApi>());
        Assert.Same(events, provider.GetRequiredService<IEventBridgeApi>());
    }

    [Fact]
    public void Clients_are_made_with_the_applications_settings()
    {
        var services = new ServiceCollection();
        services.AddDefaultAWSOptions(new Amazon.Extensions.NETCore.Setup.AWSOptions { Region = Amazon.RegionEndpoint.EUNorth1, Credentials = RunnerFleet.Testing.Aws.AwsStandIn.Credentials });
        services.AddLogging();
        services.AddRunnerFleet(_ => { }).UseAwsSecrets().UseEventBridge(_ => { }).UseSqs(o => o.QueueUrl = new Uri("https://sqs.eu-north-1.amazonaws.com/123456789012/hints"));
        using var provider = services.BuildServiceProvider();

        Assert.Equal("eu-north-1", Assert.IsType<SecretsManagerClient>(provider.GetRequiredService<ISecretsManagerApi>()).Config.RegionEndpoint.SystemName);
        Assert.Equal("eu-north-1", Assert.IsType<EventBridgeClient>(provider.GetRequiredService<IEventBridgeApi>()).Config.RegionEndpoint.SystemName);
        Assert.Equal("eu-north-1", provider.GetRequiredService<Amazon.SQS.IAmazonSQS>().Config.RegionEndpoint.SystemName);
    }
}
