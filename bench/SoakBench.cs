using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;
using RunnerFleet.Testing.Simulation;

namespace RunnerFleet.Bench;

/// <summary>
/// Seed after seed through the fleet simulator, one run a processor at a time. Nothing of it is real time: it looks for a broken promise, not for a speed.
/// (<c>load --soak</c> is the other thing: a real host under load for minutes, and its memory.)
/// </summary>
internal sealed class SoakBench
{
    private const int MostShown = 10;
    private const int LinesOfLog = 80;
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(10);

    private readonly SoakSettings _settings;
    private readonly Lock _gate = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private int _taken;
    private long _looked;
    private Totals _totals;
    private SimulationReport? _first;

    private SoakBench(SoakSettings settings) => (_settings, _looked) = (settings, _start);

    public static int Run(string[] args)
    {
        if (SoakSettings.Read(args) is not { } settings)
        {
            Console.Error.WriteLine($"Usage: {SoakSettings.Usage}");
            return 2;
        }

        return new SoakBench(settings).Run();
    }

    private int Run()
    {
        Console.WriteLine($"Seeds {_settings.FirstSeed} to {_settings.FirstSeed + _settings.Seeds - 1}: {_settings.Hosts} hosts, at most {_settings.Jobs} jobs each, store {_settings.Store}, {_settings.Threads} runs at once.");
        var workers = Enumerable.Range(0, _settings.Threads).Select(_ => new Thread(Work)).ToList();
        workers.ForEach(w => w.Start());
        workers.ForEach(w => w.Join());
        if (_first is { } failed)
        {
            Explain(failed);
        }

        Console.WriteLine($"{Summary()}.");
        return _totals.Violations == 0 ? 0 : 1;
    }

    private void Work()
    {
        while (Interlocked.Increment(ref _taken) - 1 is var number && number < _settings.Seeds)
        {
            Count(Simulate(new SimulationPlan { Seed = _settings.FirstSeed + number, Hosts = _settings.Hosts, Jobs = _settings.Jobs }));
        }
    }

    private void Count(SimulationReport report)
    {
        lock (_gate)
        {
            _totals = new Totals(_totals.Seeds + 1, _totals.Steps + report.Steps, _totals.Jobs + report.Jobs, _totals.Launches + report.Launches, _totals.Crashes + report.Crashes,
                _totals.Simulated + report.Simulated, _totals.Violations + (report.Violation is null ? 0 : 1));
            if (report.Violation is not null)
            {
                _first = _first is null || report.Plan.Seed < _first.Plan.Seed ? report : _first;
                if (_totals.Violations <= MostShown)
                {
                    Console.Error.WriteLine($"seed {report.Plan.Seed}: {report.Violation.Split('\n', 2)[0]}");
                }
            }

            if (Stopwatch.GetElapsedTime(_looked) >= s_look)
            {
                _looked = Stopwatch.GetTimestamp();
                Console.Error.WriteLine(Summary());
            }
        }
    }

    private void Explain(SimulationReport failed)
    {
        var folder = _settings.IsSqlite ? Directory.CreateTempSubdirectory("runnerfleet-soak-").FullName : null;
        try
        {
            var shrunk = FleetSimulator.Shrink(folder is null ? failed : failed with { Plan = failed.Plan with { CreateStore = () => OpenSqlite(folder) } });
            Console.WriteLine($"The first of them, cut from {failed.Choices} choices to {shrunk.Plan.Choices}:");
            Console.WriteLine(string.Join('\n', shrunk.Log.TakeLast(LinesOfLog)));
            Console.WriteLine(shrunk);
        }
        finally
        {
            if (folder is not null)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private SimulationReport Simulate(SimulationPlan plan)
    {
        if (!_settings.IsSqlite)
        {
            return FleetSimulator.Run(plan);
        }

        var folder = Directory.CreateTempSubdirectory("runnerfleet-soak-").FullName;
        try
        {
            return FleetSimulator.Run(plan with { CreateStore = () => OpenSqlite(folder) });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A new file in the folder: each run begins with an empty store.</summary>
    private static IRunnerStore OpenSqlite(string folder)
    {
        var services = new ServiceCollection().AddLogging();
        services.AddRunnerFleet(o => o.GitHub.WebhookSecret = "unused").UseLauncher<FakeComputeLauncher>().UseSqlite(o => o.Path = Path.Combine(folder, $"{Path.GetRandomFileName()}.db"));
        return services.BuildServiceProvider().GetRequiredService<IRunnerStore>(); // whoever runs the plan disposes it
    }

    private string Summary()
    {
        var took = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        return string.Create(CultureInfo.InvariantCulture,
            $"{_totals.Seeds} seeds, {_totals.Steps} steps, {took:F0} seconds, {_totals.Violations} violations; {_totals.Jobs} jobs, {_totals.Launches} launches, {_totals.Crashes} crashes, {_totals.Simulated.TotalHours:F0} simulated hours, {_totals.Seeds / took:F0} seeds a second");
    }

    private readonly record struct Totals(long Seeds, long Steps, long Jobs, long Launches, long Crashes, TimeSpan Simulated, long Violations);
}

/// <summary>Which seeds, and of what.</summary>
internal sealed record SoakSettings
{
    public const string Usage = "soak [--seeds 10000] [--first-seed 1] [--hosts 2] [--jobs 8] [--store memory|sqlite] [--threads <processors>]";

    public int Seeds { get; init; } = 10_000;

    public int FirstSeed { get; init; } = 1;

    /// <summary>As <see cref="SimulationPlan.Hosts"/>.</summary>
    public int Hosts { get; init; } = 2;

    /// <summary>As <see cref="SimulationPlan.Jobs"/>.</summary>
    public int Jobs { get; init; } = 8;

    public string Store { get; init; } = "memory";

    public int Threads { get; init; } = Environment.ProcessorCount;

    public bool IsSqlite => Store == "sqlite";

    public static SoakSettings? Read(string[] args)
    {
        var settings = new SoakSettings();
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 >= args.Length)
            {
                return null;
            }

            if (args[i] == "--store")
            {
                settings = settings with { Store = args[i + 1] };
                continue;
            }

            if (!int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                return null;
            }

            switch (args[i])
            {
                case "--seeds": settings = settings with { Seeds = value }; break;
                case "--first-seed": settings = settings with { FirstSeed = value }; break;
                case "--hosts": settings = settings with { Hosts = value }; break;
                case "--jobs": settings = settings with { Jobs = value }; break;
                case "--threads": settings = settings with { Threads = value }; break;
                default: return null;
            }
        }

        return settings is { Seeds: > 0, FirstSeed: >= 0, Hosts: > 0, Jobs: > 0, Threads: > 0, Store: "memory" or "sqlite" } && settings.FirstSeed <= int.MaxValue - settings.Seeds ? settings : null;
    }
}
