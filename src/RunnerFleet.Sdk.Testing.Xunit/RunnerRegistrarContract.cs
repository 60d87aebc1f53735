using Microsoft.Extensions.Time.Testing;
using RunnerFleet.GitHub;
using RunnerFleet.Runners;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Testing.Xunit;

/// <summary>What every <see cref="IRunnerRegistrar"/> keeps, checked against a <see cref="GitHubStandIn"/> over HTTP on loopback. Derive a class and give it a registrar.</summary>
public abstract class RunnerRegistrarContract : IAsyncLifetime
{
    /// <summary>The token that the stand-in takes.</summary>
    protected const string Token = "github_pat_contract_4f1d2c3b5a697887";

    private const string Repository = "octo-org/octo-repo";
    private static readonly string[] Labels = ["self-hosted", "linux", "class:small"];
    private static readonly RunnerScope Scope = new() { Kind = RunnerScopeKind.Repository, Owner = "octo-org", Repository = "octo-repo" };
    private static readonly RepositoryRef OctoRepo = new() { Owner = "octo-org", Name = "octo-repo" };

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private GitHubStandIn _gitHub = null!;
    private GitHubStandInServer _server = null!;
    private IRunnerRegistrar _registrar = null!;
    private int _receiverAnswers = 202;

    /// <summary>Makes a registrar for an API at this address.</summary>
    /// <param name="apiUrl">The stand-in's address.</param>
    /// <param name="token">The token to send.</param>
    /// <param name="clock">The registrar's time.</param>
    protected abstract ValueTask<IRunnerRegistrar> CreateRegistrarAsync(Uri apiUrl, string token, TimeProvider clock);

    /// <summary>Cleans up after each test.</summary>
    protected virtual ValueTask CleanUpAsync() => default;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _gitHub = new(_clock, new()
        {
            Token = Token,
            WebhookSecret = "contract",
            DeliverAutomatically = false,
            Receiver = (_, _) => Task.FromResult(_receiverAnswers),
            RunnerGroups = [7],
        });
        _gitHub.AddRepository(Repository);
        _gitHub.AddEnterprise("octo-corp", "octo-org");
        _server = await GitHubStandInServer.StartAsync(_gitHub);
        _registrar = await CreateRegistrarAsync(_server.Url, Token, _clock);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CleanUpAsync();
        await _server.DisposeAsync();
        _gitHub.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A registered runner has the name, the labels and the scope that were asked for.</summary>
    [Fact]
    public virtual async Task A_jit_runner_is_registered_with_its_name_and_labels()
    {
        var answer = await CreateAsync("rf-a-1");

        Assert.Equal(GitHubStatus.Ok, answer.Status);
        Assert.NotEmpty(answer.Value!.EncodedJitConfig);
        var runner = Assert.Single(_gitHub.Runners);
        Assert.Equal((answer.Value.RunnerId, "rf-a-1", "repos/octo-org/octo-repo"), (runner.Id, runner.Name, runner.Scope));
        Assert.Equal(Labels, runner.Labels);
    }

    /// <summary>Ids above 2^31 survive.</summary>
    [Fact]
    public virtual async Task Ids_above_32_bits_are_kept() => Assert.True((await CreateAsync("rf-a-1")).Value!.RunnerId > int.MaxValue);

    /// <summary>An organization's runner group is sent; a group that is not there is a refusal.</summary>
    [Fact]
    public virtual async Task A_runner_registers_with_an_organization_and_its_group()
    {
        var organization = new RunnerScope { Kind = RunnerScopeKind.Organization, Owner = "octo-org", RunnerGroupId = 7 };

        Assert.Equal(GitHubStatus.Ok, (await CreateAsync("rf-a-1", organization)).Status);
        Assert.Equal("orgs/octo-org", Assert.Single(_gitHub.Runners).Scope);
        Assert.Equal(GitHubStatus.Refused, (await CreateAsync("rf-a-2", organization with { RunnerGroupId = 8 })).Status);
    }

    /// <summary>An enterprise is a scope of its own.</summary>
    [Fact]
    public virtual async Task A_runner_registers_with_an_enterprise()
    {
        Assert.Equal(GitHubStatus.Ok, (await CreateAsync("rf-a-1", new() { Kind = RunnerScopeKind.Enterprise, Owner = "octo-corp" })).Status);
        Assert.Equal("enterprises/octo-corp", Assert.Single(_gitHub.Runners).Scope);
    }

