using System.Collections.Concurrent;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>
/// How many records ended in each state. DynamoDB counts by reading, so a long history (more than the 1 MB of one page, some 8,000 records) is counted at most once a
/// minute, however often somebody asks: a page that refreshes itself would cost more than the fleet's own reads.
/// </summary>
internal sealed class EndedCounts<TState>(TimeProvider clock)
    where TState : struct, Enum
{
    private static readonly TimeSpan s_lasts = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<TState, (long Count, DateTimeOffset Until)> _known = new();

    public async Task<long> GetAsync(TState state, Func<Task<(long Count, int Pages)>> count)
    {
        if (_known.TryGetValue(state, out var known) && clock.GetUtcNow() < known.Until)
        {
            return known.Count;
        }

        var (number, pages) = await count().ConfigureAwait(false);
        if (pages > 1)
        {
            _known[state] = (number, clock.GetUtcNow() + s_lasts);
        }

        return number;
    }
}
