using RunnerFleet.Jobs;
using RunnerFleet.Runners;

namespace RunnerFleet.GitHub;

/// <summary>
/// What the fleet asks of GitHub's REST API. <c>RunnerRegistrarContract</c> in <c>RunnerFleet.Sdk.Testing.Xunit</c> checks every promise made here, against the GitHub stand-in.
/// </summary>
/// <remarks>
/// Each member sends one request, or as many pages as it says, and answers with a <see cref="GitHubAnswer{T}"/>: refusals, limits and silence are answers, not exceptions.
/// Only the caller's own cancellation is thrown. No answer, message or exception holds a credential.
/// </remarks>
public interface IRunnerRegistrar
{
    /// <summary>Registers a just-in-time runner (POST generate-jitconfig). Ok, Conflict (the name is taken, perhaps by a call whose answer was lost), Refused, Throttled or Unknown (it may be registered).</summary>
    Task<GitHubAnswer<JitRegistration>> CreateJitConfigAsync(JitRequest request, CancellationToken cancellationToken);

    /// <summary>Gets a registration token (POST registration-token), good for an hour: the weaker way, for runners that cannot take a JIT configuration.</summary>
    Task<GitHubAnswer<RegistrationToken>> CreateRegistrationTokenAsync(RunnerScope scope, CancellationToken cancellationToken);

    /// <summary>Looks for a runner by its exact name in a listing. Ok with the runner; Ok with <see langword="null"/> when the listing was answered 200 without it: proof that it is absent.</summary>
    Task<GitHubAnswer<GitHubRunner?>> FindRunnerAsync(RunnerScope scope, string name, CancellationToken cancellationToken);

    /// <summary>Gets a runner by id. NotFound may mean absent or forbidden: GitHub answers 404 for both.</summary>
    Task<GitHubAnswer<GitHubRunner>> GetRunnerAsync(RunnerScope scope, long runnerId, CancellationToken cancellationToken);

    /// <summary>Lists a scope's runners whose name begins with <paramref name="namePrefix"/>, all pages. Ok only when every page was answered.</summary>
    Task<GitHubAnswer<IReadOnlyList<GitHubRunner>>> ListRunnersAsync(RunnerScope scope, string namePrefix, CancellationToken cancellationToken);

    /// <summary>Deletes a runner. Ok (204), NotFound (404, which proves nothing by itself), Busy (422: it runs a job), Refused, Throttled or Unknown.</summary>
    Task<GitHubAnswer<bool>> DeleteRunnerAsync(RunnerScope scope, long runnerId, CancellationToken cancellationToken);

    /// <summary>Gets a job.</summary>
    Task<GitHubAnswer<GitHubJob>> GetJobAsync(RunnerScope scope, RepositoryRef repository, long jobId, CancellationToken cancellationToken);

    /// <summary>
    /// Lists the jobs of a repository's queued and running workflow runs, whatever the jobs' own status: the runs by their ids, which grow, so the oldest first (2 requests, one more for each
    /// further 100 runs, and one for each run). Ok only when every request that was sent was answered. That a job is not listed proves nothing: its run may lie beyond the bound.
    /// </summary>
    /// <param name="scope">Whose credential is used.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="afterRunId">Where to begin: the runs with greater ids come first, then the others. 0: with the oldest.</param>
    /// <param name="mostRequests">After so many requests no further run is asked about. The runs themselves are always listed to the end, and the jobs of one run. <see cref="GitHubAnswer{T}.Requests"/> says how many it became.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<GitHubAnswer<IReadOnlyList<GitHubJob>>> ListActiveJobsAsync(RunnerScope scope, RepositoryRef repository, long afterRunId, int mostRequests, CancellationToken cancellationToken);

    /// <summary>
    /// Lists deliveries of the webhook that failed since a moment, each failed try for itself, the newest 2,000. A delivery that came later is left out, as far as the newest 300 that came tell
    /// (a request for each 100 that failed, and up to 3).
    /// </summary>
    Task<GitHubAnswer<IReadOnlyList<HookDelivery>>> ListFailedDeliveriesAsync(RunnerScope scope, long hookId, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Asks GitHub to deliver again (202).</summary>
    Task<GitHubAnswer<bool>> RedeliverAsync(RunnerScope scope, long hookId, long deliveryId, CancellationToken cancellationToken);
}

/// <summary>A just-in-time runner to register.</summary>
public sealed record JitRequest
{
    /// <summary>Where.</summary>
    public required RunnerScope Scope { get; init; }

    /// <summary>The runner's name; unique in its scope, at most 64 characters.</summary>
    public required string Name { get; init; }

    /// <summary>Its labels, 1 to 100. GitHub adds none by itself for certain, so <c>self-hosted</c> must be among them.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>The work folder, relative to the runner's.</summary>
    public string WorkFolder { get; init; } = "_work";
}

/// <summary>A registered just-in-time runner.</summary>
public sealed record JitRegistration
{
    /// <summary>GitHub's id of the runner.</summary>
    public required long RunnerId { get; init; }

    /// <summary>The configuration for <c>run.sh --jitconfig</c>. A credential: hand it to the runner and keep it nowhere.</summary>
    public required string EncodedJitConfig { get; init; }

    /// <summary>Never shows the configuration.</summary>
    public override string ToString() => $"runner {RunnerId}";
}

/// <summary>A registration token.</summary>
public sealed record RegistrationToken
{
    /// <summary>The token: a credential.</summary>
    public required string Token { get; init; }

    /// <summary>When it ends.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Never shows the token.</summary>
    public override string ToString() => $"registration token until {ExpiresAt:O}";
}

/// <summary>A runner as GitHub sees it.</summary>
public sealed record GitHubRunner
{
    /// <summary>GitHub's id.</summary>
    public required long Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is connected.</summary>
    public bool IsOnline { get; init; }

    /// <summary>Whether it runs a job. May lag by up to a minute.</summary>
    public bool IsBusy { get; init; }
}

/// <summary>A job as GitHub's REST API tells it.</summary>
public sealed record GitHubJob
{
    /// <summary>GitHub's id.</summary>
    public required long Id { get; init; }

    /// <summary>The workflow run.</summary>
    public long RunId { get; init; }

    /// <summary>The run's attempt.</summary>
    public int RunAttempt { get; init; }

    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>Its workflow's name.</summary>
    public string? WorkflowName { get; init; }

    /// <summary>Its page.</summary>
    public Uri? Url { get; init; }

    /// <summary><c>queued</c>, <c>in_progress</c>, <c>completed</c>, <c>waiting</c>, …: an open set.</summary>
    public required string Status { get; init; }

    /// <summary>The conclusion, once completed.</summary>
    public string? Conclusion { get; init; }

    /// <summary>Its labels.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>The runner that took it.</summary>
    public string? RunnerName { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Its repository as GitHub knows it now, where the answer says: that of <see cref="IRunnerRegistrar.ListActiveJobsAsync"/> does.</summary>
    public RepositoryRef? Repository { get; init; }
}

/// <summary>One try to deliver a webhook.</summary>
public sealed record HookDelivery
{
    /// <summary>Names this try.</summary>
    public required long Id { get; init; }

    /// <summary>Names the delivery; the same on redelivery.</summary>
    public required string DeliveryId { get; init; }

    /// <summary>The event, such as <c>workflow_job</c>.</summary>
    public required string Event { get; init; }

    /// <summary>The action within the event.</summary>
    public string? Action { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset DeliveredAt { get; init; }

    /// <summary>The receiver's status code; 0 where it did not answer.</summary>
    public int StatusCode { get; init; }
}
