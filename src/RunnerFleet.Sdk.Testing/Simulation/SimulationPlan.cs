using Microsoft.Extensions.DependencyInjection;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Storage;

namespace RunnerFleet.Testing.Simulation;

/// <summary>What to simulate. The same plan with the same seed gives the same run, to the byte of its log.</summary>
public sealed record SimulationPlan
{
    /// <summary>Decides everything that is left open: the jobs, the order of every answer, every fault.</summary>
    public required int Seed { get; init; }

    /// <summary>After so many choices the world behaves; the default never begins to. <see cref="FleetSimulator.Shrink"/> looks for the smallest number that still fails.</summary>
    public long Choices { get; init; } = long.MaxValue;

    /// <summary>How many hosts share the store, each of which may crash and come back.</summary>
    public int Hosts { get; init; } = 2;

    /// <summary>How many jobs are queued at most.</summary>
    public int Jobs { get; init; } = 8;

    /// <summary>How many jobs of one matrix are queued at the same moment besides; GitHub allows 256.</summary>
    public int Burst { get; init; }

    /// <summary>Whether anything may go wrong. Without, every job must be served by one launch, and soon.</summary>
    public bool HasFaults { get; init; } = true;

    /// <summary>Says of a job's labels that it need not be served, for instance since what would serve it was made to fail. All others must be, without delay.</summary>
    public Func<IReadOnlyList<string>, bool>? MayFail { get; init; }

    /// <summary>Says of an exception that the engine may let it out, or log it, since the plan put in what throws it. Otherwise only what the outside fails with may.</summary>
    public Func<Exception, bool>? MayThrow { get; init; }

    /// <summary>Whether every line of the log is kept, or only its hash.</summary>
    public bool KeepsLog { get; init; }

    /// <summary>Makes the store; the default is the in-memory one. It must answer on the calling thread, as every store without a network does.</summary>
    public Func<IRunnerStore>? CreateStore { get; init; }

    /// <summary>Puts something before the store, for instance a mistake that the simulation must find.</summary>
    public Func<IRunnerStore, IRunnerStore>? DecorateStore { get; init; }

    /// <summary>Puts something before the launcher.</summary>
    public Func<IComputeLauncher, IComputeLauncher>? DecorateLauncher { get; init; }

    /// <summary>Puts something before GitHub.</summary>
    public Func<IRunnerRegistrar, IRunnerRegistrar>? DecorateRegistrar { get; init; }

    /// <summary>Puts something before the fleet's front door, at which webhooks, claims, reports and events arrive.</summary>
    public Func<IRunnerFleet, IRunnerFleet>? DecorateFleet { get; init; }

    /// <summary>Changes what each host is composed of, for instance another label parser. Everything must answer on the calling thread, or wait for the host's <see cref="TimeProvider"/>.</summary>
    public Action<IServiceCollection>? ConfigureServices { get; init; }

    /// <summary>Changes the fleet's settings.</summary>
    public Action<RunnerFleetOptions>? Configure { get; init; }
}

/// <summary>How a simulated run ended.</summary>
public sealed record SimulationReport
{
    /// <summary>The plan that was run.</summary>
    public required SimulationPlan Plan { get; init; }

    /// <summary>The first promise that was broken, with its number, the job or runner, and its history; <see langword="null"/> when all held.</summary>
    public string? Violation { get; init; }

    /// <summary>The number of that promise, as in docs/concepts.md; <see langword="null"/> when all held.</summary>
    public int? BrokenPromise { get; init; }

    /// <summary>How many things happened.</summary>
    public required long Steps { get; init; }

    /// <summary>How many choices the world made.</summary>
    public required long Choices { get; init; }

    /// <summary>How much time passed in the simulation.</summary>
    public required TimeSpan Simulated { get; init; }

    /// <summary>How many jobs were queued.</summary>
    public required int Jobs { get; init; }

    /// <summary>How many launches took effect.</summary>
    public required int Launches { get; init; }

    /// <summary>How many crashes of hosts there were.</summary>
    public required int Crashes { get; init; }

    /// <summary>How often each kind of trouble took place, by its name.</summary>
    public required IReadOnlyDictionary<string, int> Troubles { get; init; }

    /// <summary>A hash of the whole log: two runs are the same when it is.</summary>
    public required ulong LogHash { get; init; }

    /// <summary>The log, where <see cref="SimulationPlan.KeepsLog"/> asked for it.</summary>
    public IReadOnlyList<string> Log { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => Violation is null
        ? $"seed {Plan.Seed}: held ({Steps} steps, {Jobs} jobs, {Launches} launches, {Crashes} crashes)"
        : $"seed {Plan.Seed}: {Violation}\nReplay with {Replay()}.";

    private string Replay()
    {
        var own = new List<string>();
        own.AddRange(Plan.CreateStore is null ? [] : ["store"]);
        own.AddRange(Plan is { DecorateStore: null, DecorateLauncher: null, DecorateRegistrar: null, DecorateFleet: null, ConfigureServices: null } ? [] : ["parts"]);
        own.AddRange(Plan.Configure is null ? [] : ["settings"]);
        var cut = Plan.Choices == long.MaxValue ? "" : FormattableString.Invariant($", Choices = {Plan.Choices}");
        var burst = Plan.Burst == 0 ? "" : FormattableString.Invariant($", Burst = {Plan.Burst}");
        return FormattableString.Invariant($"new SimulationPlan {{ Seed = {Plan.Seed}{cut}, Hosts = {Plan.Hosts}, Jobs = {Plan.Jobs}{burst}{(Plan.HasFaults ? "" : ", HasFaults = false")} }}{(own.Count == 0 ? "" : $" and the same {string.Join(", ", own)}")}");
    }
}
