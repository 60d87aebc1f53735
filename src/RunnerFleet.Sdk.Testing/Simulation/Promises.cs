using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using RunnerFleet.Compute;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Testing.Simulation;

/// <summary>What must always hold (docs/concepts.md), checked by number at every commit, launch and stop, and once more when all is quiet.</summary>
internal sealed class Promises(World world)
{
    private readonly Dictionary<string, Runner> _runners = new(StringComparer.Ordinal);
    private readonly Dictionary<JobKey, Job> _jobs = [];
    private readonly Dictionary<string, int> _counted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _held = new(StringComparer.Ordinal);
    private readonly HashSet<long> _accepted = [];
    private readonly HashSet<long> _given = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly HashSet<string> _forced = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _unowned = new(StringComparer.Ordinal);
    private readonly Dictionary<JobKey, TimeSpan> _waited = [];
    private Job? _heldUp;
    private int _mixed;

    // The longest that mending may take after the last fault: a runner's time to live, and the distances between tries.
    private static readonly TimeSpan s_mendedWithin = TimeSpan.FromHours(3);
    private static readonly TimeSpan s_servedWithin = TimeSpan.FromMinutes(10);

    // Two sweeps, and two readings that it is idle before each; the last sweeps of the trouble may have put it off for as long as the longest distance between tries.
    private static readonly TimeSpan s_clearedWithin = TimeSpan.FromMinutes(30);
    private static readonly byte[] s_mark = Encoding.UTF8.GetBytes(World.CredentialMark);
    private static readonly TimeSpan s_skew = TimeSpan.FromSeconds(5);

    /// <summary>The first promise that was broken: whoever caught the exception, the run ends.</summary>
    public PromiseBrokenException? First { get; private set; }

    public IEnumerable<Runner> LiveRunners => _runners.Values.Where(r => !r.IsTerminal);

    /// <summary>A commit took effect.</summary>
    public void Committed(StoreCommit commit)
    {
        foreach (var after in commit.Runners)
        {
            var before = _runners.GetValueOrDefault(after.Id);
            Moved(before, after);
            if (HasCredential(RecordJson.Serialize(after)))
            {
                Broken(10, $"a credential is in the record of runner {after.Id}.", after);
            }

            if (after.Version != (before?.Version ?? 0) + 1)
            {
                Broken(2, string.Create(CultureInfo.InvariantCulture, $"runner {after.Id} was stored as version {after.Version} over {before?.Version ?? 0}: a write was not conditional."), after);
            }

            foreach (var key in before?.Places ?? [])
            {
                _held[key]--;
            }

            foreach (var key in after.Places)
            {
                _held[key] = _held.GetValueOrDefault(key) + 1;
            }

            _runners[after.Id] = after;
        }

        foreach (var after in commit.Jobs)
        {
            if (HasCredential(RecordJson.Serialize(after)))
            {
                Broken(10, $"a credential is in the record of job {after.Key}.", after);
            }

            if (after.State is JobState.Refused or JobState.GaveUp && after.Diagnostic is null)
            {
                Broken(1, $"job {after.Key} is {after.State} without a reason.", after);
            }

            if (after.Labels.Contains(Story.LabelOfOthers))
            {
                Broken(4, $"job {after.Key} of another fleet is recorded.", after);
            }

            if (_jobs.TryGetValue(after.Key, out var before) && before.State != after.State && !JobTransitions.CanMove(before.State, after.State))
            {
                Broken(6, $"job {after.Key} went from {before.State} to {after.State}.", after);
            }

            _jobs[after.Key] = after;
        }

        foreach (var entry in commit.Entries)
        {
            HoldsNoCredential($"the entry {entry.Key}", entry.Value);
            if (entry.Key.StartsWith("repository/", StringComparison.Ordinal))
            {
                _seen.Add(entry.Key[(entry.Key.LastIndexOf('/') + 1)..]);
            }
        }

        foreach (var change in commit.Places)
        {
            _counted[change.Key] = _counted.GetValueOrDefault(change.Key) + change.Delta;
        }

        foreach (var key in _counted.Keys)
        {
            var (counted, held) = (_counted[key], _held.GetValueOrDefault(key));
            if (counted != held)
            {
                Broken(6, string.Create(CultureInfo.InvariantCulture, $"under '{key}' {counted} places are counted and {held} are held: a place was freed twice, early or never."), commit.Runners is [.., var last] ? last : null);
            }
        }

        foreach (var taken in commit.Places.Where(p => p.Delta > 0))
        {
            if (world.Settings.LimitOf(taken.Key) is { } limit && _counted[taken.Key] > limit)
            {
                Broken(3, string.Create(CultureInfo.InvariantCulture, $"under '{taken.Key}' {_counted[taken.Key]} places are taken of {limit}."), commit.Runners is [.., var last] ? last : null);
            }
        }

        foreach (var job in commit.Runners.Select(r => r.Job).OfType<JobKey>().Distinct())
        {
            var serving = LiveRunners.Where(r => r.Job == job && r.Closing is null).ToList();
            if (serving.Count > 1)
            {
                Broken(2, $"job {job} has {serving.Count} runners: {string.Join(", ", serving.Select(r => r.Id))}.", serving[0]);
            }
        }
    }

