using Microsoft.Extensions.Options;
using RunnerFleet.Runners;

namespace RunnerFleet.Compute;

/// <summary>The classes of <c>RunnerFleet:Classes</c>; where none are configured, one class <c>default</c> with 1 vCPU and 2 GiB.</summary>
internal sealed class OptionsClassCatalog(IOptionsMonitor<RunnerFleetOptions> options) : IRunnerClassCatalog
{
    private const string DefaultName = "default";

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<string, RunnerClass>> GetClassesAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var classes = new Dictionary<string, RunnerClass>(StringComparer.Ordinal);
        foreach (var (name, settings) in options.CurrentValue.Classes)
        {
            classes[name.ToLowerInvariant()] = ClassOf(name.ToLowerInvariant(), settings);
        }

        if (classes.Count == 0)
        {
            classes[DefaultName] = ClassOf(DefaultName, new RunnerClassOptions());
        }

        return ValueTask.FromResult<IReadOnlyDictionary<string, RunnerClass>>(classes);
    }

    /// <summary>The class of jobs that name none: the configured one, else the one named <c>default</c>, else the smallest (by processor, then memory, then name).</summary>
    /// <exception cref="ArgumentException">There are no classes.</exception>
    internal static RunnerClass DefaultOf(IReadOnlyDictionary<string, RunnerClass> classes, string? defaultClass)
    {
        if (classes.Count == 0)
        {
            throw new ArgumentException("There are no runner classes.", nameof(classes));
        }

        return classes.GetValueOrDefault(defaultClass?.ToLowerInvariant() ?? "")
            ?? classes.GetValueOrDefault(DefaultName)
            ?? classes.Values.OrderBy(one => one.Cpu).ThenBy(one => one.MemoryMiB).ThenBy(one => one.Name, StringComparer.Ordinal).First();
    }

    private static RunnerClass ClassOf(string name, RunnerClassOptions settings) => new()
    {
        Name = name,
        Cpu = settings.Cpu,
        MemoryMiB = settings.Memory,
        DiskGiB = settings.Disk,
        Architecture = settings.Architecture,
        Capacity = settings.Capacity == "spot" ? CapacityKind.Spot : null,
        Limit = settings.Limit,
        JobTimeLimit = settings.JobTimeLimitSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
    };
}
