using RunnerFleet.Runners;

namespace RunnerFleet.Compute;

/// <summary>Says which runner classes there are.</summary>
public interface IRunnerClassCatalog
{
    /// <summary>
    /// Gets all classes by lower-case name. A catalogue that reads from elsewhere keeps its last good copy and never caches a failure.
    /// </summary>
    /// <exception cref="ClassesUnavailableException">They could not be read, and there is no earlier copy.</exception>
    ValueTask<IReadOnlyDictionary<string, RunnerClass>> GetClassesAsync(CancellationToken cancellationToken);
}

/// <summary>The runner classes could not be read, and there is no earlier copy. Launches wait; nothing is refused for it.</summary>
public sealed class ClassesUnavailableException : Exception
{
    /// <summary>Makes the exception with a general message.</summary>
    public ClassesUnavailableException() : base("The runner classes could not be read.") { }

    /// <summary>Makes the exception.</summary>
    public ClassesUnavailableException(string message) : base(message) { }

    /// <summary>Makes the exception with its cause.</summary>
    public ClassesUnavailableException(string message, Exception innerException) : base(message, innerException) { }
}

/// <summary>A size that jobs can ask for with <c>class:&lt;name&gt;</c>.</summary>
public sealed record RunnerClass
{
    /// <summary>The name, lower case: 1 to 32 of <c>a-z 0-9 . _ -</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Processor units; 1024 are one virtual CPU.</summary>
    public required int Cpu { get; init; }

    /// <summary>Memory in MiB.</summary>
    public required int MemoryMiB { get; init; }

    /// <summary>Ephemeral disk in GiB, 21 to 200 on Fargate; <see langword="null"/> leaves the launcher's default (20 on Fargate).</summary>
    public int? DiskGiB { get; init; }

    /// <summary><c>x64</c> or <c>arm64</c>.</summary>
    public string Architecture { get; init; } = "x64";

    /// <summary>How its compute is paid for where a job does not say; <see langword="null"/> is on demand.</summary>
    public CapacityKind? Capacity { get; init; }

    /// <summary>How many runners of this class may live at once; <see langword="null"/> for no limit of its own.</summary>
    public int? Limit { get; init; }

    /// <summary>How long a job may run on it; <see langword="null"/> takes the fleet's <c>JobTimeLimitSeconds</c>, zero is no limit.</summary>
    public TimeSpan? JobTimeLimit { get; init; }
}
