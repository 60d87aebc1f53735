using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Simulation.Tests.Planted;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;
using RunnerFleet.Testing.Simulation;

namespace RunnerFleet.Simulation.Tests;

/// <summary>The whole fleet over the SQLite store. It must answer as the in-memory one does, in the same order.</summary>
public sealed class SqliteTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runnerfleet-simulation-").FullName;
    private int _files;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_hundred_worlds_that_misbehave_break_no_promise_over_SQLite()
    {
        var broken = Seeds.FirstViolation(1, 100, seed => new SimulationPlan { Seed = seed, CreateStore = Open });

        Assert.True(broken is null, broken is null ? "" : Seeds.Explain(broken));
    }

    [Fact]
    public void The_same_seed_gives_the_same_run_over_either_store() =>
        Assert.All(Enumerable.Range(1000, 15), seed =>
        {
            var memory = FleetSimulator.Run(new SimulationPlan { Seed = seed, KeepsLog = true });
            var sqlite = FleetSimulator.Run(new SimulationPlan { Seed = seed, KeepsLog = true, CreateStore = Open });

            Assert.Equal(memory.Log, sqlite.Log);
            Assert.Equal(memory.LogHash, sqlite.LogHash);
        });

    [Fact]
    public void The_store_of_a_run_is_disposed_when_the_run_is_over()
    {
        var held = new DisposableStore();
        var broken = new DisposableStore();

        FleetSimulator.Run(new SimulationPlan { Seed = 1, HasFaults = false, CreateStore = () => held });
        var report = FleetSimulator.Run(new SimulationPlan { Seed = 1, CreateStore = () => broken, DecorateStore = s => new StoreThatLosesLaunches(s) });

        Assert.NotNull(report.Violation);
        Assert.Equal((1, 1), (held.Disposals, broken.Disposals));
    }

    private IRunnerStore Open()
    {
        var file = Path.Combine(_folder, $"{Interlocked.Increment(ref _files)}.db");
        var services = new ServiceCollection().AddLogging();
        services.AddRunnerFleet(o => o.GitHub.WebhookSecret = "unused").UseLauncher<FakeComputeLauncher>().UseSqlite(o => o.Path = file);
        return services.BuildServiceProvider().GetRequiredService<IRunnerStore>(); // the run disposes it
    }

    private sealed class DisposableStore() : StoreDecorator(new InMemoryRunnerStore()), IDisposable
    {
        public int Disposals { get; private set; }

        public void Dispose() => Disposals++;
    }
}