    /// <summary>A taken name is told from every other refusal.</summary>
    [Fact]
    public virtual async Task A_taken_name_is_a_conflict()
    {
        await CreateAsync("rf-a-1");

        Assert.Equal(GitHubStatus.Conflict, (await CreateAsync("rf-a-1")).Status);
        Assert.Single(_gitHub.Runners);
    }

    /// <summary>A registration whose answer was lost is not taken for done nor for not done; its name finds it.</summary>
    [Fact]
    public virtual async Task A_lost_answer_is_unknown_and_the_name_finds_the_runner()
    {
        _gitHub.LoseNextReplies(1, "generate-jitconfig");

        Assert.Equal(GitHubStatus.Unknown, (await CreateAsync("rf-a-1")).Status);

        var found = await _registrar.FindRunnerAsync(Scope, "rf-a-1", default);
        Assert.Equal(GitHubStatus.Ok, found.Status);
        Assert.Equal(Assert.Single(_gitHub.Runners).Id, found.Value!.Id);
    }

    /// <summary>A bad request is refused with a reason.</summary>
    [Fact]
    public virtual async Task A_name_that_is_too_long_is_refused_with_a_reason()
    {
        var answer = await CreateAsync(new string('n', 65));

        Assert.Equal(GitHubStatus.Refused, answer.Status);
        Assert.NotEmpty(answer.Reason!);
    }

    /// <summary>A registration token comes with its end.</summary>
    [Fact]
    public virtual async Task A_registration_token_ends_in_an_hour()
    {
        var answer = await _registrar.CreateRegistrationTokenAsync(Scope, default);

        Assert.Equal(GitHubStatus.Ok, answer.Status);
        Assert.NotEmpty(answer.Value!.Token);
        Assert.Equal(_clock.GetUtcNow().AddHours(1), answer.Value.ExpiresAt);
    }

    /// <summary>Only the exact name is found, and its absence from an answered listing is proof.</summary>
    [Fact]
    public virtual async Task A_runner_is_found_by_its_exact_name_or_proven_absent()
    {
        await CreateAsync("rf-a-10");

        var absent = await _registrar.FindRunnerAsync(Scope, "rf-a-1", default);
        Assert.Equal((GitHubStatus.Ok, null), (absent.Status, absent.Value));
        Assert.Equal("rf-a-10", (await _registrar.FindRunnerAsync(Scope, "rf-a-10", default)).Value!.Name);
    }

    /// <summary>A look-up that failed is not absence.</summary>
    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    public virtual async Task A_failed_look_up_is_unknown_never_absent(int status)
    {
        _gitHub.FailNext(2, status);

        Assert.Equal(GitHubStatus.Unknown, (await _registrar.FindRunnerAsync(Scope, "rf-a-1", default)).Status);
        Assert.Equal(GitHubStatus.Unknown, (await _registrar.ListRunnersAsync(Scope, "rf-", default)).Status);
    }

    /// <summary>A scope that cannot be seen proves nothing about its runners.</summary>
    [Fact]
    public virtual async Task A_listing_of_a_scope_that_is_not_there_is_not_ok()
    {
        var nowhere = Scope with { Repository = "gone" };

        Assert.NotEqual(GitHubStatus.Ok, (await _registrar.FindRunnerAsync(nowhere, "rf-a-1", default)).Status);
        Assert.NotEqual(GitHubStatus.Ok, (await _registrar.ListRunnersAsync(nowhere, "rf-", default)).Status);
    }

    /// <summary>State and busy are those of GitHub.</summary>
    [Fact]
    public virtual async Task A_runner_shows_whether_it_is_online_and_busy()
    {
        var created = (await CreateAsync("rf-a-1")).Value!;
        Assert.Equal((false, false), await StateAsync(created.RunnerId));

        Assert.Equal(created.RunnerId, _gitHub.Connect(created.EncodedJitConfig));
        Assert.Equal((true, false), await StateAsync(created.RunnerId));

        _gitHub.QueueJob(Repository, Labels);
        Assert.NotNull(_gitHub.TakeJob(created.RunnerId));
        Assert.Equal((true, true), await StateAsync(created.RunnerId));
    }

    /// <summary>An absent runner is NotFound, not an exception.</summary>
    [Fact]
    public virtual async Task A_runner_that_is_not_there_is_not_found() =>
        Assert.Equal(GitHubStatus.NotFound, (await _registrar.GetRunnerAsync(Scope, 5, default)).Status);

