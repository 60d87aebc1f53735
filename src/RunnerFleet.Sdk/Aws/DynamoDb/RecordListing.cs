using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>
/// Lists and counts records by state. Those with something left to do are read whole, for they are few; those that ended are read from where the page begins.
/// </summary>
/// <remarks>
/// A record on its way from the one to the other must not slip through between two reads. So the live ones are read before the ended ones, and states that a record
/// may leave again are read before the live ones too; what is seen twice counts once.
/// </remarks>
internal sealed class RecordListing<TRecord, TState>(RecordTable<TRecord, TState> table, RecordKind<TRecord, TState> kind, TimeProvider clock)
    where TRecord : class
    where TState : struct, Enum
{
    private readonly EndedCounts<TState> _endedCounts = new(clock);

    public async ValueTask<Page<TRecord>> PageAsync(IReadOnlyCollection<TState> states, int take, string? continuation, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(take, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(take, 1000);
        var before = ListPosition.FromContinuation(continuation, kind.Listing);
        var wanted = (states.Count == 0 ? Enum.GetValues<TState>() : states).ToHashSet();

        var seen = new HashSet<ListPosition>();
        await AddEndedAsync(seen, kind.ReopenedStates.Where(wanted.Contains), before, take + 1, cancellationToken).ConfigureAwait(false);
        seen.UnionWith((await ReadLiveAsync(cancellationToken).ConfigureAwait(false)).Where(live => wanted.Contains(live.State)).Select(live => live.Position));
        await AddEndedAsync(seen, kind.EndedStates.Where(wanted.Contains), before, take + 1, cancellationToken).ConfigureAwait(false);

        var page = seen.Where(position => before is null || position.CompareTo(before.Value) < 0).OrderDescending().Take(take + 1).ToList();
        var records = await table.FindAsync(page.Take(take).Select(position => position.Id), cancellationToken).ConfigureAwait(false);
        return new Page<TRecord>
        {
            Items = [.. page.Take(take).Where(position => records.ContainsKey(position.Id)).Select(position => records[position.Id]).Where(record => wanted.Contains(kind.FactsOf(record).State))],
            Continuation = page.Count > take ? page[take - 1].ToContinuation(kind.Listing) : null,
        };
    }

    public async ValueTask<IReadOnlyDictionary<TState, long>> CountAsync(CancellationToken cancellationToken)
    {
        var live = await ReadLiveAsync(cancellationToken).ConfigureAwait(false);
        var counts = live.CountBy(record => record.State).ToDictionary(count => count.Key, count => (long)count.Value);
        foreach (var state in kind.EndedStates)
        {
            counts[state] = counts.GetValueOrDefault(state) + await _endedCounts.GetAsync(state, () => CountEndedAsync(state, cancellationToken)).ConfigureAwait(false);
        }

        return counts;
    }

    /// <summary>What the index shows of every record that has something left to do.</summary>
    public async Task<IReadOnlyList<Dictionary<string, AttributeValue>>> ReadLiveEntriesAsync(CancellationToken cancellationToken)
    {
        var entries = new List<Dictionary<string, AttributeValue>>();
        await foreach (var page in table.PagesAsync(table.Query(Attributes.ListIndex, Attributes.ListKey, IndexKeys.Live(kind.Fleet)), cancellationToken).ConfigureAwait(false))
        {
            entries.AddRange(page.Items);
        }

        return entries;
    }

    private async Task<IReadOnlyList<(TState State, ListPosition Position)>> ReadLiveAsync(CancellationToken cancellationToken)
    {
        var live = new List<(TState, ListPosition)>();
        foreach (var entry in await ReadLiveEntriesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (StateNames<TState>.TryParse(entry.GetValueOrDefault(Attributes.Status)?.S, out var state) && entry.GetValueOrDefault(Attributes.CreatedTicks)?.N is { } created)
            {
                live.Add((state, new(IndexKeys.Moment(created), kind.IdOf(entry))));
            }
        }

        return live;
    }

    private async Task AddEndedAsync(HashSet<ListPosition> seen, IEnumerable<TState> states, ListPosition? before, int most, CancellationToken cancellationToken)
    {
        var stretches = await Task.WhenAll(states.Select(state => ReadEndedAsync(state, before, most, cancellationToken))).ConfigureAwait(false);
        seen.UnionWith(stretches.SelectMany(stretch => stretch));
    }

    private async Task<List<ListPosition>> ReadEndedAsync(TState state, ListPosition? before, int most, CancellationToken cancellationToken)
    {
        var query = EndedQuery(state);
        query.ScanIndexForward = false;
        if (before is { } position)
        {
            query.KeyConditionExpression += $" AND {Attributes.ListOrder} < :before";
            query.ExpressionAttributeValues[":before"] = new() { S = IndexKeys.Order(position) };
        }

        var found = new List<ListPosition>();
        query.Limit = most;
        await foreach (var page in table.PagesAsync(query, cancellationToken).ConfigureAwait(false))
        {
            found.AddRange(page.Items.Select(entry => IndexKeys.ReadOrder(entry[Attributes.ListOrder].S)));
            if (found.Count >= most)
            {
                break;
            }

            query.Limit = most - found.Count;
        }

        return found;
    }

    private async Task<(long Count, int Pages)> CountEndedAsync(TState state, CancellationToken cancellationToken)
    {
        var query = EndedQuery(state);
        query.Select = Select.COUNT;
        var (count, pages) = (0L, 0);
        await foreach (var page in table.PagesAsync(query, cancellationToken).ConfigureAwait(false))
        {
            count += page.Count ?? 0;
            pages++;
        }

        return (count, pages);
    }

    private QueryRequest EndedQuery(TState state) => table.Query(Attributes.ListIndex, Attributes.ListKey, IndexKeys.Ended(kind.Fleet, StateNames<TState>.Of(state)));
}
