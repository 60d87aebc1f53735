using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RunnerFleet;
using RunnerFleet.Aws.Events;
using RunnerFleet.Aws.Wire;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The verbs for events of AWS.</summary>
public static class AwsEventExtensions
{
    /// <summary>Adds <see cref="AwsEvents"/>, for a host that is handed events of AWS itself, such as a Lambda function. <c>UseSqs</c> adds it too.</summary>
    public static IRunnerFleetBuilder AddAwsEvents(this IRunnerFleetBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<AwsEvents>();
        return builder;
    }

    /// <summary>
    /// Publishes every move of a runner to an event bus of EventBridge: source <c>runnerfleet</c>, detail type <c>runner-moved</c>. It is best effort and holds no move up: while EventBridge cannot be reached, the newest moves
    /// wait. A host without time in the background calls <see cref="IEventBridgePublisher.FlushAsync"/>. Region and credentials are those of the AWS SDK. An <see cref="IEventBridgeApi"/> that is registered already is kept.
    /// </summary>
    /// <param name="builder">The fleet's builder.</param>
    /// <param name="configure">Names the bus.</param>
    public static IRunnerFleetBuilder UseEventBridge(this IRunnerFleetBuilder builder, Action<EventBridgeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        var options = services.AddOptionsWithValidateOnStart<EventBridgeOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EventBridgeOptions>, EventBridgeRules>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IEventBridgeApi>(AwsClients.Create<IEventBridgeClient>);
        services.TryAddSingleton<EventBridgePublisher>();
        services.TryAddSingleton<IEventBridgePublisher>(s => s.GetRequiredService<EventBridgePublisher>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IFleetObserver, EventBridgePublisher>(s => s.GetRequiredService<EventBridgePublisher>()));
        services.AddHostedService<EventBridgeWorker>();
        return builder;
    }
}