    /// <summary>A listing has all pages, and only what begins with the prefix.</summary>
    [Fact]
    public virtual async Task A_listing_covers_all_pages_and_keeps_to_the_prefix()
    {
        for (var i = 0; i < 120; i++)
        {
            await CreateAsync($"rf-a-{i}");
            await CreateAsync($"rf-b-{i}");
        }

        var listed = await _registrar.ListRunnersAsync(Scope, "rf-a-", default);

        Assert.Equal(GitHubStatus.Ok, listed.Status);
        Assert.Equal(Enumerable.Range(0, 120).Select(i => $"rf-a-{i}").Order(StringComparer.Ordinal), listed.Value!.Select(r => r.Name).Order(StringComparer.Ordinal));
    }

    /// <summary>Deleting says done, not there, or busy; a busy runner stays.</summary>
    [Fact]
    public virtual async Task A_delete_says_done_not_found_or_busy()
    {
        var idle = (await CreateAsync("rf-a-1")).Value!;
        Assert.Equal(GitHubStatus.Ok, (await _registrar.DeleteRunnerAsync(Scope, idle.RunnerId, default)).Status);
        Assert.Equal(GitHubStatus.NotFound, (await _registrar.DeleteRunnerAsync(Scope, idle.RunnerId, default)).Status);

        var busy = (await CreateAsync("rf-a-2")).Value!;
        _gitHub.Connect(busy.EncodedJitConfig);
        _gitHub.QueueJob(Repository, Labels);
        _gitHub.TakeJob(busy.RunnerId);
        Assert.Equal(GitHubStatus.Busy, (await _registrar.DeleteRunnerAsync(Scope, busy.RunnerId, default)).Status);
        Assert.Equal(busy.RunnerId, Assert.Single(_gitHub.Runners).Id);
    }

    /// <summary>Where nothing but a lack of permission explains a 404, it is a refusal.</summary>
    [Fact]
    public virtual async Task Minting_in_a_scope_that_is_not_there_is_refused()
    {
        var nowhere = new RunnerScope { Kind = RunnerScopeKind.Organization, Owner = "nobody" };

        Assert.Equal(GitHubStatus.Refused, (await CreateAsync("rf-a-1", nowhere)).Status);
        Assert.Equal(GitHubStatus.Refused, (await _registrar.CreateRegistrationTokenAsync(nowhere, default)).Status);
    }

    /// <summary>A wrong token is refused everywhere, and no reason shows it.</summary>
    [Fact]
    public virtual async Task A_wrong_token_is_refused_and_not_shown()
    {
        const string wrong = "github_pat_wrong_8c7b6a5f4e3d2c1b";
        var registrar = await CreateRegistrarAsync(_server.Url, wrong, _clock);

        var minted = await registrar.CreateJitConfigAsync(new() { Scope = Scope, Name = "rf-a-1", Labels = Labels }, default);
        var deleted = await registrar.DeleteRunnerAsync(Scope, 5, default);

        Assert.Equal((GitHubStatus.Refused, GitHubStatus.Refused), (minted.Status, deleted.Status));
        Assert.DoesNotContain(wrong, minted.ToString() + deleted, StringComparison.Ordinal);
    }

    /// <summary>A rate limit is told from a refusal, with the time that GitHub names.</summary>
    [Theory]
    [InlineData(429)]
    [InlineData(403)]
    public virtual async Task A_rate_limit_names_its_wait(int status)
    {
        _gitHub.FailNext(1, status, retryAfter: TimeSpan.FromSeconds(17));

        var answer = await CreateAsync("rf-a-1");

        Assert.Equal((GitHubStatus.Throttled, TimeSpan.FromSeconds(17)), (answer.Status, answer.RetryAfter));
        Assert.Empty(_gitHub.Runners);
    }

    /// <summary>403 without a sign of a limit is a refusal.</summary>
    [Fact]
    public virtual async Task A_lack_of_permission_is_a_refusal()
    {
        _gitHub.FailNext(1, 403);

        Assert.Equal(GitHubStatus.Refused, (await CreateAsync("rf-a-1")).Status);
    }

