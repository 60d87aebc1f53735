using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Amazon.DynamoDBv2.Model;
using Microsoft.Extensions.Logging;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>Finds runners, or jobs. An index says which; the records themselves are then read consistently, and one that has moved on since is left out.</summary>
internal sealed class RecordTable<TRecord, TState>(DynamoDbConnection connection, RecordKind<TRecord, TState> kind, TimeProvider clock, ILogger logger)
    where TRecord : class
    where TState : struct, Enum
{
    public FreshRecords<TRecord> Fresh { get; } = new(record => kind.FactsOf(record).Id, clock);

    public async ValueTask<TRecord?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var item = await connection.GetAsync(kind.Table, kind.KeyOf(id), cancellationToken).ConfigureAwait(false);
        return item is null || !IsOurs(item) ? null : TryRead(item, out var record, out var failure) ? record : throw Unreadable(id, failure);
    }

    /// <summary>Reads the present state of records. One that cannot be read does not keep the others from being so.</summary>
    public async Task<IReadOnlyDictionary<string, TRecord>> FindAsync(IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        var items = await connection.GetAsync(kind.Table, ids.Distinct(StringComparer.Ordinal).Select(kind.KeyOf), cancellationToken).ConfigureAwait(false);
        var records = new Dictionary<string, TRecord>(StringComparer.Ordinal);
        foreach (var item in items.Where(IsOurs))
        {
            if (TryRead(item, out var record, out var failure))
            {
                records.Add(kind.IdOf(item), record);
            }
            else
            {
                logger.RecordUnreadable(kind.IdOf(item), kind.Table, failure);
            }
        }

        return records;
    }

    public async ValueTask<IReadOnlyList<TRecord>> ListDueAsync(DateTimeOffset now, int take, CancellationToken cancellationToken)
    {
        var query = Query(Attributes.ListIndex, Attributes.ListKey, IndexKeys.Live(kind.Fleet));
        query.KeyConditionExpression += $" AND {Attributes.ListOrder} < :after";
        query.ExpressionAttributeValues[":after"] = new() { S = IndexKeys.JustAfter(now) };
        var due = await ReadAsync(query, take, facts => facts.Deadline <= now, cancellationToken).ConfigureAwait(false);
        due = [.. due, .. await ReadFreshAsync(facts => facts.Deadline <= now, due, cancellationToken).ConfigureAwait(false)];
        return [.. due.OrderBy(record => new ListPosition(record.Facts.Deadline!.Value, record.Facts.Id)).Take(take).Select(record => record.Record)];
    }

    public async ValueTask<IReadOnlyList<TRecord>> ListOfDemandAsync(string demandKey, int take, CancellationToken cancellationToken)
    {
        var query = Query(Attributes.DemandIndex, Attributes.DemandKey, IndexKeys.Demand(kind.Fleet, demandKey));
        var found = await ReadAsync(query, take, facts => facts.Demand?.Key == demandKey, cancellationToken).ConfigureAwait(false);
        return [.. found.OrderBy(record => record.Facts.Demand!.Value.Position).Select(record => record.Record)];
    }

    public QueryRequest Query(string index, string keyName, string key) => new()
    {
        TableName = kind.Table,
        IndexName = index,
        KeyConditionExpression = $"{keyName} = :key",
        ExpressionAttributeValues = new() { [":key"] = new() { S = key } },
    };

    /// <summary>What a query of an index shows, page by page.</summary>
    public IAsyncEnumerable<QueryResponse> PagesAsync(QueryRequest query, CancellationToken cancellationToken) => connection.QueryAsync(query, cancellationToken);

    private async Task<IReadOnlyCollection<(TRecord Record, RecordFacts<TState> Facts)>> ReadFreshAsync(Func<RecordFacts<TState>, bool> fits, IReadOnlyCollection<(TRecord Record, RecordFacts<TState> Facts)> shown, CancellationToken cancellationToken)
    {
        var fresh = Fresh.All.Select(kind.FactsOf).Where(fits).Select(facts => facts.Id).Except(shown.Select(record => record.Facts.Id), StringComparer.Ordinal).ToList();
        var records = await FindAsync(fresh, cancellationToken).ConfigureAwait(false);
        return [.. records.Values.Select(record => (record, kind.FactsOf(record))).Where(record => fits(record.Item2))];
    }

    // A stale entry makes room for the next: whoever asks for so many gets them as long as there are any.
    private async Task<IReadOnlyCollection<(TRecord Record, RecordFacts<TState> Facts)>> ReadAsync(QueryRequest query, int take, Func<RecordFacts<TState>, bool> still, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, (TRecord, RecordFacts<TState>)>(StringComparer.Ordinal);
        if (take <= 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return [];
        }

        query.Limit = take;
        await foreach (var page in PagesAsync(query, cancellationToken).ConfigureAwait(false))
        {
            var records = await FindAsync(page.Items.Select(kind.IdOf), cancellationToken).ConfigureAwait(false);
            foreach (var record in page.Items.Select(kind.IdOf).Where(records.ContainsKey).Select(id => records[id]))
            {
                if (kind.FactsOf(record) is var facts && still(facts))
                {
                    found[facts.Id] = (record, facts);
                }
            }

            if (found.Count >= take)
            {
                break;
            }

            query.Limit = take - found.Count;
        }

        return found.Values;
    }

    private bool IsOurs(Dictionary<string, AttributeValue> item) => item.GetValueOrDefault(Attributes.Fleet)?.S == kind.Fleet;

    private bool TryRead(Dictionary<string, AttributeValue> item, [NotNullWhen(true)] out TRecord? record, [NotNullWhen(false)] out Exception? failure)
    {
        try
        {
            (record, failure) = (kind.Read(Encoding.UTF8.GetBytes(item.GetValueOrDefault(Attributes.Record)?.S ?? "")), null);
            return true;
        }
        catch (JsonException e)
        {
            (record, failure) = (null, e);
            return false;
        }
    }

    private StoreUnavailableException Unreadable(string id, Exception failure) =>
        new($"The record {id} in the DynamoDB table {kind.Table} cannot be read: it was written by a newer version of RunnerFleet, or changed by hand. Update this host, or delete the item.", failure);
}
