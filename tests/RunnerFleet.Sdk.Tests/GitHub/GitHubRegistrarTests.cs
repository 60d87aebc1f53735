using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.GitHub;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Tests.GitHub;

/// <summary>The default registrar keeps the contract.</summary>
public sealed class GitHubRegistrarTests : RunnerRegistrarContract
{
    private readonly List<ServiceProvider> _services = [];

    protected override ValueTask<IRunnerRegistrar> CreateRegistrarAsync(Uri apiUrl, string token, TimeProvider clock)
    {
        var services = Registrars.Build(apiUrl, token, clock);
        _services.Add(services);
        return ValueTask.FromResult(services.Registrar());
    }

    protected override async ValueTask CleanUpAsync()
    {
        foreach (var services in _services)
        {
            await services.DisposeAsync();
        }
    }
}
