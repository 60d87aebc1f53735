using RunnerFleet.GitHub;
using RunnerFleet.Runners;

namespace RunnerFleet.Testing.Simulation;

/// <summary>GitHub: jobs, registrations, and who gets which job.</summary>
internal sealed partial class SimulatedGitHub(World world)
{
    public const string Organization = "acme";

    private static readonly TimeSpan NoticesSilenceAfter = TimeSpan.FromMinutes(10);
    private readonly SortedDictionary<long, SimulatedRegistration> _registrations = [];
    private readonly SortedDictionary<long, SimulatedJob> _jobs = [];
    private long _lastId;
    private bool _isAssigning;
    private DateTimeOffset _downUntil;
    private DateTimeOffset _forbiddenUntil;
    private DateTimeOffset _throttledUntil;

    public IReadOnlyCollection<SimulatedRegistration> Registrations => _registrations.Values;

    public IReadOnlyCollection<SimulatedJob> Jobs => _jobs.Values;

    /// <summary>Until then every request fails.</summary>
    public void IsDown(DateTimeOffset until) => _downUntil = until;

    /// <summary>Until then the installation seems removed: every answer is 404.</summary>
    public void IsForbidden(DateTimeOffset until) => _forbiddenUntil = until;

    /// <summary>Until then a secondary limit answers everything, without saying how long it lasts.</summary>
    public void IsThrottled(DateTimeOffset until) => _throttledUntil = until;

    public void Mend() => (_downUntil, _forbiddenUntil, _throttledUntil) = (default, default, default);

    public SimulatedJob Queue(SimulatedRepository repository, IReadOnlyList<string> labels, TimeSpan duration, bool isOurs, bool waits, SimulatedJob? run = null)
    {
        var job = new SimulatedJob { Id = 1000 + ++_lastId, Repository = repository, Labels = labels, Duration = duration, CreatedAt = world.Time.Now, IsOurs = isOurs, Status = waits ? "waiting" : "queued", Former = run };
        _jobs.Add(job.Id, job);
        world.Log.Add($"github job {job.Id} {job.Status} [{string.Join(',', labels)}]{(isOurs ? "" : " not ours")}{(run is null ? "" : $" re-run of {run.Id}")}");
        if (waits)
        {
            world.Trouble("approval needed");
        }

        if (run is not null)
        {
            world.Trouble("re-run");
        }

        if (waits && world.Chance.Pick(2) == 1)
        {
            Announce(job, "queued", "waiting"); // as a deployment gate announces it
        }

        Announce(job, job.Status, job.Status);
        AssignSoon();
        return job;
    }

    public void Approve(SimulatedJob job)
    {
        if (job.Status == "waiting")
        {
            job.Status = "queued";
            Announce(job, "queued", "queued");
            AssignSoon();
        }
    }

    public void Cancel(SimulatedJob job)
    {
        if (job.Status is "waiting" or "queued")
        {
            Complete(job, "cancelled");
        }
        else if (job.Status == "in_progress" && !job.IsCancelled)
        {
            job.IsCancelled = true;
            world.Trouble("running job cancelled");
            job.Runner?.Runner?.Cancel();
        }
    }

    /// <summary>A runner that is not of this fleet takes a job, whoever it was meant for.</summary>
    public void GiveToOthers(SimulatedJob job)
    {
        if (job.Status != "queued")
        {
            return;
        }

        (job.Status, job.RunnerName, job.BeganAt) = ("in_progress", "other-runner-7", world.Time.Now);
        world.Log.Add($"github job {job.Id} given to a runner of others");
        world.Trouble("runner of others takes a job");
        world.Promises.Given(job, null);
        Announce(job, "in_progress", "in_progress");
        world.Time.After(job.Duration, () => Complete(job, job.IsCancelled ? "cancelled" : "success"));
    }

    public void Complete(SimulatedJob job, string conclusion)
    {
        if (job.Status == "completed")
        {
            return;
        }

        (job.Status, job.Conclusion) = ("completed", conclusion);
        world.Log.Add($"github job {job.Id} completed {conclusion}");
        if (job.Runner is { } registration)
        {
            registration.Job = null;
            _registrations.Remove(registration.Id); // ephemeral
        }

        Announce(job, "completed", "completed");
        AssignSoon();
    }

