using RunnerFleet.Storage;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.SeveralHosts.Tests.HttpStore;

/// <summary>The store that the other tests go through keeps every promise, so that what they find is the engine's.</summary>
public sealed class HttpRunnerStoreTests : RunnerStoreContract
{
    private StoreServer? _server;
    private HttpRunnerStore? _store;

    protected override async ValueTask<IRunnerStore> CreateStoreAsync()
    {
        _server = await StoreServer.StartAsync(new InMemoryRunnerStore());
        return _store = new HttpRunnerStore(_server.Url);
    }

    protected override async ValueTask CleanUpAsync()
    {
        _store?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
