using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using RunnerFleet;
using RunnerFleet.Images;
using RunnerFleet.Local.Docker;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The verbs that choose where a Docker engine's runner images come from.</summary>
public static class DockerImageExtensions
{
    /// <summary>Builds a runner image on the Docker engine for each base image that jobs name.</summary>
    /// <param name="builder">The fleet's builder.</param>
    /// <param name="configure">Sets at least <see cref="DockerImageOptions.LogFolder"/>.</param>
    public static IRunnerFleetBuilder UseDockerImages(this IRunnerFleetBuilder builder, Action<DockerImageOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var services = builder.Services;
        services.AddOptionsWithValidateOnStart<DockerImageOptions>().Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DockerImageOptions>, DockerImageRules>());
        services.TryAddSingleton(TimeProvider.System);
        services.Replace(ServiceDescriptor.Singleton<IImageBuilder, DockerImageBuilder>());
        return builder;
    }

    /// <summary>Takes the images that jobs name as they are, for teams that make their runner images elsewhere. An image must do what the fleet's own does: claim, run one job, and end.</summary>
    /// <param name="builder">The fleet's builder.</param>
    /// <param name="configure">Changes the settings; none is required.</param>
    public static IRunnerFleetBuilder UseFinishedDockerImages(this IRunnerFleetBuilder builder, Action<FinishedDockerImageOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddOptionsWithValidateOnStart<FinishedDockerImageOptions>().Configure(options => configure?.Invoke(options));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<FinishedDockerImageOptions>, FinishedDockerImageRules>());
        services.TryAddSingleton(TimeProvider.System);
        services.Replace(ServiceDescriptor.Singleton<IImageBuilder, DockerFinishedImages>());
        return builder;
    }
}
