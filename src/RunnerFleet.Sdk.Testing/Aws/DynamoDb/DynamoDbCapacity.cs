namespace RunnerFleet.Testing.Aws;

/// <summary>Capacity units that were consumed, reckoned by AWS's rules.</summary>
public sealed record DynamoDbCapacity
{
    /// <summary>Read units: one for each 4 KB begun, half of that where a read may be stale, twice that in a transaction.</summary>
    public double Read { get; init; }

    /// <summary>Write units: one for each 1 KB begun, twice that in a transaction.</summary>
    public double Write { get; init; }
}
