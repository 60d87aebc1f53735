using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RunnerFleet;
using RunnerFleet.AspNetCore;
using RunnerFleet.AspNetCore.Access;
using RunnerFleet.AspNetCore.Health;
using RunnerFleet.Http;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what the routes of RunnerFleet.AspNetCore need.</summary>
public static class RunnerFleetAspNetCoreBuilderExtensions
{
    /// <summary>
    /// Adds what <c>MapRunnerFleet</c> and its siblings need, and tells runners the host's own loopback address where <c>RunnerFleet:PublicUrl</c> is not set.
    /// Reads <see cref="RunnerFleetApiOptions"/> from <c>RunnerFleet:Api</c>; a host with a public address and no API key does not start when API, live stream or status page are mapped.
    /// </summary>
    /// <param name="builder">What <c>AddRunnerFleet()</c> returned.</param>
    /// <param name="configure">Changes the API's settings after they were read from configuration.</param>
    /// <returns>The same builder.</returns>
    public static IRunnerFleetBuilder AddAspNetCore(this IRunnerFleetBuilder builder, Action<RunnerFleetApiOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<FleetHttp>();
        services.TryAddSingleton<MappedRoutes>();
        services.TryAddSingleton<ApiAccess>();
        services.TryAddSingleton<ComputeCheck>();
        services.TryAddSingleton<Readiness>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, AccessAtStart>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RunnerFleetApiOptions>, RunnerFleetApiOptionsRules>());
        ReplaceDefaultAddress(services);

        services.AddOptions<RunnerFleetApiOptions>()
            .Configure<IConfiguration>((options, configuration) => options.Key = configuration[$"{RunnerFleetApiOptions.SectionName}:{nameof(RunnerFleetApiOptions.Key)}"] ?? options.Key)
            .ValidateOnStart();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        return builder;
    }

    /// <summary>The SDK's default knows only <c>PublicUrl</c> and steps aside; an address that the user registered stays.</summary>
    private static void ReplaceDefaultAddress(IServiceCollection services)
    {
        var present = services.LastOrDefault(service => service.ServiceType == typeof(IControlPlaneAddress) && !service.IsKeyedService);
        var maker = present?.ImplementationType ?? present?.ImplementationFactory?.Method.DeclaringType ?? present?.ImplementationInstance?.GetType();
        if (maker is null || maker.Assembly == typeof(IControlPlaneAddress).Assembly)
        {
            services.Replace(ServiceDescriptor.Singleton<IControlPlaneAddress, OwnAddress>());
        }
    }
}
