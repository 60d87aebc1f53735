using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace RunnerFleet.GitHub.Rest;

internal static class GitHubRegistrarServices
{
    /// <summary>Adds the default registrar and its HTTP client. A registrar that is there already stays.</summary>
    public static IServiceCollection AddGitHubRegistrar(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RegistrationPacer>();
        services.TryAddSingleton<IRunnerRegistrar, GitHubRegistrar>();
        services.AddLogging();
        services.AddHttpClient(RunnerFleetHttpClients.GitHub)
            .ConfigureHttpClient(client => client.Timeout = Timeout.InfiniteTimeSpan) // the deadline is RequestTimeoutSeconds, on the injected clock
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                // The built-in redirects drop the token on the same host and carry the body to others.
                AllowAutoRedirect = false,
                UseCookies = false,
                AutomaticDecompression = DecompressionMethods.GZip,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            });
        return services;
    }
}
