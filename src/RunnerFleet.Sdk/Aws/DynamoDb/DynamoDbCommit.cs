using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>A commit as one transaction: an action for each record, each with its condition, and what their refusals mean.</summary>
internal sealed class DynamoDbCommit
{
    // API Reference, TransactWriteItems; Developer Guide, "Quotas in Amazon DynamoDB".
    private const int MostActions = 100;
    private const int MostBytes = 4 * 1024 * 1024;
    private const int MostItemBytes = 400 * 1024;

    private readonly List<(string Key, bool IsPlace, TransactWriteItem Action)> _writes = [];
    private int _bytes;

    /// <exception cref="ArgumentException">A record, or the commit, is larger than DynamoDB takes.</exception>
    public DynamoDbCommit(StoreCommit commit, RunnerKind runners, JobKind jobs)
    {
        foreach (var runner in commit.Runners)
        {
            Put("runner " + runner.Id, runner.Id, runners.Table, runners.ItemOf(runner), Attributes.RunnerId, runner.Version);
        }

        foreach (var job in commit.Jobs)
        {
            Put("job " + job.Key, job.Key.ToString(), jobs.Table, jobs.ItemOf(job), Attributes.PartitionKey, job.Version);
        }

        foreach (var entry in commit.Entries)
        {
            Put("entry " + entry.Key, entry.Key, jobs.Table, StateTable.ItemOf(jobs.Fleet, entry), Attributes.PartitionKey, entry.Version);
        }

        foreach (var place in commit.Places)
        {
            Change(place, jobs.Table, jobs.Fleet);
        }

        if (_writes.Count > MostActions || _bytes > MostBytes)
        {
            throw new ArgumentException($"The commit has {_writes.Count} writes of {_bytes} bytes in all; DynamoDB takes {MostActions} of {MostBytes} bytes in one transaction.", nameof(commit));
        }
    }

    public bool IsEmpty => _writes.Count == 0;

    public TransactWriteItemsRequest ToRequest(string token) => new() { TransactItems = [.. _writes.Select(write => write.Action)], ClientRequestToken = token };

    /// <summary>What the reasons of a cancelled transaction mean: <see langword="null"/> where they say nothing of the conditions, so that it is to be tried again.</summary>
    public CommitOutcome? OutcomeOf(IReadOnlyList<CancellationReason> reasons)
    {
        var failed = _writes.Zip(reasons, (write, reason) => (write.Key, write.IsPlace, reason.Code)).Where(write => write.Code is not (null or "None")).ToList();
        var stale = failed.Where(write => write is { IsPlace: false, Code: "ConditionalCheckFailed" }).Select(write => write.Key).ToList();
        if (stale.Count > 0)
        {
            return new CommitOutcome.Conflict(stale);
        }

        // A version whose condition was not looked at might have failed too, and would then be what is to be reported.
        return failed.Count > 0 && failed.All(write => write is { IsPlace: true, Code: "ConditionalCheckFailed" }) ? new CommitOutcome.NoPlace([.. failed.Select(write => write.Key)]) : null;
    }

    private void Put(string what, string key, string table, Item item, string keyAttribute, long version)
    {
        var put = new Put { TableName = table, Item = item.Attributes };
        if (version == 1)
        {
            put.ConditionExpression = $"attribute_not_exists({keyAttribute})";
        }
        else
        {
            put.ConditionExpression = $"{Attributes.Version} = :before";
            put.ExpressionAttributeValues = new() { [":before"] = Item.Number(version - 1) };
        }

        var size = item.Size;
        if (size > MostItemBytes)
        {
            throw new ArgumentException($"The record of {what} has {size} bytes; DynamoDB takes {MostItemBytes} of one item.");
        }

        _bytes += size;
        _writes.Add((key, false, new TransactWriteItem { Put = put }));
    }

    // A limit binds whoever takes: a place can be freed even when the limit has since been lowered below the count.
    private void Change(PlaceChange place, string table, string fleet)
    {
        var update = new Update
        {
            TableName = table,
            Key = StateTable.PlaceKey(fleet, place.Key),
            UpdateExpression = $"ADD {Attributes.Taken} :delta",
            ExpressionAttributeValues = new() { [":delta"] = Item.Number(place.Delta) },
        };
        if (place is { Delta: > 0, Limit: { } limit })
        {
            var room = (long)limit - place.Delta;
            update.ConditionExpression = room >= 0 ? $"attribute_not_exists({Attributes.Taken}) OR {Attributes.Taken} <= :room" : $"{Attributes.Taken} <= :room";
            update.ExpressionAttributeValues.Add(":room", Item.Number(room));
        }

        _writes.Add((place.Key, true, new TransactWriteItem { Update = update }));
    }
}
