using System.Globalization;
using Amazon.DynamoDBv2.Model;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>PENDING runners by turns: one of each queue, then a second of each, and so on, so that whoever has many waits behind whoever has few.</summary>
internal sealed class PendingRunners(RecordTable<Runner, RunnerState> table, RecordListing<Runner, RunnerState> listing)
{
    private static readonly string s_pending = StateNames<RunnerState>.Of(RunnerState.Pending);

    public async ValueTask<IReadOnlyList<Runner>> ListAsync(PendingQuery query, CancellationToken cancellationToken)
    {
        var entries = await listing.ReadLiveEntriesAsync(cancellationToken).ConfigureAwait(false);
        var fresh = table.Fresh.All.Where(runner => runner.State is RunnerState.Pending).Select(Waiting.Of);
        var waiting = entries.Select(Waiting.Of).OfType<Waiting>().Concat(fresh).DistinctBy(runner => runner.Order.Id).Where(runner => runner.NotBefore <= query.Now.UtcTicks).ToList();
        var known = new Dictionary<string, Runner>(StringComparer.Ordinal);

        // The index may be a moment behind. Whoever has left the queue makes room for the next, until all that are chosen are really there.
        while (true)
        {
            var chosen = InTurns(waiting, query.PerQueue, query.Take);
            var unknown = chosen.Select(runner => runner.Order.Id).Where(id => !known.ContainsKey(id)).ToHashSet(StringComparer.Ordinal);
            if (unknown.Count == 0)
            {
                return [.. chosen.Select(runner => known[runner.Order.Id])];
            }

            foreach (var (id, runner) in await table.FindAsync(unknown, cancellationToken).ConfigureAwait(false))
            {
                if (runner.State is RunnerState.Pending && !(runner.NotBefore > query.Now))
                {
                    known.Add(id, runner);
                }
            }

            waiting.RemoveAll(runner => unknown.Contains(runner.Order.Id) && !known.ContainsKey(runner.Order.Id));
        }
    }

    private static List<Waiting> InTurns(IEnumerable<Waiting> waiting, int perQueue, int take) =>
    [
        .. waiting.GroupBy(runner => runner.Queue)
            .SelectMany(queue => queue.OrderBy(runner => runner.Order).Take(perQueue).Select((runner, turn) => (runner, turn)))
            .OrderBy(served => served.turn).ThenBy(served => served.runner.Order)
            .Take(take)
            .Select(served => served.runner),
    ];

    private sealed record Waiting(string Queue, ListPosition Order, long NotBefore)
    {
        public static Waiting Of(Runner runner) => new(runner.QueueKey, new(runner.QueuedAt, runner.Id), runner.NotBefore?.UtcTicks ?? 0);

        public static Waiting? Of(Dictionary<string, AttributeValue> entry) =>
            entry.GetValueOrDefault(Attributes.Status)?.S == s_pending && entry.GetValueOrDefault(Attributes.Queue)?.S is { } queue && entry.GetValueOrDefault(Attributes.QueuedTicks)?.N is { } queued
                ? new(queue, new(IndexKeys.Moment(queued), entry[Attributes.RunnerId].S), long.Parse(entry.GetValueOrDefault(Attributes.NotBeforeTicks)?.N ?? "0", CultureInfo.InvariantCulture))
                : null;
    }
}
