using LambdaHost.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using RunnerFleet.Provisioning;

namespace LambdaHost;

/// <summary>Puts the function together. There is no generic host: whatever works in the background would be frozen with the process.</summary>
internal static class FunctionServices
{
    /// <exception cref="RefusalException">It cannot work as it is configured.</exception>
    public static ServiceProvider Build(IConfiguration configuration, JsonLines log, TimeProvider clock, Action<IServiceCollection>? change)
    {
        var section = configuration.GetSection("RunnerFleet");
        var role = FunctionRoles.Read(section["Role"]);
        if (string.IsNullOrWhiteSpace(section["Aws:Sqs:QueueUrl"]))
        {
            throw new RefusalException("RunnerFleet:Aws:Sqs:QueueUrl is not set. A queue within the process is frozen with the process, so under Lambda hints go through SQS: set it to the address of a standard queue.");
        }

        if (string.IsNullOrWhiteSpace(section["PublicUrl"]))
        {
            throw new RefusalException("RunnerFleet:PublicUrl is not set. Runners come to this address for their jobs: set it to the address of the HTTP API, or of the function's URL.");
        }

        var services = new ServiceCollection();
        services.AddLogging(logging => Filter(logging.AddProvider(log), configuration));
        services.AddSingleton(clock);
        #region lambda-registration
        services.AddRunnerFleet(section).UseAws(section.GetSection("Aws"));
        #endregion
        services.AddSingleton(s => new InvocationHandler(s, role, section["PublicUrl"]));
        change?.Invoke(services);
        WatchQueue(services);
        return services.BuildServiceProvider();
    }

    private static void WatchQueue(ServiceCollection services)
    {
        const string Watched = "watched";
        var queue = services.Last(service => service.ServiceType == typeof(IFleetQueue));
        services.Remove(queue);
        services.TryAdd(queue.ImplementationInstance is { } given
            ? new ServiceDescriptor(typeof(IFleetQueue), Watched, given)
            : new ServiceDescriptor(typeof(IFleetQueue), Watched, queue.ImplementationType!, ServiceLifetime.Singleton));
        services.AddSingleton<LostHints>();
        services.AddSingleton<IFleetQueue>(s => new WatchedQueue(s.GetRequiredKeyedService<IFleetQueue>(Watched), s.GetRequiredService<LostHints>()));
    }

    /// <summary>As in other hosts, <c>Logging:LogLevel:CATEGORY</c>; Lambda's own setting stands in for the default.</summary>
    private static void Filter(ILoggingBuilder logging, IConfiguration configuration)
    {
        logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning).AddFilter("AWSSDK", LogLevel.Warning);
        logging.SetMinimumLevel(LevelOf(configuration["AWS_LAMBDA_LOG_LEVEL"]) ?? LogLevel.Information);
        foreach (var setting in configuration.GetSection("Logging:LogLevel").GetChildren())
        {
            if (LevelOf(setting.Value) is not { } level)
            {
                throw new RefusalException($"{setting.Path} is '{setting.Value}'. It must be Trace, Debug, Information, Warning, Error, Critical or None.");
            }

            if (setting.Key == "Default")
            {
                logging.SetMinimumLevel(level);
            }
            else
            {
                logging.AddFilter(setting.Key, level);
            }
        }
    }

    private static LogLevel? LevelOf(string? word) => word?.ToUpperInvariant() switch
    {
        "TRACE" => LogLevel.Trace,
        "DEBUG" => LogLevel.Debug,
        "INFORMATION" or "INFO" => LogLevel.Information,
        "WARNING" or "WARN" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        "CRITICAL" or "FATAL" => LogLevel.Critical,
        "NONE" => LogLevel.None,
        _ => null,
    };
}
