using System.Globalization;
using Amazon.DynamoDBv2.Model;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>Keys and items of places and entries.</summary>
internal static class StateTable
{
    public static Dictionary<string, AttributeValue> Key(string partition, string sort) => new()
    {
        [Attributes.PartitionKey] = new() { S = partition },
        [Attributes.SortKey] = new() { S = sort },
    };

    public static Dictionary<string, AttributeValue> PlaceKey(string fleet, string key) => Key($"{fleet}#place", key);

    /// <summary>All entries of a fleet are in one partition, so that those with a prefix can be read consistently and in order.</summary>
    public static string EntryPartition(string fleet) => $"{fleet}#entry";

    public static Dictionary<string, AttributeValue> EntryKey(string fleet, string key) => Key(EntryPartition(fleet), key);

    // Time to live counts seconds, and an entry comes back to the tick.
    public static Item ItemOf(string fleet, StoreEntry entry) => new Item()
        .With(Attributes.PartitionKey, EntryPartition(fleet))
        .With(Attributes.SortKey, entry.Key)
        .With(Attributes.Version, entry.Version)
        .With(Attributes.Value, entry.Value)
        .With(Attributes.ExpiresAt, Item.Seconds(entry.ExpiresAt))
        .With(Attributes.ExpiresTicks, entry.ExpiresAt?.UtcTicks);

    public static StoreEntry ReadEntry(Dictionary<string, AttributeValue> item) => new()
    {
        Key = item[Attributes.SortKey].S,
        Version = long.Parse(item[Attributes.Version].N, CultureInfo.InvariantCulture),
        Value = item.GetValueOrDefault(Attributes.Value)?.S,
        ExpiresAt = item.GetValueOrDefault(Attributes.ExpiresTicks) is { } expiry ? IndexKeys.Moment(expiry.N) : null,
    };
}