    /// <summary>A launch is about to take effect.</summary>
    public void Launched(Machine machine, IEnumerable<Machine> live)
    {
        var identity = machine.Request.Identity;
        if (!_runners.TryGetValue(identity.RunnerId, out var runner))
        {
            Broken(4, $"runner {identity.RunnerId} was launched before it was recorded.", null);
        }

        if (runner.IsTerminal || runner.Attempt != identity.Attempt || runner.Places.Count == 0)
        {
            Broken(4, $"attempt {identity.Attempt} of runner {identity.RunnerId} was launched although its record does not ask for it.", runner);
        }

        if (_given.Contains(runner.Job?.Id ?? 0) && runner.State == RunnerState.Starting)
        {
            var job = _jobs.GetValueOrDefault(runner.Job!.Value);
            if (job is { State: JobState.InProgress or JobState.Completed })
            {
                Broken(2, $"a runner was launched for job {runner.Job}, which has begun elsewhere.", runner);
            }
        }

        if (machine.Request.Environment.Values.Concat(machine.Request.Tags.Values).Any(HasCredential))
        {
            Broken(10, $"a credential is in the launch of runner {runner.Id}.", runner);
        }

        machine.Places = runner.Places;
        foreach (var other in live)
        {
            if (other.Request.Identity.RunnerId == identity.RunnerId)
            {
                Broken(2, $"runner {identity.RunnerId} has two computes: attempts {other.Request.Identity.Attempt} and {identity.Attempt}.", runner);
            }
        }

        foreach (var key in machine.Places)
        {
            var count = 1 + live.Count(m => m.Places.Contains(key));
            if (count > _counted.GetValueOrDefault(key))
            {
                Broken(3, string.Create(CultureInfo.InvariantCulture, $"under '{key}' {count} computes live and {_counted.GetValueOrDefault(key)} places are taken."), runner);
            }
        }
    }

    /// <summary>The fleet stops compute.</summary>
    public void Stopping(Machine machine, string reason)
    {
        if (machine.Runner?.Job is not { } job || _runners.GetValueOrDefault(machine.Request.Identity.RunnerId) is not { } runner)
        {
            return;
        }

        if (runner.Closing is not { Force: true })
        {
            Broken(5, $"runner {runner.Id} was stopped while it ran job {job.Id} ({reason}).", runner);
        }

        var limit = TimeSpan.FromSeconds(machine.Request.Plan.ClassName == "small" ? SimulatedSettings.SmallJobTimeLimitSeconds : world.Settings.Current.Timing.JobTimeLimitSeconds);
        var ran = world.Time.Now - job.BeganAt!.Value;
        if (!_forced.Contains(runner.Id) && !machine.Runner.Forges && ran < limit - s_skew) // who forges that it began shortens its own time
        {
            Broken(5, $"runner {runner.Id} was stopped by force after {ran.TotalSeconds:0} s of job {job.Id} ({reason}); nobody asked for it, and {limit.TotalSeconds:0} s are allowed.", runner);
        }
    }

