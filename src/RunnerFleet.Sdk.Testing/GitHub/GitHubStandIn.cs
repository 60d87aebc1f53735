using System.Text.Json;

namespace RunnerFleet.Testing.GitHub;

/// <summary>
/// A GitHub that remembers: repositories, runners, workflow runs, jobs and webhook deliveries, behind the REST API's own paths, member names and status codes.
/// Queue a job and its signed webhook goes out; register a runner, start a <see cref="StandInRunner"/> with its configuration, and the job is handed to it.
/// </summary>
/// <remarks>
/// Use it in process (<see cref="CreateHandler"/>), on loopback (<see cref="GitHubStandInServer"/>) or below a path of an application of your own
/// (<see cref="GitHubStandInEndpoints.MapGitHubStandIn"/>). It can also misbehave as GitHub and networks do: deliveries lost, doubled, late or out of order, calls that fail,
/// answers lost after their effect, a <c>busy</c> that lags. All time comes from its <see cref="TimeProvider"/>.
/// </remarks>
public sealed class GitHubStandIn : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly string? _statePath;
    private readonly StandInIds _ids;
    private readonly StandInWorld _world;
    private readonly StandInHooks _hooks;
    private readonly StandInApi _api;
    private readonly StandInRunnerApi _runnerApi;
    private readonly StandInGate _gate;
    private readonly ITimer _ticks;

    /// <summary>Makes a stand-in with nothing in it, or with what its state file remembers.</summary>
    public GitHubStandIn(TimeProvider clock, GitHubStandInOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(clock);
        options ??= new();
        _clock = clock;
        var saved = options.StatePath is { } path ? StandInStateFile.Read(path) : null;
        var ids = _ids = new StandInIds(Math.Max(saved?.NextId ?? 0, options.FirstId ?? (1L << 31) + (clock.GetUtcNow().ToUnixTimeSeconds() * 1000)));
        var json = new StandInJson(options.Host);
        _hooks = new(clock, options, ids);
        _world = new(clock, options, ids, (job, action) =>
            _hooks.Enqueue(job.Run.Repository, job.Id, "workflow_job", action, JsonSerializer.SerializeToUtf8Bytes(json.Webhook(job, action))), Save);
        if (saved is not null)
        {
            _world.Restore(saved);
        }

        if (options.StatePath is not null)
        {
            _statePath = options.StatePath;
            _hooks.Changed = SaveNow;
        }

        if (saved is not null)
        {
            _hooks.Restore(saved.Deliveries, _world.FindRepository);
        }

        _api = new(clock, options, _world, _hooks, json);
        _runnerApi = new(clock, _world);
        _gate = new(clock, options.RateLimit);
        _ticks = clock.CreateTimer(static world => ((StandInWorld)world!).Tick(), _world, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
    }

    /// <summary>The ids of its hooks, in the order of the options: addresses first, then the receiver.</summary>
    public IReadOnlyList<long> HookIds => [.. _hooks.Hooks.Select(h => h.Id)];

    /// <summary>All jobs, oldest first.</summary>
    public IReadOnlyList<StandInJob> Jobs => _world.Read(() => (IReadOnlyList<StandInJob>)[.. _world.Jobs.Select(j => j.Snapshot())]);

    /// <summary>All registered runners, oldest first.</summary>
    public IReadOnlyList<StandInRegistration> Runners => _world.Read(() => (IReadOnlyList<StandInRegistration>)[.. _world.Runners.Select(Snapshot)]);

    /// <summary>What was tried to deliver in the last three days, newest first.</summary>
    public IReadOnlyList<StandInDelivery> Deliveries => [.. _hooks.List().Select(d => d.Delivery)];

    /// <summary>The last 1000 calls of the REST API as <c>METHOD /path status</c>, oldest first.</summary>
    public IReadOnlyList<string> Calls => _gate.Calls;

    /// <summary>Decides what becomes of each delivery when it arises. Default: all are sent.</summary>
    public Func<StandInDelivery, DeliveryFate>? Fate
    {
        get => _hooks.Fate;
        set => _hooks.Fate = value;
    }

    /// <summary>How much later than the truth the API calls a runner busy. A delete knows the truth.</summary>
    public TimeSpan BusyLag
    {
        get => _world.BusyLag;
        set => _world.BusyLag = value;
    }

    /// <summary>Adds a repository, and its owner; one that is there stays as it is.</summary>
    public void AddRepository(string repository, bool isPrivate = true, bool ownerIsUser = false) => _world.AddRepository(repository, isPrivate, ownerIsUser);

    /// <summary>Adds an organization without repositories.</summary>
    public void AddOrganization(string login) => _world.AddOwner(login);

    /// <summary>Adds an enterprise, whose runners serve the repositories of these organizations.</summary>
    public void AddEnterprise(string slug, params IEnumerable<string> organizations) => _world.AddEnterprise(slug, organizations);

    /// <summary>Queues a job, in a workflow run of its own unless the options name one. Repository and owner come into being with it.</summary>
    /// <param name="repository"><c>owner/name</c>.</param>
    /// <param name="labels">What <c>runs-on</c> says.</param>
    /// <param name="options">Name, duration and the like.</param>
    public StandInJob QueueJob(string repository, IEnumerable<string> labels, StandInJobOptions? options = null) => _world.QueueJob(repository, labels, options ?? new());

    /// <summary>Approves a waiting job: it is queued. <see langword="false"/> when it does not wait.</summary>
    public bool ApproveJob(long jobId) => _world.ApproveJob(jobId);

    /// <summary>Cancels a job: at once while it waits, through its runner while it runs. <see langword="false"/> when it is over.</summary>
    public bool CancelJob(long jobId) => _world.CancelJob(jobId);

    /// <summary>Runs a completed job again: a new job in the same run, one attempt further.</summary>
    public StandInJob RerunJob(long jobId) => _world.RerunJob(jobId);

    /// <summary>Connects a runner without a program, for tests that play the runner themselves. Its id, or <see langword="null"/> when its registration is gone or already connected.</summary>
    public long? Connect(string encodedJitConfig) =>
        JitConfig.Decode(encodedJitConfig) is { } config && _world.OpenSession(config.Credential, held: true) is { Status: 201, Runner: { } runner } ? runner.Id : null;

    /// <summary>Disconnects a runner that <see cref="Connect"/> connected. One that ran no job stays registered.</summary>
    public void Disconnect(long runnerId)
    {
        if (Find(runnerId) is { } runner)
        {
            _world.CloseSession(runner);
        }
    }

    /// <summary>Lets a connected idle runner take the oldest queued job that its labels cover; <see langword="null"/> when there is none.</summary>
    public StandInJob? TakeJob(long runnerId) => Find(runnerId) is { } runner && _world.TakeJob(runner) is { } job ? _world.Read(job.Snapshot) : null;

    /// <summary>Ends the job that a runner runs; its registration goes with it. <see langword="false"/> when it runs none.</summary>
    public bool CompleteJob(long runnerId, string conclusion = "success") => Find(runnerId) is { Job: { } job } runner && _world.CompleteJob(runner, job.Id, conclusion);

    /// <summary>Lets the next calls of the REST API fail, before they have any effect.</summary>
    /// <param name="count">How many.</param>
    /// <param name="status">With which status code.</param>
    /// <param name="pathContains">Only calls whose <c>METHOD /path</c> contains this.</param>
    /// <param name="retryAfter">A <c>Retry-After</c> to send along.</param>
    public void FailNext(int count, int status, string? pathContains = null, TimeSpan? retryAfter = null) => _gate.Add(new(count, status, pathContains, retryAfter));

    /// <summary>Lets the answers to the next calls get lost after they have had their effect.</summary>
    /// <param name="count">How many.</param>
    /// <param name="pathContains">Only calls whose <c>METHOD /path</c> contains this.</param>
    public void LoseNextReplies(int count, string? pathContains = null) => _gate.Add(new(count, null, pathContains, null));

    /// <summary>Sends what was held back, in order or newest first, and says how many there were.</summary>
    public int ReleaseHeld(bool newestFirst = false) => _hooks.Release(newestFirst);

    /// <summary>Sends an earlier delivery again: same GUID, new id. <see langword="false"/> when it is not, or no longer, known.</summary>
    public bool Redeliver(long deliveryId) => _hooks.Redeliver(deliveryId);

    /// <summary>Sends all deliveries that wait. When it returns, each was answered or recorded as failed.</summary>
    public Task DeliverPendingAsync(CancellationToken cancellationToken) => _hooks.DeliverPendingAsync(cancellationToken);

    /// <summary>An HTTP handler that answers in this process, whatever the host of the request.</summary>
    public HttpMessageHandler CreateHandler() => new StandInHandler(this);

    /// <summary>Ends deliveries and the clock's ticks.</summary>
    public void Dispose()
    {
        _ticks.Dispose();
        _hooks.Dispose();
    }

    internal async Task<StandInReply> AnswerAsync(StandInRequest request, CancellationToken cancellationToken)
    {
        _world.Tick();
        return request.Segments is ["_runner", ..]
            ? await _runnerApi.AnswerAsync(request, cancellationToken).ConfigureAwait(false)
            : _gate.Pass(request, _api.Answer);
    }

    private void SaveNow() => _world.Read<object?>(() =>
    {
        Save();
        return null;
    });

    /// <summary>Called under the world's lock.</summary>
    private void Save()
    {
        if (_statePath is not null)
        {
            StandInStateFile.Write(_statePath, _world.Save() with { NextId = _ids.Last + 1, Deliveries = _hooks.Save() });
        }
    }

    private RunnerRow? Find(long runnerId) => _world.Read(() => _world.Runners.FirstOrDefault(r => r.Id == runnerId));

    private StandInRegistration Snapshot(RunnerRow runner) => new()
    {
        Id = runner.Id,
        Name = runner.Name,
        Scope = runner.Scope.Path,
        Labels = runner.Labels,
        IsOnline = _world.IsOnline(runner),
        JobId = runner.Job?.Id,
    };
}
