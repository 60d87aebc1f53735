using System.Globalization;
using System.Security.Cryptography;

namespace RunnerFleet.Testing.GitHub;

/// <summary>The stand-in's state and every move of it, under one lock. Knows nothing of HTTP.</summary>
internal sealed partial class StandInWorld(TimeProvider clock, GitHubStandInOptions options, StandInIds ids, Action<JobRow, string> announce, Action changedState)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, RepositoryRow> _repositories = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, long> _owners = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, HashSet<string>> _enterprises = new(StringComparer.OrdinalIgnoreCase);
    private readonly SortedDictionary<long, RunRow> _runs = [];
    private readonly SortedDictionary<long, JobRow> _jobs = [];
    private readonly SortedDictionary<long, RunnerRow> _runners = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How much later than the truth the API's <c>busy</c> is.</summary>
    public TimeSpan BusyLag { get; set; }

    /// <summary>Completes at the next change.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    public T Read<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    public IEnumerable<RunRow> Runs => _runs.Values;

    public IEnumerable<JobRow> Jobs => _jobs.Values;

    public IEnumerable<RunnerRow> Runners => _runners.Values;

    public RepositoryRow AddRepository(string fullName, bool isPrivate, bool ownerIsUser)
    {
        var parts = fullName.Split('/');
        if (parts is not [{ Length: > 0 } owner, { Length: > 0 } name])
        {
            throw new ArgumentException($"'{fullName}' is not owner/name.", nameof(fullName));
        }

        lock (_gate)
        {
            if (!_repositories.TryGetValue(fullName, out var row))
            {
                row = new(ids.Next(), AddOwner(owner), owner, name, isPrivate, ownerIsUser);
                _repositories.Add(fullName, row);
                changedState();
            }

            return row;
        }
    }

    public long AddOwner(string login)
    {
        lock (_gate)
        {
            if (!_owners.TryGetValue(login, out var id))
            {
                _owners.Add(login, id = ids.Next());
                changedState();
            }

            return id;
        }
    }

    public void AddEnterprise(string slug, IEnumerable<string> organizations)
    {
        lock (_gate)
        {
            _enterprises[slug] = new(organizations, StringComparer.OrdinalIgnoreCase);
            changedState();
        }
    }

    public bool Exists(ScopeRow scope)
    {
        lock (_gate)
        {
            return options.AcceptUnknownScopes || scope.Kind switch
            {
                "repos" => _repositories.ContainsKey($"{scope.Owner}/{scope.Repository}"),
                "orgs" => _owners.ContainsKey(scope.Owner),
                _ => _enterprises.ContainsKey(scope.Owner),
            };
        }
    }

    public StandInJob QueueJob(string repository, IEnumerable<string> labels, StandInJobOptions job)
    {
        var owner = AddRepository(repository, job.IsPrivate, ownerIsUser: false);
        lock (_gate)
        {
            if (job.RunId is not { } runId || !_runs.TryGetValue(runId, out var run))
            {
                run = new() { Id = job.RunId ?? ids.Next(), Repository = owner, WorkflowName = job.WorkflowName, Number = _runs.Count + 1, CreatedAt = clock.GetUtcNow() };
                _runs.Add(run.Id, run);
            }

            var row = new JobRow
            {
                Id = job.Id ?? ids.Next(),
                Run = run,
                Options = job,
                Labels = [.. labels],
                Attempt = run.Attempt,
                CreatedAt = clock.GetUtcNow(),
                Status = job.IsWaiting ? "waiting" : "queued",
            };
            _jobs.Add(row.Id, row);
            if (job.Announce)
            {
                announce(row, job.IsWaiting && !job.AnnounceWaitingAsQueued ? "waiting" : "queued");
            }

            Change();
            return row.Snapshot();
        }
    }

    public bool ApproveJob(long jobId)
    {
        lock (_gate)
        {
            if (Job(jobId) is not { Status: "waiting" } job)
            {
                return false;
            }

            job.Status = "queued";
            announce(job, "queued");
            Change();
            return true;
        }
    }

    public bool CancelJob(long jobId)
    {
        lock (_gate)
        {
            var job = Job(jobId);
            if (job.Status == "completed")
            {
                return false;
            }

            if (job.Status == "in_progress")
            {
                job.IsCancelAsked = true; // the runner is told, and reports the end
            }
            else
            {
                End(job, "cancelled");
            }

            Change();
            return true;
        }
    }

    public StandInJob RerunJob(long jobId)
    {
        lock (_gate)
        {
            var job = Job(jobId);
            if (job.Status != "completed" || job.IsSuperseded)
            {
                throw new InvalidOperationException($"Job {jobId} is {job.Status}: only the last try of a completed job can be run again.");
            }

            job.IsSuperseded = true;
            job.Run.Attempt++;
            return QueueJob(job.Run.Repository.FullName, job.Labels, job.Options with { RunId = job.Run.Id, Id = null, IsWaiting = false, Announce = true });
        }
    }

    /// <summary>Registers a runner; <see langword="null"/> when its name is taken.</summary>
    public RunnerRow? Register(ScopeRow scope, string name, long groupId, IReadOnlyList<string> labels)
    {
        lock (_gate)
        {
            if (_runners.Values.Any(r => r.Scope.Key == scope.Key && string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase)))
            {
                return null;
            }

            var row = new RunnerRow
            {
                Id = ids.Next(),
                Name = name,
                Scope = scope,
                GroupId = groupId,
                Labels = labels,
                Credential = RandomNumberGenerator.GetHexString(40, lowercase: true),
                LastContact = clock.GetUtcNow(),
            };
            _runners.Add(row.Id, row);
            changedState();
            return row;
        }
    }

    /// <summary>Deletes a runner: 204, 404, or 422 while it runs a job, whatever <c>busy</c> says.</summary>
    public int DeleteRunner(ScopeRow scope, long id)
    {
        lock (_gate)
        {
            if (!_runners.TryGetValue(id, out var runner) || runner.Scope.Key != scope.Key)
            {
                return 404;
            }

            if (runner.Job is not null)
            {
                return 422;
            }

            _runners.Remove(id);
            Change();
            return 204;
        }
    }

    public bool IsOnline(RunnerRow runner) =>
        runner.SessionId is not null && (runner.IsHeld || runner.OpenPolls > 0 || clock.GetUtcNow() - runner.LastContact < options.OfflineAfter);

    public bool ShowsBusy(RunnerRow runner) => runner.Job is { StartedAt: { } started } && clock.GetUtcNow() - started >= BusyLag;

    /// <summary>Opens a session; 404 when the registration is gone, 409 when another session is alive.</summary>
    public (int Status, RunnerRow? Runner) OpenSession(string? credential, bool held)
    {
        lock (_gate)
        {
            var runner = _runners.Values.FirstOrDefault(r => r.Credential == credential);
            if (runner is null)
            {
                return (404, null);
            }

            if (IsOnline(runner))
            {
                return (409, null);
            }

            runner.SessionId = ids.Next().ToString(CultureInfo.InvariantCulture);
            runner.IsHeld = held;
            runner.HasEverConnected = true;
            Touch(runner);
            Change();
            return (201, runner);
        }
    }

    /// <summary>The runner of a session; <see langword="null"/> once session or registration are gone.</summary>
    public RunnerRow? FindSession(string sessionId, string? credential)
    {
        lock (_gate)
        {
            var runner = _runners.Values.FirstOrDefault(r => r.SessionId == sessionId && r.Credential == credential);
            if (runner is not null)
            {
                Touch(runner);
            }

            return runner;
        }
    }

    public void CountPoll(RunnerRow runner, int change)
    {
        lock (_gate)
        {
            runner.OpenPolls += change;
            Touch(runner);
        }
    }

    /// <summary>The job that a runner has, or is given now. A runner that asks again although it has one never got the answer.</summary>
    public JobRow? JobFor(RunnerRow runner)
    {
        lock (_gate)
        {
            return runner.Job ?? TakeJob(runner);
        }
    }

    /// <summary>Gives an idle runner the oldest queued job that its labels cover, whoever it was launched for.</summary>
    public JobRow? TakeJob(RunnerRow runner)
    {
        lock (_gate)
        {
            if (runner.Job is not null || !_runners.ContainsKey(runner.Id) || !IsOnline(runner))
            {
                return null;
            }

            var job = _jobs.Values.FirstOrDefault(j => j.Status == "queued" && Reaches(runner.Scope, j.Run.Repository) && Covers(runner.Labels, j.Labels));
            if (job is null)
            {
                return null;
            }

            job.Status = "in_progress";
            job.StartedAt = clock.GetUtcNow();
            job.RunnerId = runner.Id;
            job.RunnerName = runner.Name;
            job.RunnerGroupId = runner.GroupId;
            runner.Job = job;
            announce(job, "in_progress");
            Change();
            return job;
        }
    }

    /// <summary>Ends a runner's job; its registration, being for one job, goes with it.</summary>
    public bool CompleteJob(RunnerRow runner, long jobId, string conclusion)
    {
        lock (_gate)
        {
            if (runner.Job is not { } job || job.Id != jobId)
            {
                return false;
            }

            _runners.Remove(runner.Id);
            runner.Job = null;
            runner.SessionId = null;
            End(job, conclusion);
            Change();
            return true;
        }
    }

    /// <summary>Closes a session. The registration of a runner that ran no job stays.</summary>
    public void CloseSession(RunnerRow runner)
    {
        lock (_gate)
        {
            runner.SessionId = null;
            Touch(runner);
            Change();
        }
    }

    /// <summary>What time alone does: silent runners go offline, their jobs fail, old registrations go.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            foreach (var runner in _runners.Values.Where(r => !r.IsHeld && r.OpenPolls == 0).ToList())
            {
                var silent = now - runner.LastContact;
                if (runner.Job is { } job && silent >= options.JobLostAfter)
                {
                    CompleteJob(runner, job.Id, "failure");
                }
                else if (runner.Job is null && silent >= TimeSpan.FromDays(1))
                {
                    _runners.Remove(runner.Id); // as GitHub does with single-use runners
                    changedState();
                }
            }
        }
    }

    private JobRow Job(long id) => _jobs.TryGetValue(id, out var job) ? job : throw new ArgumentException($"There is no job {id}.", nameof(id));

    private void End(JobRow job, string conclusion)
    {
        job.Status = "completed";
        job.Conclusion = conclusion;
        job.CompletedAt = clock.GetUtcNow();
        announce(job, "completed");
    }

    private void Touch(RunnerRow runner) => runner.LastContact = clock.GetUtcNow();

    private void Change()
    {
        var changed = _changed;
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        changedState(); // before anyone is told of it
        changed.TrySetResult();
    }

    private bool Reaches(ScopeRow scope, RepositoryRow repository) => scope.Kind switch
    {
        "repos" => string.Equals($"{scope.Owner}/{scope.Repository}", repository.FullName, StringComparison.OrdinalIgnoreCase),
        "orgs" => string.Equals(scope.Owner, repository.Owner, StringComparison.OrdinalIgnoreCase),
        _ => _enterprises.TryGetValue(scope.Owner, out var owners) && owners.Contains(repository.Owner),
    };

    private static bool Covers(IReadOnlyList<string> runner, IReadOnlyList<string> job) =>
        job.All(label => runner.Contains(label, StringComparer.OrdinalIgnoreCase));
}