    /// <summary>An operator ends some runner.</summary>
    public void AskToEnd(int turn, bool force)
    {
        var live = LiveRunners.OrderBy(r => r.Id, StringComparer.Ordinal).ToList();
        if (live.Count == 0)
        {
            return;
        }

        var runner = live[turn % live.Count];
        world.Log.Add($"an operator ends {runner.Id}{(force ? " by force" : "")}");
        if (force)
        {
            _forced.Add(runner.Id);
        }

        world.OnSomeHost("terminate", h => h.Fleet.TerminateAsync(runner.Id, force, CancellationToken.None));
    }

    /// <summary>Whether the fleet knows that it serves the repository, so that it can ask GitHub about it.</summary>
    public bool HasSeen(SimulatedRepository repository) => _seen.Contains(repository.Name);

    /// <summary>What the outside fails with may leave the engine, or reach its log; any other exception is a mistake, of the engine or of what the plan put into it.</summary>
    public void MayBeThrown(string where, Exception exception)
    {
        HoldsNoCredential("an exception", exception.ToString());
        if (exception is not (StoreUnavailableException or ComputeUnavailableException or ClassesUnavailableException or TimeoutException or OperationCanceledException or PromiseBrokenException) && world.Plan.MayThrow?.Invoke(exception) != true)
        {
            Broken(8, $"an exception escaped ({where}): {exception}", null);
        }
    }

    /// <summary>Nothing that is said or kept may hold a credential.</summary>
    public void HoldsNoCredential(string what, string? text)
    {
        if (HasCredential(text))
        {
            Broken(10, $"a credential is in {what}.", null);
        }
    }

    /// <summary>A webhook was answered with success.</summary>
    public void Accepted(SimulatedJob job, WebhookOutcome.Recorded recorded)
    {
        _accepted.Add(job.Id);

        if (!_jobs.ContainsKey(recorded.Job))
        {
            Broken(1, $"the webhook of job {job.Id} was answered with success, and the job is not stored.", null);
        }
    }

    /// <summary>GitHub gave a job to a runner.</summary>
    /// <param name="job">The job.</param>
    /// <param name="taker">Its registration; <see langword="null"/> where the runner is not of this fleet.</param>
    public void Given(SimulatedJob job, SimulatedRegistration? taker)
    {
        if (taker is not null)
        {
            _given.Add(job.Id);
            _mixed += taker.Labels.Count == job.Labels.Count ? 0 : 1;
        }
    }

    /// <summary>What keeps the fleet from being quiet; <see langword="null"/> when nothing does.</summary>
    public (int Promise, string What, object? Of)? NotQuiet()
    {
        var excused = world.GitHub.Jobs.Where(IsExcused).Select(j => new JobKey("github.com", j.Id)).ToHashSet();
        foreach (var job in world.GitHub.Jobs.Where(j => j.IsOurs && !IsExcused(j)))
        {
            if (_jobs.GetValueOrDefault(new JobKey("github.com", job.Id)) is not { } stored)
            {
                if (job.Status == "completed" && !_accepted.Contains(job.Id))
                {
                    continue; // over before anybody told of it: cancelled, or run by whichever runner fitted, with all its webhooks lost and GitHub not answering meanwhile
                }

                return (1, $"job {job.Id} is not stored.", null);
            }

            if (stored.State is JobState.Refused or JobState.GaveUp)
            {
                if (!MayFail(job))
                {
                    return (1, $"job {job.Id} is {stored.State} although it could be served: {stored.Diagnostic}.", stored);
                }
            }
            else if (job.Status != "completed")
            {
                return (1, $"job {job.Id} is {job.Status} at GitHub and {stored.State} here: {stored.Diagnostic}.", stored);
            }
            else if (stored.State != JobState.Completed)
            {
                return (1, $"job {job.Id} is completed at GitHub and {stored.State} here.", stored);
            }
        }

        foreach (var runner in LiveRunners.Where(r => r.Job is not { } key || !excused.Contains(key)))
        {
            return (4, $"runner {runner.Id} is still {runner.State}.", runner);
        }

        foreach (var machine in world.Compute.Live)
        {
            return (4, $"compute {machine.Description.Compute.Id} still runs.", _runners.GetValueOrDefault(machine.Request.Identity.RunnerId));
        }

        foreach (var registration in world.GitHub.Registrations)
        {
            return (4, $"registration {registration.Name} is still at GitHub.", RunnerName.TryParse(registration.Name, World.Fleet, out var id, out _) ? _runners.GetValueOrDefault(id) : null);
        }

        foreach (var (key, count) in _counted)
        {
            if (count != 0 && excused.Count == 0)
            {
                return (6, string.Create(CultureInfo.InvariantCulture, $"{count} places under '{key}' are still taken."), null);
            }
        }

        return null;
    }

