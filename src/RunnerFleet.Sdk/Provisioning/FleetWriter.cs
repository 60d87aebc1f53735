using Microsoft.Extensions.Logging;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Provisioning;

/// <summary>The one way by which the engine writes: commit, then tell the observers.</summary>
internal sealed class FleetWriter(IRunnerStore store, IEnumerable<IFleetObserver> observers, ILogger<FleetWriter> logger)
{
    private readonly IFleetObserver[] _observers = [.. observers];

    public async ValueTask<CommitOutcome> CommitAsync(FleetCommit commit, CancellationToken cancellationToken)
    {
        var outcome = await store.CommitAsync(commit.ToStoreCommit(), cancellationToken).ConfigureAwait(false);
        if (outcome is CommitOutcome.Committed)
        {
            foreach (var move in commit.Moves())
            {
                Tell(move);
            }

            Log(commit);
        }

        return outcome;
    }

    private void Log(FleetCommit commit)
    {
        foreach (var (job, runner) in commit.Begun())
        {
            logger.JobBegan(job.Key.ToString(), runner.Id, ClassOf(runner), Math.Max(0, (job.StateSince - job.QueuedAt).TotalSeconds));
        }

        foreach (var runner in commit.Ended())
        {
            var (code, reason) = (runner.Reason?.Code ?? "", runner.Reason?.Message ?? "");
            if (runner.State == RunnerState.Failed)
            {
                logger.RunnerFailed(runner.Id, ClassOf(runner), code, reason);
            }
            else
            {
                logger.RunnerEnded(runner.Id, ClassOf(runner), code, reason);
            }
        }
    }

    public static string ClassOf(Runner runner) => runner.Plan?.ClassName ?? runner.Spec.ClassName ?? "default";

    private void Tell(FleetMove move)
    {
        foreach (var observer in _observers)
        {
            try
            {
                observer.OnMove(move);
            }
#pragma warning disable CA1031 // an observer must not undo what is stored
            catch (Exception e)
#pragma warning restore CA1031
            {
                logger.ObserverFailed(observer.GetType().Name, e);
            }
        }
    }
}

/// <summary>Conflicts are the normal case: read again, decide again. Somebody else's write is progress, so the bound is only against a fault.</summary>
internal static class Retry
{
    private const int Tries = 50;

    public static async Task<T> OnConflictAsync<T>(Func<Task<(bool Done, T Result)>> attempt)
    {
        for (var i = 0; i < Tries; i++)
        {
            var (done, result) = await attempt().ConfigureAwait(false);
            if (done)
            {
                return result;
            }
        }

        throw new StoreUnavailableException("The same records were changed by others too often in a row. The step is tried again later.");
    }
}
