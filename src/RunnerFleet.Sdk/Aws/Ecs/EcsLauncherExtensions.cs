using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RunnerFleet;
using RunnerFleet.Aws.Ecs;
using RunnerFleet.Aws.Wire;
using RunnerFleet.Compute;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The verb of the ECS launcher.</summary>
public static class EcsLauncherExtensions
{
    /// <summary>
    /// Runs runners as tasks of an ECS cluster, on Fargate, Fargate Spot, or capacity providers of instances. The client is the <see cref="IEcsApi"/> that was registered before, else the fleet's own, with the
    /// application's AWS settings (<c>AWSOptions</c>, section <c>AWS</c>, environment).
    /// </summary>
    public static IRunnerFleetBuilder UseEcs(this IRunnerFleetBuilder builder, Action<EcsLauncherOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        builder.AddEcs().Configure(configure);
        return builder;
    }

    /// <summary>The same with settings from a configuration section, usually <c>configuration.GetSection("RunnerFleet:Aws:Ecs")</c>.</summary>
    public static IRunnerFleetBuilder UseEcs(this IRunnerFleetBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        builder.AddEcs().Bind(configuration);
        return builder;
    }

    private static OptionsBuilder<EcsLauncherOptions> AddEcs(this IRunnerFleetBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EcsLauncherOptions>, EcsLauncherRules>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RunnerFleetOptions>, FargateClassRules>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IEcsApi>(provider => AwsClients.Create<IEcsClient>(provider));
        services.TryAddSingleton<EcsLauncher>();
        services.Replace(ServiceDescriptor.Singleton<IComputeLauncher>(provider => provider.GetRequiredService<EcsLauncher>()));
        return services.AddOptionsWithValidateOnStart<EcsLauncherOptions>();
    }
}