    /// <summary>Looks at who waits, in calm times: whoever does although there is a place for anybody is held up by something that is none of its business.</summary>
    public void Look(TimeSpan since)
    {
        NothingLeaks();
        foreach (var job in world.GitHub.Jobs.Where(j => j is { IsOurs: true, Status: "queued" } && !MayFail(j) && HasPlace(j)))
        {
            var key = new JobKey("github.com", job.Id);
            if (_jobs.GetValueOrDefault(key) is { State: JobState.Queued } stored && (_waited[key] = _waited.GetValueOrDefault(key) + since) > MostWait)
            {
                _heldUp ??= stored;
            }
        }
    }

    /// <summary>Whether the plan says that a job need not be served, and so may wait for ever.</summary>
    private bool IsExcused(SimulatedJob job) => world.Plan.MayFail?.Invoke(job.Labels) == true;

    private bool IsExcused(Runner runner) => runner.Job is { } key && world.GitHub.Jobs.FirstOrDefault(j => j.Id == key.Id) is { } job && IsExcused(job);

    private TimeSpan MostWait => world.Plan.HasFaults ? s_mendedWithin : s_servedWithin;

    private bool HasPlace(SimulatedJob job)
    {
        string[] keys = [World.FleetPlaces, job.Labels.Contains("class:large") ? "class/large" : "class/small", FormattableString.Invariant($"repository/github.com/{job.Repository.Id}")];
        return keys.All(k => world.Settings.LimitOf(k) is not { } limit || _counted.GetValueOrDefault(k) < limit);
    }

    /// <summary>In calm times compute and registrations that no live record speaks for are gone within <see cref="s_clearedWithin"/>, unless they run a job; and nobody waits long after its time to live.</summary>
    private void NothingLeaks()
    {
        var oldest = world.Time.Now - TimeSpan.FromSeconds(world.Settings.Current.Timing.RunnerTtlSeconds) - s_clearedWithin;
        if (LiveRunners.FirstOrDefault(r => r.State is RunnerState.Starting or RunnerState.WaitingForJob && r.CreatedAt < oldest && !IsExcused(r)) is { } idle)
        {
            Broken(4, $"runner {idle.Id} is {idle.State} long after its time to live.", idle);
        }

        var unowned = new HashSet<string>(StringComparer.Ordinal);
        foreach (var machine in world.Compute.Live.Where(m => m.Runner?.Job is null && !Owns(m)))
        {
            unowned.Add($"compute {machine.Description.Compute.Id}");
        }

        foreach (var registration in world.GitHub.Registrations.Where(r => r.Job is null && RunnerName.TryParse(r.Name, World.Fleet, out var id, out _) && _runners.GetValueOrDefault(id) is null or { IsTerminal: true }))
        {
            unowned.Add($"registration {registration.Name}");
        }

        foreach (var gone in _unowned.Keys.Where(k => !unowned.Contains(k)).ToList())
        {
            _unowned.Remove(gone);
        }

        foreach (var what in unowned)
        {
            if (!_unowned.TryAdd(what, world.Time.Now) && world.Time.Now - _unowned[what] > s_clearedWithin)
            {
                Broken(4, $"{what} has no live record since {At(_unowned[what])}.", _runners.Values.FirstOrDefault(r => what.Contains(r.Id, StringComparison.Ordinal)));
            }
        }
    }

