using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Provisioning;

/// <summary>Collects one conditional write: what records were, and what they become. Places follow from the runners' own lists.</summary>
internal sealed class FleetCommit
{
    private readonly List<(Runner? Before, Runner After)> _runners = [];
    private readonly List<(Job? Before, Job After)> _jobs = [];
    private readonly Dictionary<string, int?> _limits = new(StringComparer.Ordinal);

    public bool IsEmpty => _runners.Count == 0 && _jobs.Count == 0;

    public FleetCommit Put(Runner? before, Runner after)
    {
        _runners.Add((before, after with { Version = (before?.Version ?? 0) + 1 }));
        return this;
    }

    public FleetCommit Put(Job? before, Job after)
    {
        _jobs.Add((before, after with { Version = (before?.Version ?? 0) + 1 }));
        return this;
    }

    /// <summary>States the limit of a key under which this commit takes places.</summary>
    public FleetCommit Limit(string key, int? limit)
    {
        _limits[key] = limit;
        return this;
    }

    public Runner Stored(string runnerId) => _runners.Last(r => r.After.Id == runnerId).After;

    public StoreCommit ToStoreCommit() => new()
    {
        Runners = [.. _runners.Select(r => r.After)],
        Jobs = [.. _jobs.Select(j => j.After)],
        Places = [.. PlaceChanges()],
    };

    public IEnumerable<FleetMove> Moves()
    {
        foreach (var (before, after) in _jobs)
        {
            if (before?.State != after.State)
            {
                yield return new FleetMove { At = after.StateSince, Job = after.Key, RunnerId = after.RunnerId, JobFrom = before?.State, JobTo = after.State, Cause = after.History[^1].Cause };
            }
        }

        foreach (var (before, after) in _runners)
        {
            if (before?.State == after.State)
            {
                continue;
            }

            // One write may hold two moves, as when the end of a job is the first that is heard of its beginning.
            var known = Math.Min(before?.History.Count ?? 0, after.History.Count - 1); // a full history keeps its length
            foreach (var move in after.History.Skip(known).Where(m => m.From != m.To))
            {
                yield return new FleetMove { At = move.At, RunnerId = after.Id, Job = after.Job ?? before?.Job, RunnerFrom = move.From, RunnerTo = move.To, Cause = move.Cause };
            }
        }
    }

    /// <summary>Jobs that begin, each with the runner that takes it.</summary>
    public IEnumerable<(Job Job, Runner Runner)> Begun() =>
        from job in _jobs
        where job.After.State == JobState.InProgress && job.Before?.State != JobState.InProgress
        from runner in _runners
        where runner.After.Id == job.After.RunnerId
        select (job.After, runner.After);

    public IEnumerable<Runner> Ended() => _runners.Where(r => r.After.IsTerminal && r.Before is not { IsTerminal: true }).Select(r => r.After);

    private IEnumerable<PlaceChange> PlaceChanges()
    {
        var deltas = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (before, after) in _runners)
        {
            foreach (var key in before?.Places ?? [])
            {
                deltas[key] = deltas.GetValueOrDefault(key) - 1;
            }

            foreach (var key in after.Places)
            {
                deltas[key] = deltas.GetValueOrDefault(key) + 1;
            }
        }

        return deltas.Where(d => d.Value != 0).Select(d => new PlaceChange
        {
            Key = d.Key,
            Delta = d.Value,
            Limit = d.Value > 0 ? _limits.GetValueOrDefault(d.Key) : null,
        });
    }
}