    /// <summary>A job shows status, conclusion, labels and runner as they are.</summary>
    [Fact]
    public virtual async Task A_job_is_read_through_its_life()
    {
        var job = _gitHub.QueueJob(Repository, Labels, new() { Name = "lint", WorkflowName = "Checks" });
        var queued = (await _registrar.GetJobAsync(Scope, OctoRepo, job.Id, default)).Value!;
        Assert.Equal((job.Id, job.RunId, 1, "lint", "Checks", "queued"), (queued.Id, queued.RunId, queued.RunAttempt, queued.Name, queued.WorkflowName, queued.Status));
        Assert.Equal(Labels, queued.Labels);
        Assert.Null(queued.RunnerName);
        Assert.Equal(_clock.GetUtcNow(), queued.CreatedAt);

        var runner = (await CreateAsync("rf-a-1")).Value!;
        _gitHub.Connect(runner.EncodedJitConfig);
        _gitHub.TakeJob(runner.RunnerId);
        var running = (await _registrar.GetJobAsync(Scope, OctoRepo, job.Id, default)).Value!;
        Assert.Equal(("in_progress", "rf-a-1", null), (running.Status, running.RunnerName, running.Conclusion));

        _gitHub.CompleteJob(runner.RunnerId, "failure");
        var completed = (await _registrar.GetJobAsync(Scope, OctoRepo, job.Id, default)).Value!;
        Assert.Equal(("completed", "failure"), (completed.Status, completed.Conclusion));

        Assert.Equal(GitHubStatus.NotFound, (await _registrar.GetJobAsync(Scope, OctoRepo, 5, default)).Status);
    }

    /// <summary>A job that ended without a runner has none: GitHub then sends an empty name.</summary>
    [Fact]
    public virtual async Task A_job_cancelled_before_it_ran_has_no_runner()
    {
        var job = _gitHub.QueueJob(Repository, Labels);
        _gitHub.CancelJob(job.Id);

        var read = (await _registrar.GetJobAsync(Scope, OctoRepo, job.Id, default)).Value!;

        Assert.Equal(("completed", "cancelled", null), (read.Status, read.Conclusion, read.RunnerName));
    }

    /// <summary>Active are the jobs of queued and of running runs, among them the queued jobs of a running run.</summary>
    [Fact]
    public virtual async Task Active_jobs_are_those_of_queued_and_running_runs()
    {
        var running = _gitHub.QueueJob(Repository, Labels);
        var runner = (await CreateAsync("rf-a-1")).Value!;
        _gitHub.Connect(runner.EncodedJitConfig);
        _gitHub.TakeJob(runner.RunnerId);
        var beside = _gitHub.QueueJob(Repository, Labels, new() { RunId = running.RunId });
        var queued = _gitHub.QueueJob(Repository, Labels);
        _gitHub.CancelJob(_gitHub.QueueJob(Repository, Labels).Id);

        var active = await _registrar.ListActiveJobsAsync(Scope, OctoRepo, 0, 100, default);

        Assert.Equal(GitHubStatus.Ok, active.Status);
        Assert.Equal([running.Id, beside.Id, queued.Id], active.Value!.Select(j => j.Id).Order());
        Assert.All(active.Value!, j => Assert.True(j.Repository is { Id: > 0, Owner: "octo-org", Name: "octo-repo", IsPrivate: true }));
    }

    /// <summary>One request short of all is not Ok.</summary>
    [Fact]
    public virtual async Task A_list_of_active_jobs_with_a_hole_is_not_ok()
    {
        _gitHub.QueueJob(Repository, Labels);
        _gitHub.FailNext(1, 502, "/jobs");

        var active = await _registrar.ListActiveJobsAsync(Scope, OctoRepo, 0, 100, default);

        Assert.Equal((GitHubStatus.Unknown, 3), (active.Status, active.Requests));
    }

    /// <summary>No run is begun beyond the bound, and the next list goes on where this one ended.</summary>
    [Fact]
    public virtual async Task A_list_of_active_jobs_keeps_to_its_bound_oldest_first_and_goes_on_after_a_run()
    {
        var jobs = Enumerable.Range(0, 5).Select(_ => _gitHub.QueueJob(Repository, Labels)).ToArray();

        await AssertListedAsync(afterRunId: 0, mostRequests: 4, requests: 4, jobs[0], jobs[1]);
        await AssertListedAsync(jobs[1].RunId, mostRequests: 4, requests: 4, jobs[2], jobs[3]);
        await AssertListedAsync(jobs[3].RunId, mostRequests: 4, requests: 4, jobs[4], jobs[0]);
        await AssertListedAsync(jobs[2].RunId, mostRequests: 1, requests: 3, jobs[3]); // one run at least, or no list would ever go on
        await AssertListedAsync(jobs[2].RunId, mostRequests: 100, requests: 7, jobs[3], jobs[4], jobs[0], jobs[1], jobs[2]);
    }

