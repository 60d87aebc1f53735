using RunnerFleet.Runners;

namespace RunnerFleet.Provisioning;

/// <summary>
/// The order of service: within a queue oldest first, between queues by turns, and the queue that was served longest ago begins, so that one matrix of 256 jobs
/// cannot starve the others. A queue is a repository and a class. By repository alone, one that is served often in one class would never get its turn in another that is full.
/// </summary>
internal static class FairOrder
{
    /// <param name="pending">Who waits.</param>
    /// <param name="served">The queues in the order in which they were served, the latest last. A queue that is not there was served before all of them.</param>
    public static IReadOnlyList<Runner> Of(IEnumerable<Runner> pending, IReadOnlyList<string> served)
    {
        var last = served.Index().ToDictionary(s => s.Item, s => s.Index, StringComparer.Ordinal);
        var turns = pending
            .GroupBy(r => r.QueueKey, StringComparer.Ordinal)
            .SelectMany(queue => queue
                .OrderBy(r => r.QueuedAt).ThenBy(r => r.Id, StringComparer.Ordinal)
                .Select((runner, turn) => (runner, turn, last: last.GetValueOrDefault(queue.Key, -1))));
        return [.. turns.OrderBy(t => t.turn).ThenBy(t => t.last).ThenBy(t => t.runner.QueuedAt).ThenBy(t => t.runner.Id, StringComparer.Ordinal).Select(t => t.runner)];
    }
}
