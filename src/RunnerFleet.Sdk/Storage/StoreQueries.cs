using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.Storage;

/// <summary>Which PENDING runners to list.</summary>
public sealed record PendingQuery
{
    /// <summary>The present moment.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>At most so many of one queue (<see cref="Runner.QueueKey"/>).</summary>
    public int PerQueue { get; init; } = 25;

    /// <summary>At most so many in all.</summary>
    public int Take { get; init; } = 250;
}

/// <summary>Which runners to list.</summary>
public sealed record RunnerQuery
{
    /// <summary>Only runners in these states; empty means all.</summary>
    public IReadOnlyList<RunnerState> States { get; init; } = [];

    /// <summary>At most so many a page, 1 to 1000.</summary>
    public int Take { get; init; } = 50;

    /// <summary>Where the last page ended; <see langword="null"/> for the first.</summary>
    public string? Continuation { get; init; }
}

/// <summary>Which jobs to list.</summary>
public sealed record JobQuery
{
    /// <summary>Only jobs in these states; empty means all.</summary>
    public IReadOnlyList<JobState> States { get; init; } = [];

    /// <summary>At most so many a page, 1 to 1000.</summary>
    public int Take { get; init; } = 50;

    /// <summary>Where the last page ended; <see langword="null"/> for the first.</summary>
    public string? Continuation { get; init; }
}

/// <summary>One page of a listing.</summary>
/// <typeparam name="T">What is listed.</typeparam>
public sealed record Page<T>
{
    /// <summary>The items.</summary>
    public required IReadOnlyList<T> Items { get; init; }

    /// <summary>Give this back for the next page; <see langword="null"/> when there is none.</summary>
    public string? Continuation { get; init; }
}