    private async Task AssertListedAsync(long afterRunId, int mostRequests, int requests, params StandInJob[] jobs)
    {
        var active = await _registrar.ListActiveJobsAsync(Scope, OctoRepo, afterRunId, mostRequests, default);

        Assert.Equal((GitHubStatus.Ok, requests), (active.Status, active.Requests));
        Assert.Equal(jobs.Select(j => (j.Id, j.RunId)), active.Value!.Select(j => (j.Id, j.RunId)));
    }

    /// <summary>Failed deliveries are listed and come again under the same GUID.</summary>
    [Fact]
    public virtual async Task A_failed_delivery_is_listed_and_delivered_again()
    {
        var hook = Assert.Single(_gitHub.HookIds);
        _gitHub.QueueJob(Repository, Labels);
        await _gitHub.DeliverPendingAsync(default);
        _receiverAnswers = 503;
        var since = _clock.GetUtcNow().AddMinutes(1);
        _clock.Advance(TimeSpan.FromMinutes(2));
        _gitHub.QueueJob(Repository, Labels);
        await _gitHub.DeliverPendingAsync(default);

        var failed = await _registrar.ListFailedDeliveriesAsync(Scope, hook, since, default);
        var delivery = Assert.Single(failed.Value!);
        Assert.Equal(("workflow_job", "queued", 503, _clock.GetUtcNow()), (delivery.Event, delivery.Action, delivery.StatusCode, delivery.DeliveredAt));

        _receiverAnswers = 202;
        Assert.Equal(GitHubStatus.Ok, (await _registrar.RedeliverAsync(Scope, hook, delivery.Id, default)).Status);
        await _gitHub.DeliverPendingAsync(default);
        var again = _gitHub.Deliveries[0];
        Assert.Equal((delivery.DeliveryId, true, 202), (again.DeliveryId, again.IsRedelivery, again.StatusCode));
        Assert.NotEqual(delivery.Id, again.Id);
    }

    /// <summary>Failed is what did not come: a delivery that came later, whoever asked for it, is none.</summary>
    [Fact]
    public virtual async Task A_delivery_that_came_later_is_left_out()
    {
        var since = _clock.GetUtcNow();
        _receiverAnswers = 503;
        _gitHub.QueueJob(Repository, Labels);
        _gitHub.QueueJob(Repository, Labels);
        await _gitHub.DeliverPendingAsync(default);
        _clock.Advance(TimeSpan.FromMinutes(1));
        _receiverAnswers = 202;
        var again = _gitHub.Deliveries[0];
        _gitHub.Redeliver(again.Id);
        await _gitHub.DeliverPendingAsync(default);

        var failed = await _registrar.ListFailedDeliveriesAsync(Scope, _gitHub.HookIds[0], since, default);

        Assert.NotEqual(again.DeliveryId, Assert.Single(failed.Value!).DeliveryId);
    }

    /// <summary>Only as far back as asked.</summary>
    [Fact]
    public virtual async Task Failed_deliveries_before_the_moment_are_left_out()
    {
        _receiverAnswers = 500;
        _gitHub.QueueJob(Repository, Labels);
        await _gitHub.DeliverPendingAsync(default);

        var failed = await _registrar.ListFailedDeliveriesAsync(Scope, _gitHub.HookIds[0], _clock.GetUtcNow().AddSeconds(1), default);

        Assert.Equal(GitHubStatus.Ok, failed.Status);
        Assert.Empty(failed.Value!);
    }

    /// <summary>The caller's cancellation is thrown, not answered.</summary>
    [Fact]
    public virtual async Task The_callers_cancellation_is_thrown() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _registrar.GetRunnerAsync(Scope, 5, new CancellationToken(canceled: true)));

    private Task<GitHubAnswer<JitRegistration>> CreateAsync(string name, RunnerScope? scope = null) =>
        _registrar.CreateJitConfigAsync(new() { Scope = scope ?? Scope, Name = name, Labels = Labels }, default);

    private async Task<(bool IsOnline, bool IsBusy)> StateAsync(long id)
    {
        var runner = (await _registrar.GetRunnerAsync(Scope, id, default)).Value!;
        return (runner.IsOnline, runner.IsBusy);
    }
}
