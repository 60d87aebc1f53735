using System.Diagnostics;
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

    /// <summary>Moves the clock on, step by step, until something is so: whoever waits for the clock may only be on its way to that.</summary>
    public async Task AdvanceUntilAsync(Func<bool> isSo, TimeSpan step)
    {
        for (var since = Stopwatch.GetTimestamp(); !isSo(); await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken))
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(60), "It has not become so, however far the clock was moved.");
            Clock.Advance(step);
        }
    }

    /// <summary>Waits, by the real clock, until something is so.</summary>
    public static async Task UntilAsync(Func<bool> isSo)
    {
        for (var since = Stopwatch.GetTimestamp(); !isSo(); await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken))
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(60), "It has not become so.");
        }
    }

    private T Connected<T>(T config)
        where T : ClientConfig
    {
        Aws.Connect(config);
        config.MaxErrorRetry = 0; // the SDK's own retries wait by the real clock
        return config;
    }
}
