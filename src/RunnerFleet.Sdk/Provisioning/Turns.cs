using System.Text.Json;
using Microsoft.Extensions.Logging;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Provisioning;

/// <summary>
/// Which queues (<see cref="Runner.QueueKey"/>) were served last. Places come free one at a time, and each drain, on whichever host, must know whose turn it is:
/// without a memory the queue with the oldest job would win every one of them. One store entry keeps it. It only orders: a turn that is lost costs one turn.
/// </summary>
internal sealed class Turns(IRunnerStore store, FleetState state, ILogger<Turns> logger)
{
    private const string Key = "turns";

    // As many as one listing shows (PendingQuery.Take). Whoever was served before all of these goes first in any case.
    private const int Kept = 250;

    /// <summary>The queues in the order in which they were served, the latest last.</summary>
    public async ValueTask<IReadOnlyList<string>> ServedAsync(CancellationToken cancellationToken) =>
        Read(await store.GetEntryAsync(Key, cancellationToken).ConfigureAwait(false));

    /// <summary>Remembers that these runners were served, in this order.</summary>
    public async Task TakenAsync(IEnumerable<Runner> served, CancellationToken cancellationToken)
    {
        var queues = served.Select(r => r.QueueKey).Reverse().Distinct(StringComparer.Ordinal).Reverse().ToList();
        try
        {
            await state.ChangeAsync(Key, before =>
            {
                string[] after = [.. Read(before).Except(queues, StringComparer.Ordinal).Concat(queues).TakeLast(Kept)];
                return new StoreEntry { Key = Key, Version = 0, Value = JsonSerializer.Serialize(after, FleetStateJson.Default.StringArray) };
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            logger.TurnsLost(e); // the runners are STARTING: their launch does not wait for this
        }
    }

    private static string[] Read(StoreEntry? entry) => entry?.Value is { } value ? JsonSerializer.Deserialize(value, FleetStateJson.Default.StringArray)! : [];
}
