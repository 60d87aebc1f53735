using System.Runtime.CompilerServices;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>The way to DynamoDB: its failures become words, its pages and batches become whole.</summary>
internal sealed class DynamoDbConnection
{
    private const int BatchSize = 100; // API Reference, BatchGetItem
    private const int MaxTries = 10;

    private readonly IAmazonDynamoDB _client;
    private readonly DynamoDbTrouble _trouble;

    public DynamoDbConnection(IAmazonDynamoDB client, TimeProvider clock, Random random)
    {
        _client = client;
        _trouble = new(client.Config?.RegionEndpoint?.SystemName ?? client.Config?.AuthenticationRegion ?? "the region of this host");
        Pauses = new(clock, random);
    }

    public Pauses Pauses { get; }

    /// <exception cref="StoreUnavailableException">DynamoDB refused, or did not answer.</exception>
    public async Task<T> CallAsync<T>(string tables, Func<IAmazonDynamoDB, Task<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await call(_client).ConfigureAwait(false);
        }
        catch (Exception e) when (DynamoDbTrouble.IsTrouble(e) && !cancellationToken.IsCancellationRequested)
        {
            throw _trouble.InWords(e, tables);
        }
        catch (Exception e) when (DynamoDbTrouble.IsTrouble(e) && e is not OperationCanceledException)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    /// <summary>Reads one item consistently.</summary>
    public async Task<Dictionary<string, AttributeValue>?> GetAsync(string table, Dictionary<string, AttributeValue> key, CancellationToken cancellationToken)
    {
        var request = new GetItemRequest { TableName = table, Key = key, ConsistentRead = true };
        var answer = await CallAsync(table, client => client.GetItemAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        return answer.IsItemSet ? answer.Item : null;
    }

    /// <summary>Reads items consistently, however many. Those that are not there are left out, and the rest comes in no order.</summary>
    public async Task<IReadOnlyList<Dictionary<string, AttributeValue>>> GetAsync(string table, IEnumerable<Dictionary<string, AttributeValue>> keys, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var batches = await Task.WhenAll(keys.Chunk(BatchSize).Select(batch => GetBatchAsync(table, [.. batch], cancellationToken))).ConfigureAwait(false);
        return [.. batches.SelectMany(batch => batch)];
    }

    /// <summary>Reads one page after the other, as far as the caller goes.</summary>
    public async IAsyncEnumerable<QueryResponse> QueryAsync(QueryRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await CallAsync(request.TableName, client => client.QueryAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            page.Items ??= [];
            yield return page;
            if (page.LastEvaluatedKey is not { Count: > 0 } last)
            {
                yield break;
            }

            request.ExclusiveStartKey = last;
        }
    }

    private async Task<List<Dictionary<string, AttributeValue>>> GetBatchAsync(string table, List<Dictionary<string, AttributeValue>> keys, CancellationToken cancellationToken)
    {
        var found = new List<Dictionary<string, AttributeValue>>();
        var wanted = new Dictionary<string, KeysAndAttributes> { [table] = new() { Keys = keys, ConsistentRead = true } };
        for (var tries = 1; ; tries++)
        {
            var request = new BatchGetItemRequest { RequestItems = wanted };
            var answer = await CallAsync(table, client => client.BatchGetItemAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            found.AddRange(answer.Responses?.GetValueOrDefault(table) ?? []);
            if (answer.UnprocessedKeys is not { Count: > 0 } rest)
            {
                return found;
            }

            // What did not fit into 16 MB comes at once; what was throttled comes after a while.
            tries = rest[table].Keys.Count < wanted[table].Keys.Count ? 0 : tries;
            wanted = rest;
            if (tries == MaxTries)
            {
                throw _trouble.InWords(new ProvisionedThroughputExceededException("Keys were left unprocessed.") { ErrorCode = "ProvisionedThroughputExceededException" }, table);
            }

            if (tries > 0)
            {
                await Pauses.WaitAsync(tries, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
