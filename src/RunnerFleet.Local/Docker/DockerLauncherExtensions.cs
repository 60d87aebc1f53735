using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RunnerFleet;
using RunnerFleet.Compute;
using RunnerFleet.Local.Docker;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The verb of the Docker launcher.</summary>
public static class DockerLauncherExtensions
{
    /// <summary>
    /// Runs runners as containers of a Docker engine. It never pulls: the images must be on the engine, from an image builder or put there by you.
    /// </summary>
    public static IRunnerFleetBuilder UseDocker(this IRunnerFleetBuilder builder, Action<DockerLauncherOptions>? configure = null)
    {
        var services = builder.Services;
        var options = services.AddOptionsWithValidateOnStart<DockerLauncherOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DockerLauncherOptions>, DockerLauncherRules>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<DockerLauncher>();
        services.Replace(ServiceDescriptor.Singleton<IComputeLauncher>(provider => provider.GetRequiredService<DockerLauncher>()));
        services.TryAddSingleton<IComputeEventSource>(provider => provider.GetRequiredService<DockerLauncher>());
        return builder;
    }
}
