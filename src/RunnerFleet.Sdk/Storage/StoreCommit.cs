using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Storage;

/// <summary>What is to be written, all or nothing.</summary>
public sealed record StoreCommit
{
    /// <summary>Runners in their next version.</summary>
    public IReadOnlyList<Runner> Runners { get; init; } = [];

    /// <summary>Jobs in their next version.</summary>
    public IReadOnlyList<Job> Jobs { get; init; } = [];

    /// <summary>Places taken and freed; at most one change a key.</summary>
    public IReadOnlyList<PlaceChange> Places { get; init; } = [];

    /// <summary>Entries in their next version.</summary>
    public IReadOnlyList<StoreEntry> Entries { get; init; } = [];
}

/// <summary>Takes or frees places under one key.</summary>
public sealed record PlaceChange
{
    /// <summary>The counter's key, such as <c>fleet</c>, <c>class/medium</c> or <c>repository/github.com/42</c>.</summary>
    public required string Key { get; init; }

    /// <summary>How many are taken (positive) or freed (negative).</summary>
    public required int Delta { get; init; }

    /// <summary>When taking: the count after the change must not exceed this. <see langword="null"/> when freeing, or where there is no limit.</summary>
    public int? Limit { get; init; }
}

/// <summary>A small named fact.</summary>
public sealed record StoreEntry
{
    /// <summary>The key: path-like, such as <c>lease/sweep</c>.</summary>
    public required string Key { get; init; }

    /// <summary>Counts the writes, from 1.</summary>
    public required long Version { get; init; }

    /// <summary>The value, as text; <see langword="null"/> once it is cleared.</summary>
    public string? Value { get; init; }

    /// <summary>After this moment the entry may vanish.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>How a commit ended.</summary>
public abstract class CommitOutcome
{
    private protected CommitOutcome() { }

    /// <summary>Everything was written.</summary>
    public sealed class Committed : CommitOutcome
    {
        private Committed() { }

        /// <summary>The one instance.</summary>
        public static Committed Instance { get; } = new();
    }

    /// <summary>Nothing was written: somebody else wrote first. Read again and decide again.</summary>
    /// <param name="keys">The runner ids, job keys and entry keys whose stored version is another.</param>
    public sealed class Conflict(IReadOnlyList<string> keys) : CommitOutcome
    {
        /// <summary>The runner ids, job keys and entry keys whose stored version is another.</summary>
        public IReadOnlyList<string> Keys { get; } = keys;
    }

    /// <summary>Nothing was written: there is no place left under some keys.</summary>
    /// <param name="keys">The keys without a place.</param>
    public sealed class NoPlace(IReadOnlyList<string> keys) : CommitOutcome
    {
        /// <summary>The keys without a place.</summary>
        public IReadOnlyList<string> Keys { get; } = keys;
    }
}

/// <summary>The store could not be reached, or did not answer in time.</summary>
public sealed class StoreUnavailableException : Exception
{
    /// <summary>Makes the exception with a general message.</summary>
    public StoreUnavailableException() : base("The runner store could not be reached.") { }

    /// <summary>Makes the exception.</summary>
    public StoreUnavailableException(string message) : base(message) { }

    /// <summary>Makes the exception with its cause.</summary>
    public StoreUnavailableException(string message, Exception innerException) : base(message, innerException) { }
}