    public SimulatedRegistration? Connect(string jitConfig, SimulatedRunner runner)
    {
        var registration = _registrations.Values.FirstOrDefault(r => r.JitConfig == jitConfig);
        if (registration is not null)
        {
            registration.Runner = runner;
            world.Log.Add($"github {registration.Name} online");
            AssignSoon();
        }

        return registration;
    }

    public void Disconnected(SimulatedRegistration registration)
    {
        registration.Runner = null;
        if (registration.Job is { } job)
        {
            world.Time.After(NoticesSilenceAfter, () => Complete(job, "failure"));
        }
    }

    public GitHubAnswer<JitRegistration> Mint(JitRequest request)
    {
        if (Trouble<JitRegistration>(GitHubStatus.Refused) is { } trouble)
        {
            return trouble;
        }

        if (_registrations.Values.Any(r => r.Name == request.Name))
        {
            return GitHubAnswer.Not<JitRegistration>(GitHubStatus.Conflict, "The name is taken.");
        }

        if (RunnerName.TryParse(request.Name, World.Fleet, out var runnerId, out _)
            && _registrations.Values.FirstOrDefault(r => r.Job is not null && RunnerName.TryParse(r.Name, World.Fleet, out var other, out _) && other == runnerId) is { } busy)
        {
            world.Promises.Broken(2, $"{request.Name} was registered while {busy.Name} runs a job.", null);
        }

        var id = ++_lastId;
        var registration = new SimulatedRegistration { Id = id, Name = request.Name, Labels = request.Labels, JitConfig = FormattableString.Invariant($"{World.CredentialMark}-{id}") };
        _registrations.Add(id, registration);
        return GitHubAnswer.Ok(new JitRegistration { RunnerId = id, EncodedJitConfig = registration.JitConfig });
    }

    public GitHubAnswer<GitHubRunner?> Find(string name) =>
        Trouble<GitHubRunner?>(GitHubStatus.Refused) ?? GitHubAnswer.Ok(_registrations.Values.Where(r => r.Name == name).Select(Shown).FirstOrDefault());

    public GitHubAnswer<GitHubRunner> Get(long id) =>
        Trouble<GitHubRunner>(GitHubStatus.NotFound) ?? (_registrations.TryGetValue(id, out var registration) ? GitHubAnswer.Ok(Shown(registration)!) : GitHubAnswer.Not<GitHubRunner>(GitHubStatus.NotFound, "Not found."));

