using Microsoft.Extensions.Configuration;
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
    public static IRunnerFleetBuilder UseEventBridge(this IRunnerFleetBuilder builder, Action<EventBridgeOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        builder.AddEventBridge().Configure(configure);
        return builder;
    }

    /// <summary>The same with settings from a configuration section, usually <c>configuration.GetSection("RunnerFleet:Aws:Events")</c>.</summary>
    public static IRunnerFleetBuilder UseEventBridge(this IRunnerFleetBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        builder.AddEventBridge().Bind(configuration);
        return builder;
    }

    private static OptionsBuilder<EventBridgeOptions> AddEventBridge(this IRunnerFleetBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EventBridgeOptions>, EventBridgeRules>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IEventBridgeApi>(AwsClients.Create<IEventBridgeClient>);
        services.TryAddSingleton<EventBridgePublisher>();
        services.TryAddSingleton<IEventBridgePublisher>(s => s.GetRequiredService<EventBridgePublisher>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IFleetObserver, EventBridgePublisher>(s => s.GetRequiredService<EventBridgePublisher>()));
        services.AddHostedService<EventBridgeWorker>();
        return services.AddOptionsWithValidateOnStart<EventBridgeOptions>();
    }
}
