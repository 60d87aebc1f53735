using System.Text.Json.Serialization;

namespace RunnerFleet.Runners;

/// <summary>The repository a job belongs to.</summary>
public sealed record RepositoryRef
{
    /// <summary>GitHub's numeric id, which survives a rename. Limits count by it. 0 where a payload did not say.</summary>
    public long Id { get; init; }

    /// <summary>The owner's login.</summary>
    public required string Owner { get; init; }

    /// <summary>The repository's name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether GitHub said that it is private. What is not said counts as public.</summary>
    public bool IsPrivate { get; init; }

    /// <summary><c>owner/name</c>.</summary>
    [JsonIgnore]
    public string FullName => $"{Owner}/{Name}";

    /// <inheritdoc/>
    public override string ToString() => FullName;
}
