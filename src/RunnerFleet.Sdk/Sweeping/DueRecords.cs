using Microsoft.Extensions.Logging;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Sweeping;

/// <summary>Looks at every overdue record once. Costs what is due, not what ever existed; one bad record does not delay the others.</summary>
internal sealed class DueRecords(IRunnerStore store, DueRunners runners, DueJobs jobs, TimeProvider clock, ILogger<DueRecords> logger)
{
    private const int PageSize = 200;
    private const int MostPages = 50;
    private const int AtOnce = 8;

    public async Task<(int Due, int Errors)> StepAsync(CancellationToken cancellationToken)
    {
        var r = await EachAsync(take => store.ListDueRunnersAsync(clock.GetUtcNow(), take, cancellationToken), x => x.Id, runners.StepAsync,
            (x, e) => logger.RunnerStepFailed(x.Id, e), cancellationToken).ConfigureAwait(false);
        var j = await EachAsync(take => store.ListDueJobsAsync(clock.GetUtcNow(), take, cancellationToken), x => x.Key.ToString(), jobs.StepAsync,
            (x, e) => logger.JobStepFailed(x.Key.ToString(), e), cancellationToken).ConfigureAwait(false);
        return (r.Due + j.Due, r.Errors + j.Errors);
    }

    private static async Task<(int Due, int Errors)> EachAsync<T>(
        Func<int, ValueTask<IReadOnlyList<T>>> list,
        Func<T, string> key,
        Func<T, CancellationToken, Task> step,
        Action<T, Exception> failed,
        CancellationToken cancellationToken)
    {
        // A record that stays due (its step failed, or lost a race) is not looked at twice in one go; it must not hide those behind it either.
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var errors = 0;
        for (var page = 0; page < MostPages; page++)
        {
            var due = await list(PageSize + seen.Count).ConfigureAwait(false);
            var fresh = due.Where(x => seen.Add(key(x))).ToArray();
            if (fresh.Length == 0)
            {
                break;
            }

            var failures = await Concurrently.ForEachAsync(fresh, AtOnce, async (item, _) =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    await step(item, cancellationToken).ConfigureAwait(false);
                    return 0;
                }
#pragma warning disable CA1031 // one bad record stays one bad record
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
                {
                    failed(item, e);
                    return 1;
                }
            }).ConfigureAwait(false);
            errors += failures.Sum();
        }

        return (seen.Count, errors);
    }
}
