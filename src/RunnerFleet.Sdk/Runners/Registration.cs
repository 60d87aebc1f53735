namespace RunnerFleet.Runners;

/// <summary>One registration of a runner at GitHub.</summary>
public sealed record Registration
{
    /// <summary>Counts the registrations of one runner, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>The runner's name at GitHub: <c>rf-&lt;fleet&gt;-&lt;id&gt;-&lt;n&gt;</c>.</summary>
    public required string Name { get; init; }

    /// <summary>GitHub's id of the runner; <see langword="null"/> while minting, or where the answer was lost.</summary>
    public long? GitHubId { get; init; }

    /// <summary>When minting began.</summary>
    public required DateTimeOffset MintedAt { get; init; }

    /// <summary>Whether it is proven that GitHub no longer holds it.</summary>
    public bool IsGone { get; init; }
}
