namespace RunnerFleet.Testing.Aws;

/// <summary>An image in an <see cref="EcrStandIn"/>.</summary>
public sealed record EcrStandInImage
{
    /// <summary>Its digest, <c>sha256:</c> and 64 of 0-9 a-f.</summary>
    public required string Digest { get; init; }

    /// <summary>The tags that are on it; none once they have moved to others.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>When this content was first pushed.</summary>
    public required DateTimeOffset PushedAt { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long Size { get; init; }
}
