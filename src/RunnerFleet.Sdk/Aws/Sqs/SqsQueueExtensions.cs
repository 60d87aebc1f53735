using Amazon.SQS;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RunnerFleet;
using RunnerFleet.Aws.Sqs;
using RunnerFleet.Aws.Wire;
using RunnerFleet.Provisioning;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The verb of the queue on Amazon SQS.</summary>
public static class SqsQueueExtensions
{
    /// <summary>
    /// Carries hints between the hosts of a fleet through a queue of SQS, so that whichever host is free drains, and receives events of AWS from a queue where <see cref="SqsQueueOptions.EventsQueueUrl"/> names one.
    /// A hint with a delay beyond 15 minutes comes after 15 minutes, which is the longest that SQS delays. Region and credentials are those of the AWS SDK. An <see cref="IAmazonSQS"/> that is registered already is kept.
    /// </summary>
    /// <param name="builder">The fleet's builder.</param>
    /// <param name="configure">Sets at least <see cref="SqsQueueOptions.QueueUrl"/>.</param>
    public static IRunnerFleetBuilder UseSqs(this IRunnerFleetBuilder builder, Action<SqsQueueOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        builder.AddSqs().Configure(configure);
        return builder;
    }

    /// <summary>The same with settings from a configuration section, usually <c>configuration.GetSection("RunnerFleet:Aws:Sqs")</c>.</summary>
    public static IRunnerFleetBuilder UseSqs(this IRunnerFleetBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        builder.AddSqs().Bind(configuration);
        return builder;
    }

    private static OptionsBuilder<SqsQueueOptions> AddSqs(this IRunnerFleetBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.AddAwsEvents().Services;
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SqsQueueOptions>, SqsQueueRules>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(AwsClients.Create<IAmazonSQS>);
        services.TryAddSingleton<SqsHints>();
        services.TryAddSingleton<SqsInbox>();
        services.Replace(ServiceDescriptor.Singleton<IFleetQueue, SqsFleetQueue>());
        services.AddHostedService<SqsEventWorker>();
        return services.AddOptionsWithValidateOnStart<SqsQueueOptions>();
    }
}