    public GitHubAnswer<IReadOnlyList<GitHubRunner>> List(string prefix) =>
        Trouble<IReadOnlyList<GitHubRunner>>(GitHubStatus.Refused) ?? GitHubAnswer.Ok<IReadOnlyList<GitHubRunner>>([.. _registrations.Values.Where(r => r.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(r => Shown(r)!)]);

    public GitHubAnswer<bool> Delete(long id)
    {
        if (Trouble<bool>(GitHubStatus.NotFound) is { } trouble)
        {
            return trouble;
        }

        if (!_registrations.TryGetValue(id, out var registration))
        {
            return GitHubAnswer.Not<bool>(GitHubStatus.NotFound, "Not found.");
        }

        if (registration.Job is not null)
        {
            return GitHubAnswer.Not<bool>(GitHubStatus.Busy, "The runner runs a job.");
        }

        _registrations.Remove(id);
        var runner = registration.Runner;
        registration.Runner = null;
        if (runner is not null)
        {
            world.Time.After(TimeSpan.FromSeconds(1) + world.Chance.Time(TimeSpan.FromSeconds(20)), runner.Forgotten);
        }

        return GitHubAnswer.Ok(true);
    }

    public GitHubAnswer<GitHubJob> GetJob(long id) =>
        Trouble<GitHubJob>(GitHubStatus.NotFound) ?? (_jobs.TryGetValue(id, out var job) ? GitHubAnswer.Ok(Shown(job)) : GitHubAnswer.Not<GitHubJob>(GitHubStatus.NotFound, "Not found."));

    public GitHubAnswer<IReadOnlyList<GitHubJob>> Active(string repository) =>
        Trouble<IReadOnlyList<GitHubJob>>(GitHubStatus.Refused) ?? GitHubAnswer.Ok<IReadOnlyList<GitHubJob>>([.. _jobs.Values.Where(j => j.Repository.Name == repository && j.Status != "completed").Select(Shown)]);

    /// <param name="forbidden">As what the real registrar reads a 404 of this request.</param>
    private GitHubAnswer<T>? Trouble<T>(GitHubStatus forbidden)
    {
        if (world.Time.Now < _downUntil)
        {
            world.Trouble("GitHub answers 5xx");
            return GitHubAnswer.Not<T>(GitHubStatus.Unknown, "GitHub answers 502.");
        }

        if (world.Time.Now < _forbiddenUntil)
        {
            world.Trouble("GitHub answers 404 for everything");
            return GitHubAnswer.Not<T>(forbidden, "GitHub answers 404.");
        }

        if (world.Time.Now < _throttledUntil)
        {
            world.Trouble("GitHub's secondary limit");
            return GitHubAnswer.Not<T>(GitHubStatus.Throttled, "A secondary rate limit.");
        }

        return world.Chance.Fault(20) ? GitHubAnswer.Not<T>(GitHubStatus.Throttled, "A secondary rate limit.", TimeSpan.FromSeconds(30)) : null;
    }

    private GitHubRunner? Shown(SimulatedRegistration registration) => new()
    {
        Id = registration.Id,
        Name = registration.Name,
        IsOnline = registration.Runner is not null,
        IsBusy = registration.Job is not null && !(world.Time.Now >= registration.ShownIdle.From && world.Time.Now < registration.ShownIdle.Until),
    };

    private static GitHubJob Shown(SimulatedJob job) => new()
    {
        Id = job.Id,
        RunId = job.RunId,
        RunAttempt = job.RunAttempt,
        Repository = new RepositoryRef { Id = job.Repository.Id, Owner = Organization, Name = job.Repository.Name, IsPrivate = job.Repository.IsPrivate },
        Name = "build",
        Status = job.Status,
        Conclusion = job.Conclusion,
        Labels = job.Labels,
        RunnerName = job.RunnerName,
        CreatedAt = job.CreatedAt,
    };

    private void AssignSoon()
    {
        if (!_isAssigning)
        {
            _isAssigning = true;
            world.Time.After(TimeSpan.FromMilliseconds(500) + world.Chance.Time(TimeSpan.FromSeconds(3)), Assign);
        }
    }

    /// <summary>Any queued job goes to any idle runner whose labels cover it, whoever that runner was launched for.</summary>
    private void Assign()
    {
        _isAssigning = false;
        while (true)
        {
            var pairs = (from job in _jobs.Values
                         where job.Status == "queued"
                         from registration in _registrations.Values
                         where registration is { Job: null, Runner: { IsGone: false, IsDeaf: false } } && job.Labels.All(l => registration.Labels.Contains(l, StringComparer.OrdinalIgnoreCase))
                         select (job, registration)).ToList();
            if (pairs.Count == 0)
            {
                return;
            }

            var (given, taker) = pairs[world.Chance.Any(pairs.Count)];
            if (world.Chance.Fault(20))
            {
                GiveToOthers(given);
                continue;
            }

            (given.Status, given.RunnerName, given.Runner, given.BeganAt) = ("in_progress", taker.Name, taker, world.Time.Now);
            taker.Job = given;
            taker.ShownIdle = (world.Time.Now, world.Time.Now + world.Chance.Time(TimeSpan.FromSeconds(50)));
            if (world.Chance.Fault(100))
            {
                world.Trouble("busy flag lies");
                var lies = world.Time.Now + world.Chance.Time(given.Duration);
                world.Time.After(lies - world.Time.Now, () => taker.ShownIdle = (lies, lies + TimeSpan.FromSeconds(60)));
            }

            world.Log.Add($"github job {given.Id} given to {taker.Name}");
            world.Promises.Given(given, taker);
            if (!given.IsOurs)
            {
                world.Trouble("job of a refused repository takes a runner");
            }

            Announce(given, "in_progress", "in_progress");
            taker.Runner!.Begin(given);
        }
    }
}
