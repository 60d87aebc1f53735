using Amazon.SQS;
using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Provisioning;
using RunnerFleet.Testing.Aws;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Aws.Tests.Sqs;

/// <summary>The contract of queues, over the official client and the stand-in.</summary>
public sealed class SqsFleetQueueContractTests : FleetQueueContract, IAsyncDisposable
{
    private ServiceProvider? _services;

    protected override ValueTask<IFleetQueue> CreateQueueAsync()
    {
        var aws = new AwsStandIn(Clock);
        var queue = aws.Sqs.CreateQueue("hints");
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Clock);
        services.AddSingleton<IAmazonSQS>(_ =>
        {
            var config = new AmazonSQSConfig();
            aws.Connect(config);
            return new AmazonSQSClient(AwsStandIn.Credentials, config);
        });
        services.AddLogging();
        services.AddRunnerFleet(_ => { }).UseSqs(o => o.QueueUrl = queue.Url);
        _services = services.BuildServiceProvider();
        return new(_services.GetRequiredService<IFleetQueue>());
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }
    }
}
