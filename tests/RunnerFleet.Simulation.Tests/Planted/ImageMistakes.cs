using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.GitHub;
using RunnerFleet.Images;

namespace RunnerFleet.Simulation.Tests.Planted;

/// <summary>Takes an image that is being built, or could not be, for one that is ready.</summary>
internal sealed class BuildingIsReady(IImageBuilder inner) : IImageBuilder
{
    public async Task<ImageOutcome> ResolveAsync(ImageRequest request, CancellationToken cancellationToken) => Ready(await inner.ResolveAsync(request, cancellationToken), request);

    public async Task<ImageOutcome> EnsureAsync(ImageRequest request, CancellationToken cancellationToken) => Ready(await inner.EnsureAsync(request, cancellationToken), request);

    public Task<ImageOutcome> ReadBuildAsync(string buildId, CancellationToken cancellationToken) => inner.ReadBuildAsync(buildId, cancellationToken);

    private static ImageOutcome Ready(ImageOutcome outcome, ImageRequest request) => outcome is ImageOutcome.Missing ? outcome : new ImageOutcome.Ready(request.BaseImage);
}

/// <summary>What a host is composed of before a mistake stands before it.</summary>
internal static class Before
{
    public static IImageBuilder BuilderBefore(this IServiceCollection services) => First<IImageBuilder>(services);

    public static IRunnerRegistrar RegistrarBefore(this IServiceCollection services) => First<IRunnerRegistrar>(services);

    private static T First<T>(IServiceCollection services) => (T)services.First(s => s.ServiceType == typeof(T) && s.ImplementationInstance is not null).ImplementationInstance!;
}
