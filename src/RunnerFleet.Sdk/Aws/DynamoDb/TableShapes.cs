using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>The tables as they are made: keys and indexes.</summary>
internal static class TableShapes
{
    public static CreateTableRequest Runners(string name) => Table(name, [Attributes.RunnerId],
        [Attributes.Status, Attributes.CreatedTicks, Attributes.Queue, Attributes.QueuedTicks, Attributes.NotBeforeTicks]);

    public static CreateTableRequest State(string name) => Table(name, [Attributes.PartitionKey, Attributes.SortKey], [Attributes.Status, Attributes.CreatedTicks]);

    private static CreateTableRequest Table(string name, string[] key, List<string> listed) => new()
    {
        TableName = name,
        BillingMode = BillingMode.PAY_PER_REQUEST,
        KeySchema = Schema(key),
        AttributeDefinitions = [.. key.Concat([Attributes.ListKey, Attributes.ListOrder, Attributes.DemandKey, Attributes.DemandOrder])
            .Select(attribute => new AttributeDefinition { AttributeName = attribute, AttributeType = ScalarAttributeType.S })],
        GlobalSecondaryIndexes =
        [
            new()
            {
                IndexName = Attributes.ListIndex,
                KeySchema = Schema([Attributes.ListKey, Attributes.ListOrder]),
                Projection = new() { ProjectionType = ProjectionType.INCLUDE, NonKeyAttributes = listed },
            },
            new()
            {
                IndexName = Attributes.DemandIndex,
                KeySchema = Schema([Attributes.DemandKey, Attributes.DemandOrder]),
                Projection = new() { ProjectionType = ProjectionType.KEYS_ONLY },
            },
        ],
    };

    private static List<KeySchemaElement> Schema(string[] key) => [.. key.Select((attribute, i) => new KeySchemaElement { AttributeName = attribute, KeyType = i == 0 ? KeyType.HASH : KeyType.RANGE })];
}
