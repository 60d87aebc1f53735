using Microsoft.Extensions.Logging;

namespace RunnerFleet.Aws.DynamoDb;

internal static partial class DynamoDbLog // DynamoDB store: 6000-6099
{
    [LoggerMessage(6001, LogLevel.Debug, "A commit met another ({Obstacle}) in try {Tries}. It is tried again.")]
    public static partial void CommitMet(this ILogger logger, string obstacle, int tries);

    [LoggerMessage(6002, LogLevel.Error, "The record {Id} in the table {Table} cannot be read and is left out of lists: it was written by a newer version, or changed by hand. Update this host, or delete the item.")]
    public static partial void RecordUnreadable(this ILogger logger, string id, string table, Exception exception);

    [LoggerMessage(6010, LogLevel.Information, "Table {Table} was asked for; waiting until it is there.")]
    public static partial void TableAskedFor(this ILogger logger, string table);

    [LoggerMessage(6011, LogLevel.Information, "Table {Table} is there, with its indexes and time to live.")]
    public static partial void TableReady(this ILogger logger, string table);
}