    private bool Owns(Machine machine) =>
        _runners.GetValueOrDefault(machine.Request.Identity.RunnerId) is { IsTerminal: false } runner && runner.Attempt == machine.Request.Identity.Attempt;

    /// <summary>Whether a job may be refused or given up: its class was missing for a while, or its image cannot be built.</summary>
    private bool MayFail(SimulatedJob job) =>
        IsExcused(job) ||
        (world.Settings.MissedLarge && job.Labels.Contains("class:large")) || job.Labels.Any(l => l.Contains(SimulatedImages.Broken, StringComparison.Ordinal));

    /// <summary>What must hold at the end of a quiet run.</summary>
    public void AtTheEnd()
    {
        if (_heldUp is { } late)
        {
            Broken(8, string.Create(CultureInfo.InvariantCulture, $"job {late.Key} waited for more than {MostWait.TotalMinutes} minutes without a fault although places were free."), _jobs[late.Key]);
        }

        // A runner that takes a job with fewer labels than its own leaves one behind that only another launch can serve.
        if (world.Plan is { HasFaults: false, MayFail: null } && (world.Compute.Launches < _given.Count || world.Compute.Launches > _given.Count + _mixed))
        {
            Broken(2, string.Create(CultureInfo.InvariantCulture, $"{world.Compute.Launches} launches for {_given.Count} jobs, of which {_mixed} took a runner with more labels, though nothing went wrong."), null);
        }
    }

    /// <summary>Ends the run with what was broken and the history of whatever it is about.</summary>
    [DoesNotReturn]
    public void Broken(int number, string what, object? about)
    {
        First ??= new PromiseBrokenException(number, about switch
        {
            Runner runner => $"{what}\n{History(runner)}",
            Job job => $"{what}\n{History(job)}",
            _ => what,
        });
        throw First;
    }

    private static bool HasCredential(byte[] record) => record.AsSpan().IndexOf(s_mark) >= 0;

    private static bool HasCredential(string? text) => text?.Contains(World.CredentialMark, StringComparison.Ordinal) == true;

    private void Moved(Runner? before, Runner after)
    {
        if (after.Registration is { IsGone: true } gone && before?.Registration is { IsGone: false } && world.GitHub.Registrations.Any(r => r.Name == gone.Name))
        {
            Broken(9, $"registration {gone.Name} is taken as gone and is still at GitHub.", after);
        }

        if (before is null || before.State == after.State)
        {
            if (before is { IsTerminal: true } && after.Places.Count > 0)
            {
                Broken(6, $"runner {after.Id} has ended and holds places.", after);
            }

            return;
        }

        if (!RunnerTransitions.CanMove(before.State, after.State))
        {
            Broken(6, $"runner {after.Id} went from {before.State} to {after.State}.", after);
        }

        if (after.State == RunnerState.Pending && world.Compute.Live.Any(m => m.Request.Identity.RunnerId == after.Id && m.Request.Identity.Attempt == before.Attempt))
        {
            Broken(9, $"attempt {before.Attempt} of runner {after.Id} is taken as not launched and its compute runs.", after);
        }

        if (after.IsTerminal && world.Compute.Live.FirstOrDefault(m => m.Request.Identity.RunnerId == after.Id) is { } machine)
        {
            Broken(6, $"runner {after.Id} is {after.State} and its places are free while compute {machine.Description.Compute.Id} still runs.", after);
        }
    }

    private string History(Runner runner) => string.Join('\n', runner.History.Select(m => string.Create(CultureInfo.InvariantCulture, $"  {At(m.At)} {m.To} {m.Cause}")))
        + (runner.Job is { } key && _jobs.TryGetValue(key, out var job) ? "\n" + History(job) : "");

    private string History(Job job) => $"  job {job.Key}:\n" + string.Join('\n', job.History.Select(m => string.Create(CultureInfo.InvariantCulture, $"  {At(m.At)} {m.To} {m.Cause}")));

    private string At(DateTimeOffset at) => (at - world.Time.Start).ToString(@"hh\:mm\:ss\.fff", CultureInfo.InvariantCulture);
}
