using System.Globalization;
using System.Text;
using Amazon.DynamoDBv2.Model;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>An item that is being made. What is unknown is left out: an attribute is there, or it says something.</summary>
internal sealed class Item
{
    public Dictionary<string, AttributeValue> Attributes { get; } = new(StringComparer.Ordinal);

    /// <summary>Its size as AWS counts, or a little more (Developer Guide, "Item sizes and formats").</summary>
    public int Size => Attributes.Sum(attribute => attribute.Key.Length + (attribute.Value.N?.Length ?? Encoding.UTF8.GetByteCount(attribute.Value.S)));

    public Item With(string name, string? text)
    {
        if (text is not null)
        {
            Attributes.Add(name, new AttributeValue { S = text });
        }

        return this;
    }

    public Item With(string name, long? number)
    {
        if (number is { } value)
        {
            Attributes.Add(name, Number(value));
        }

        return this;
    }

    /// <summary>What records of both kinds have, and are found by.</summary>
    public Item WithRecord<TState>(string fleet, long version, byte[] record, RecordFacts<TState> facts, bool isLive)
        where TState : struct, Enum
    {
        var status = StateNames<TState>.Of(facts.State);
        return With(DynamoDb.Attributes.Fleet, fleet)
            .With(DynamoDb.Attributes.Version, version)
            .With(DynamoDb.Attributes.Status, status)
            .With(DynamoDb.Attributes.Record, Encoding.UTF8.GetString(record))
            .With(DynamoDb.Attributes.ExpiresAt, Seconds(facts.ExpiresAt))
            .With(DynamoDb.Attributes.ListKey, isLive ? IndexKeys.Live(fleet) : IndexKeys.Ended(fleet, status))
            .With(DynamoDb.Attributes.ListOrder, !isLive ? IndexKeys.Order(new ListPosition(facts.CreatedAt, facts.Id))
                : facts.Deadline is { } deadline ? IndexKeys.Order(new ListPosition(deadline, facts.Id)) : $"{IndexKeys.Never}|{facts.Id}")
            .With(DynamoDb.Attributes.CreatedTicks, isLive ? facts.CreatedAt.UtcTicks : null)
            .With(DynamoDb.Attributes.DemandKey, facts.Demand is { Key: var key } ? IndexKeys.Demand(fleet, key) : null)
            .With(DynamoDb.Attributes.DemandOrder, facts.Demand is { Position: var position } ? IndexKeys.Order(position) : null);
    }

    public static AttributeValue Number(long number) => new() { N = number.ToString(CultureInfo.InvariantCulture) };

    /// <summary>The second after which time to live may take an item: not before its moment.</summary>
    public static long? Seconds(DateTimeOffset? expiry) => expiry is { } at ? (at.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond : null;
}
