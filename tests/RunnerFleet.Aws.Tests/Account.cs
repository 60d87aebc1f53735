using Amazon.Runtime;
using Amazon.SimpleSystemsManagement;
using Amazon.SQS;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Aws.Events;
using RunnerFleet.Aws.Secrets;
using RunnerFleet.Aws.Wire;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.Aws.Tests;

/// <summary>An account of AWS in this process, under a clock that stands still, with clients of the AWS SDK's own pipeline.</summary>
internal sealed class Account
{
    public Account() => Aws = new AwsStandIn(Clock);

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 27, 10, 0, 0, TimeSpan.Zero));

    public AwsStandIn Aws { get; }

    public LogLines Log { get; } = new();

    public IAmazonSQS Sqs() => new AmazonSQSClient(AwsStandIn.Credentials, Connected(new AmazonSQSConfig()));

    public IAmazonSimpleSystemsManagement Ssm() => new AmazonSimpleSystemsManagementClient(AwsStandIn.Credentials, Connected(new AmazonSimpleSystemsManagementConfig()));

    public ISecretsManagerApi SecretsManager() => new SecretsManagerClient(AwsStandIn.Credentials, Connected(new AwsJsonConfig(SecretsManagerClient.Service)));

    public IEventBridgeApi EventBridge() => new EventBridgeClient(AwsStandIn.Credentials, Connected(new AwsJsonConfig(EventBridgeClient.Service)));

    /// <summary>Services with the account's clients, clock and log.</summary>
    public ServiceCollection Services()
    {
        var services = new ServiceCollection();
        Register(services);
        return services;
    }

    public void Register(IServiceCollection services)
    {
        services.AddSingleton<TimeProvider>(Clock);
        services.AddSingleton(_ => Sqs());
        services.AddSingleton(_ => Ssm());
        services.AddSingleton(_ => SecretsManager());
        services.AddSingleton(_ => EventBridge());
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(Log));
    }

    private T Connected<T>(T config)
        where T : ClientConfig
    {
        Aws.Connect(config);
        config.MaxErrorRetry = 0; // the SDK's own retries wait by the real clock
        return config;
    }
}
