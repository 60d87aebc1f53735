namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>What DynamoDB takes at most (Developer Guide, "Quotas in Amazon DynamoDB", and the API Reference of each operation).</summary>
internal static class Limits
{
    public const int ItemBytes = 400 * 1024;
    public const int HashKeyBytes = 2048;
    public const int RangeKeyBytes = 1024;
    public const int PageBytes = 1024 * 1024;
    public const int Depth = 32;

    public const int TransactionActions = 100;
    public const int TransactionBytes = 4 * 1024 * 1024;
    public const int BatchReads = 100;
    public const int BatchWrites = 25;
    public const int BatchBytes = 16 * 1024 * 1024;

    public const int Indexes = 20;
    public const int ProjectedAttributes = 100;

    public const int ExpressionBytes = 4096;
    public const int ExpressionOperators = 300;
    public const int InOperands = 100;

    /// <summary>How long a transaction's token stands for it.</summary>
    public static readonly TimeSpan Idempotency = TimeSpan.FromMinutes(10);
}
