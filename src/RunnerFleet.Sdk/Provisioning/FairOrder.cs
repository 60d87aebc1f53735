using RunnerFleet.Runners;

namespace RunnerFleet.Provisioning;

/// <summary>The order of service: within a repository oldest first, between repositories by turns, so that one matrix of 256 jobs cannot starve the others.</summary>
internal static class FairOrder
{
    public static IReadOnlyList<Runner> Of(IEnumerable<Runner> pending)
    {
        var turns = pending
            .GroupBy(r => Places.Repository(r.Scope, r.Repository), StringComparer.Ordinal)
            .SelectMany(repository => repository
                .OrderBy(r => r.QueuedAt).ThenBy(r => r.Id, StringComparer.Ordinal)
                .Select((runner, turn) => (runner, turn)));
        return [.. turns.OrderBy(t => t.turn).ThenBy(t => t.runner.QueuedAt).ThenBy(t => t.runner.Id, StringComparer.Ordinal).Select(t => t.runner)];
    }
}
