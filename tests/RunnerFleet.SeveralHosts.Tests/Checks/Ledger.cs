using System.Collections.Concurrent;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.SeveralHosts.Tests.Checks;

/// <summary>The latest version of every record that was committed, by whichever host, and how commits ended.</summary>
internal sealed class Ledger
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Runner> _runners = new(StringComparer.Ordinal);
    private readonly Dictionary<JobKey, Job> _jobs = [];
    private readonly ConcurrentDictionary<string, byte> _placeKeys = new(StringComparer.Ordinal);
    private int _commits;
    private int _conflicts;
    private int _full;

    public int Commits => _commits;

    public int Conflicts => _conflicts;

    /// <summary>Commits that found no place.</summary>
    public int Full => _full;

    public IReadOnlyCollection<string> PlaceKeys => [.. _placeKeys.Keys];

    public IReadOnlyList<Runner> Runners
    {
        get
        {
            lock (_gate)
            {
                return [.. _runners.Values];
            }
        }
    }

    public IReadOnlyList<Job> Jobs
    {
        get
        {
            lock (_gate)
            {
                return [.. _jobs.Values];
            }
        }
    }

    public void Count(CommitOutcome outcome) => _ = outcome switch
    {
        CommitOutcome.Conflict => Interlocked.Increment(ref _conflicts),
        CommitOutcome.NoPlace => Interlocked.Increment(ref _full),
        _ => Interlocked.Increment(ref _commits),
    };

    /// <returns>The version known before; <see langword="null"/> where there was none.</returns>
    public Runner? Put(Runner runner)
    {
        lock (_gate)
        {
            var before = _runners.GetValueOrDefault(runner.Id);
            if (before is null || before.Version < runner.Version)
            {
                _runners[runner.Id] = runner;
            }

            return before;
        }
    }

    public void Put(Job job)
    {
        lock (_gate)
        {
            if (!_jobs.TryGetValue(job.Key, out var before) || before.Version < job.Version)
            {
                _jobs[job.Key] = job;
            }
        }
    }

    public void PutPlace(string key) => _placeKeys.TryAdd(key, 0);

    public Runner? FindRunner(string id)
    {
        lock (_gate)
        {
            return _runners.GetValueOrDefault(id);
        }
    }

    public Job? FindJob(JobKey key)
    {
        lock (_gate)
        {
            return _jobs.GetValueOrDefault(key);
        }
    }

    public string HistoryOf(string runnerId) => FindRunner(runnerId) is { } runner ? Show.Runner(runner) : $"Runner {runnerId} is in no record.";

    public string HistoryOf(JobKey key) => FindJob(key) is { } job ? Show.Job(job) : $"Job {key} is in no record.";
}

/// <summary>Records in words.</summary>
internal static class Show
{
    public static string Runner(Runner runner) =>
        $"Runner {runner.Id} (version {runner.Version}, attempt {runner.Attempt}, {runner.State}{(runner.Closing is { } c ? $", closing {c.Cause.Code}" : "")}, job {runner.Job}, registration {runner.Registration?.Name}, due {runner.Deadline:T}):\n"
        + string.Join('\n', runner.History.Select(m => $"  {m.At:HH:mm:ss.fff} {m.To} {m.Cause}"));

    public static string Job(Job job) =>
        $"Job {job.Key} (version {job.Version}, {job.State}, runner {job.RunnerId}, due {job.Deadline:T}, {job.Diagnostic}):\n"
        + string.Join('\n', job.History.Select(m => $"  {m.At:HH:mm:ss.fff} {m.To} {m.Cause}"));
}
