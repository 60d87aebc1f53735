using System.Diagnostics;
using RunnerFleet.SeveralHosts.Tests.HttpStore;
using RunnerFleet.Storage;

namespace RunnerFleet.SeveralHosts.Tests.Engines;

/// <summary>Promises 1 to 4 and 6, with three hosts at once.</summary>
public sealed class SeveralEnginesTests(ITestOutputHelper output)
{
    private const int Hosts = 3;

    [Fact]
    public async Task Three_hosts_over_one_SQLite_file_deliver_claim_and_sweep_at_once()
    {
        await using var stores = new SqliteStores();
        await using var world = new EngineWorld();
        for (var i = 0; i < Hosts; i++)
        {
            world.AddEngine(world.Watch(stores.Open()));
        }

        await PlayAsync(world, new Storm(world, seed: 1) { Jobs = 300 });
        world.Findings.AssertNone();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Three_hosts_over_one_store_behind_a_network_that_fails(int seed)
    {
        await using var world = new EngineWorld();
        var faults = new StoreFaults(seed, budget: 400);
        await using var server = await StoreServer.StartAsync(world.Watch(new InMemoryRunnerStore()), faults);
        HttpRunnerStore[] stores = [.. Enumerable.Range(0, Hosts).Select(_ => new HttpRunnerStore(server.Url))];
        Array.ForEach(stores, store => world.AddEngine(store));

        await PlayAsync(world, new Storm(world, seed) { Jobs = 250, LostWebhooks = 0.05, WhenOver = faults.End });
        output.WriteLine($"Faults: {faults.Summary}");
        world.Findings.AssertNone();
        Array.ForEach(stores, store => store.Dispose());
    }

    private async Task PlayAsync(EngineWorld world, Storm storm)
    {
        var watch = Stopwatch.StartNew();
        await storm.PlayAsync();
        output.WriteLine($"{storm.Numbers}, {watch.Elapsed.TotalSeconds:0.0} s");
    }
}
