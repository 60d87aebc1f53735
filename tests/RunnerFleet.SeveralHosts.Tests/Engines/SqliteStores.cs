using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Storage;

namespace RunnerFleet.SeveralHosts.Tests.Engines;

/// <summary>Stores over one SQLite file in a folder of its own, each with connections of its own, as hosts have them.</summary>
internal sealed class SqliteStores : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runnerfleet-several-").FullName;
    private readonly List<ServiceProvider> _providers = [];

    public IRunnerStore Open()
    {
        var provider = Provider(Path.Combine(_folder, "fleet.db"));
        _providers.Add(provider);
        return provider.GetRequiredService<IRunnerStore>();
    }

    /// <summary>Services with nothing but the store of a file.</summary>
    public static ServiceProvider Provider(string path)
    {
        var services = new ServiceCollection();
        new Builder(services).UseSqlite(o => o.Path = path);
        return services.BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var provider in _providers)
        {
            await provider.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private sealed record Builder(IServiceCollection Services) : IRunnerFleetBuilder;
}
