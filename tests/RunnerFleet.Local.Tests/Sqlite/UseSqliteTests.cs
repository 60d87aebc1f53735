using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RunnerFleet.Local.Sqlite;
using RunnerFleet.Storage;

namespace RunnerFleet.Local.Tests.Sqlite;

public sealed class UseSqliteTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_verb_replaces_the_store_that_was_there()
    {
        var services = new Builder();
        services.Services.AddSingleton<IRunnerStore, InMemoryRunnerStore>();
        services.UseSqlite(options => options.Path = _folder.Path);
        await using var provider = services.Services.BuildServiceProvider();

        Assert.IsType<SqliteRunnerStore>(Assert.Single(provider.GetServices<IRunnerStore>()));
    }

    [Theory]
    [InlineData("", 10, "Path")]
    [InlineData("  ", 10, "Path")]
    [InlineData("fleet.db", 0, "BusyTimeoutSeconds")]
    [InlineData("fleet.db", 301, "BusyTimeoutSeconds")]
    public void A_wrong_setting_is_refused_by_name(string path, int busyTimeoutSeconds, string named)
    {
        var services = new Builder();
        services.UseSqlite(options => (options.Path, options.BusyTimeoutSeconds) = (path, busyTimeoutSeconds));
        using var provider = services.Services.BuildServiceProvider();

        var refusal = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IRunnerStore>());
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    private sealed class Builder : IRunnerFleetBuilder
    {
        public IServiceCollection Services { get; } = new ServiceCollection();
    }
}
