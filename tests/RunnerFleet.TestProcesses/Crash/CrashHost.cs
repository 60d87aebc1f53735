using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Storage;

namespace RunnerFleet.TestProcesses.Crash;

/// <summary>A host as samples/AspNetHost with SQLite and processes is, whose store, registrar and launcher may kill it (<see cref="CrashPoints"/>).</summary>
internal static class CrashHost
{
    public static async Task<int> RunAsync()
    {
        var builder = WebApplication.CreateBuilder();
        var settings = builder.Configuration.GetSection("RunnerFleet");
        var data = settings["DataFolder"]!;
        builder.Services.AddRunnerFleet(settings)
            .UseSqlite(o => o.Path = Path.Combine(data, "fleet.db"))
            .UseProcessLauncher(o =>
            {
                o.Directory = Path.Combine(data, "runners");
                settings.GetSection("Process").Bind(o);
            })
            .AddAspNetCore()
            .AddWorkers();
        builder.Services.AddHealthChecks().AddRunnerFleetChecks();
        builder.Services.AddSingleton<CrashPoints>();
        Decorate<IRunnerStore>(builder.Services, (inner, points) => new CrashingStore(inner, points));
        Decorate<IRunnerRegistrar>(builder.Services, (inner, points) => new CrashingRegistrar(inner, points));
        Decorate<IComputeLauncher>(builder.Services, (inner, points) => new CrashingLauncher(inner, points));

        var app = builder.Build();
        app.MapRunnerFleet();
        app.MapRunnerFleetHealth();
        await app.RunAsync();
        return 0;
    }

    private static void Decorate<T>(IServiceCollection services, Func<T, CrashPoints, T> decorate)
        where T : class
    {
        var inner = services.Last(s => s.ServiceType == typeof(T));
        services.Replace(ServiceDescriptor.Singleton(provider => decorate(
            (T)(inner.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!)),
            provider.GetRequiredService<CrashPoints>())));
    }
}
