namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>What reads and writes cost (Developer Guide, "DynamoDB read and write operations").</summary>
internal static class CapacityUnits
{
    /// <summary>One for each 4 KB begun, half of that where the read may be stale.</summary>
    public static double Read(int bytes, bool isConsistent) => Math.Max(1, (bytes + 4095) / 4096) * (isConsistent ? 1 : 0.5);

    /// <summary>One for each 1 KB begun.</summary>
    public static int Write(int bytes) => Math.Max(1, (bytes + 1023) / 1024);
}
