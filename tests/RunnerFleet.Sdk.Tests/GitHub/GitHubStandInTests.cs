using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.GitHub;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.Tests.GitHub;

public sealed class GitHubStandInTests : IDisposable
{
    private const string Repository = "octo-org/octo-repo";
    private const string Secret = "stand-in";
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly List<StandInDelivery> _received = [];
    private readonly GitHubStandIn _gitHub;
    private readonly HttpClient _http;
    private int _answer = 202;

    public GitHubStandInTests()
    {
        _gitHub = NewGitHub();
        _http = new(_gitHub.CreateHandler()) { BaseAddress = new Uri("http://github.test/") };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "any");
    }

    public void Dispose()
    {
        _http.Dispose();
        _gitHub.Dispose();
    }

    [Fact]
    public async Task A_queued_job_is_announced_by_a_signed_webhook()
    {
        var job = _gitHub.QueueJob(Repository, ["self-hosted", "linux"]);
        await _gitHub.DeliverPendingAsync(default);

        var delivery = Assert.Single(_received);
        Assert.Equal(WebhookSignatureResult.Valid, WebhookSignature.Verify(delivery.Body.Span, delivery.Headers["X-Hub-Signature-256"], [Secret]));
        Assert.Equal("workflow_job", delivery.Headers["X-GitHub-Event"]);
        Assert.Equal(delivery.DeliveryId, delivery.Headers["X-GitHub-Delivery"]);
        var body = JsonDocument.Parse(delivery.Body).RootElement;
        var inBody = body.GetProperty("workflow_job");
        Assert.Equal(("queued", "queued", job.Id), (body.GetProperty("action").GetString(), inBody.GetProperty("status").GetString(), inBody.GetProperty("id").GetInt64()));
        Assert.True(job.Id > int.MaxValue);
        Assert.True(body.GetProperty("repository").GetProperty("private").GetBoolean());
        Assert.Equal(JsonValueKind.Null, inBody.GetProperty("runner_id").ValueKind);
        Assert.Equal("octo-org", body.GetProperty("organization").GetProperty("login").GetString());
    }

    [Fact]
    public async Task A_webhook_has_every_member_that_a_real_one_has()
    {
        var real = Fixtures.Find("github-webhooks", "workflow_job.completed.success.json");
        await RunAJobAsync();

        var ours = JsonDocument.Parse(_received.Single(d => d.Action == "completed").Body).RootElement;
        AssertHasMembers(JsonDocument.Parse(await File.ReadAllBytesAsync(real)).RootElement, ours, "$");
    }

    [Fact]
    public async Task Octokit_reads_our_webhooks()
    {
        // A second opinion on the bodies; ids below 2^31, since Octokit takes a runner's for 32 bits.
        using var gitHub = NewGitHub(firstId: 1000);
        var job = gitHub.QueueJob(Repository, ["self-hosted"]);
        var runner = gitHub.Connect(await RegisterAsync(gitHub, "rf-a", "self-hosted"))!.Value;
        gitHub.TakeJob(runner);
        gitHub.CompleteJob(runner);
        await gitHub.DeliverPendingAsync(default);

        var processor = new OctokitReader();
        foreach (var delivery in _received)
        {
            await processor.ProcessWebhookAsync(
                delivery.Headers.ToDictionary(h => h.Key, h => new Microsoft.Extensions.Primitives.StringValues(h.Value)), delivery.Body, default);
        }

        Assert.Equal([$"queued {job.Id} ", $"in_progress {job.Id} rf-a", $"completed {job.Id} rf-a"], processor.Read);
    }

    [Fact]
    public async Task A_job_goes_to_whichever_idle_runner_covers_its_labels()
    {
        _gitHub.AddOrganization("other-org");
        var lesser = Connect(await RegisterAsync(_gitHub, "rf-lesser", "self-hosted"));
        var elsewhere = Connect(await RegisterAsync(_gitHub, "rf-elsewhere", "orgs/other-org", "self-hosted", "linux"));
        var offline = await RegisterAsync(_gitHub, "rf-offline", "self-hosted", "linux");
        var job = _gitHub.QueueJob(Repository, ["Self-Hosted", "LINUX"]);
        Assert.Null(_gitHub.TakeJob(lesser));
        Assert.Null(_gitHub.TakeJob(elsewhere));
        Assert.Null(_gitHub.TakeJob(_gitHub.Runners.Single(r => r.Name == "rf-offline").Id));

        var fits = Connect(offline);
        Assert.Equal((job.Id, "in_progress", "rf-offline"), Summary(_gitHub.TakeJob(fits)!));
        _gitHub.QueueJob(Repository, ["self-hosted"]);
        Assert.Null(_gitHub.TakeJob(fits)); // one job at a time, and in all

        static (long, string, string?) Summary(StandInJob taken) => (taken.Id, taken.Status, taken.RunnerName);
    }

    [Fact]
    public async Task An_organizations_and_an_enterprises_runner_serve_their_repositories()
    {
        _gitHub.AddRepository(Repository);
        _gitHub.AddEnterprise("octo-corp", "octo-org");
        var organization = Connect(await RegisterAsync(_gitHub, "rf-o", "orgs/octo-org", "self-hosted"));
        var enterprise = Connect(await RegisterAsync(_gitHub, "rf-e", "enterprises/octo-corp", "self-hosted"));
        _gitHub.QueueJob("somebody/else", ["self-hosted"]);
        Assert.Null(_gitHub.TakeJob(organization));
        Assert.Null(_gitHub.TakeJob(enterprise));

        _gitHub.QueueJob(Repository, ["self-hosted"]);
        _gitHub.QueueJob("octo-org/second", ["self-hosted"]);
        Assert.NotNull(_gitHub.TakeJob(organization));
        Assert.NotNull(_gitHub.TakeJob(enterprise));
    }

    [Fact]
    public async Task A_runner_is_gone_after_its_one_job()
    {
        await RunAJobAsync();

        Assert.Equal(["queued", "in_progress", "completed"], _received.Select(d => d.Action));
        Assert.Empty(_gitHub.Runners);
        Assert.Equal(("completed", "success"), (_gitHub.Jobs[0].Status, _gitHub.Jobs[0].Conclusion));
    }

    [Fact]
    public async Task Waiting_approval_cancel_and_rerun_are_told_as_GitHub_tells_them()
    {
        var waiting = _gitHub.QueueJob(Repository, ["self-hosted"], new() { IsWaiting = true });
        Assert.True(_gitHub.ApproveJob(waiting.Id));
        Assert.False(_gitHub.ApproveJob(waiting.Id));
        Assert.True(_gitHub.CancelJob(waiting.Id));
        Assert.False(_gitHub.CancelJob(waiting.Id));
        var again = _gitHub.RerunJob(waiting.Id);
        await _gitHub.DeliverPendingAsync(default);

        Assert.Equal(["waiting/waiting", "queued/queued", "completed/completed", "queued/queued"], _received.Select(ActionAndStatus));
        var cancelled = JsonDocument.Parse(_received[2].Body).RootElement.GetProperty("workflow_job");
        Assert.Equal(("cancelled", 0L, ""), (cancelled.GetProperty("conclusion").GetString(), cancelled.GetProperty("runner_id").GetInt64(), cancelled.GetProperty("runner_name").GetString()));
        Assert.Equal((waiting.RunId, 2), (again.RunId, again.RunAttempt));
        Assert.NotEqual(waiting.Id, again.Id);

        _gitHub.QueueJob(Repository, ["self-hosted"], new() { IsWaiting = true, AnnounceWaitingAsQueued = true });
        await _gitHub.DeliverPendingAsync(default);
        Assert.Equal("queued/waiting", ActionAndStatus(_received[^1]));
    }

    [Fact]
    public async Task Deliveries_can_be_lost_doubled_held_and_reordered()
    {
        var fates = new Queue<DeliveryFate>([DeliveryFate.Drop, DeliveryFate.Duplicate, DeliveryFate.Hold, DeliveryFate.Hold, DeliveryFate.Deliver]);
        _gitHub.Fate = _ => fates.Dequeue();
        var jobs = Enumerable.Range(0, 5).Select(_ => _gitHub.QueueJob(Repository, ["self-hosted"]).Id).ToList();
        await _gitHub.DeliverPendingAsync(default);
        Assert.Equal([jobs[1], jobs[1], jobs[4]], _received.Select(d => d.JobId));
        Assert.Equal(_received[0].DeliveryId, _received[1].DeliveryId);

        Assert.Equal(2, _gitHub.ReleaseHeld(newestFirst: true));
        await _gitHub.DeliverPendingAsync(default);
        Assert.Equal([jobs[3], jobs[2]], _received.Skip(3).Select(d => d.JobId));
        Assert.DoesNotContain(_gitHub.Deliveries, d => d.JobId == jobs[0]);
    }

    [Fact]
    public async Task A_failed_delivery_is_not_tried_again_by_itself_and_keeps_its_guid_when_asked_for()
    {
        _answer = 500;
        _gitHub.QueueJob(Repository, ["self-hosted"]);
        await _gitHub.DeliverPendingAsync(default);
        await _gitHub.DeliverPendingAsync(default);
        var failed = Assert.Single(_gitHub.Deliveries);
        Assert.Equal(500, failed.StatusCode);

        _answer = 202;
        Assert.True(_gitHub.Redeliver(failed.Id));
        await _gitHub.DeliverPendingAsync(default);
        Assert.Equal((failed.DeliveryId, 202, true), (_gitHub.Deliveries[0].DeliveryId, _gitHub.Deliveries[0].StatusCode!.Value, _gitHub.Deliveries[0].IsRedelivery));
        Assert.Equal(_received[0].Body.ToArray(), _received[1].Body.ToArray());

        _clock.Advance(TimeSpan.FromDays(4));
        Assert.Empty(_gitHub.Deliveries);
    }

    [Fact]
    public async Task A_receiver_that_throws_or_is_slow_fails_its_own_delivery_only()
    {
        var slow = new TaskCompletionSource();
        var turn = 0;
        using var gitHub = new GitHubStandIn(_clock, new()
        {
            DeliverAutomatically = false,
            Receiver = async (_, ct) =>
            {
                switch (turn++)
                {
                    case 0:
                        throw new InvalidOperationException("broken");
                    case 1:
                        slow.SetResult();
                        await Task.Delay(Timeout.InfiniteTimeSpan, _clock, ct);
                        return 202;
                    default:
                        return 202;
                }
            },
        });
        for (var i = 0; i < 3; i++)
        {
            gitHub.QueueJob(Repository, ["self-hosted"]);
        }

        var delivering = gitHub.DeliverPendingAsync(default);
        await slow.Task;
        _clock.Advance(TimeSpan.FromSeconds(11));
        await delivering;

        Assert.Equal([202, 0, 0], gitHub.Deliveries.Select(d => d.StatusCode!.Value));
    }

    [Fact]
    public async Task Webhooks_go_out_by_themselves_over_http()
    {
        var got = new ConcurrentQueue<(string Signature, byte[] Body)>();
        await using var app = await StartAsync(web => web.MapPost("/webhook", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            got.Enqueue((context.Request.Headers["X-Hub-Signature-256"].ToString(), body.ToArray()));
            context.Response.StatusCode = 202;
        }));
        using var gitHub = new GitHubStandIn(TimeProvider.System, new() { WebhookSecret = Secret, WebhookUrls = [new Uri(app.Urls.First() + "/webhook")] });

        gitHub.QueueJob(Repository, ["self-hosted"]);
        gitHub.QueueJob(Repository, ["self-hosted"]);

        await UntilAsync(() => gitHub.Deliveries.Count == 2);
        Assert.All(gitHub.Deliveries, d => Assert.Equal(202, d.StatusCode));
        Assert.Equal(2, got.Count);
        Assert.All(got, g => Assert.Equal(WebhookSignatureResult.Valid, WebhookSignature.Verify(g.Body, g.Signature, [Secret])));
    }

    [Fact]
    public async Task Busy_may_lag_while_a_delete_knows_the_truth()
    {
        _gitHub.BusyLag = TimeSpan.FromSeconds(45);
        _gitHub.QueueJob(Repository, ["self-hosted"]);
        var runner = Connect(await RegisterAsync(_gitHub, "rf-a", "self-hosted"));
        _gitHub.TakeJob(runner);

        Assert.False(await BusyAsync());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await _http.DeleteAsync($"repos/{Repository}/actions/runners/{runner}")).StatusCode);
        _clock.Advance(TimeSpan.FromSeconds(45));
        Assert.True(await BusyAsync());

        async Task<bool> BusyAsync() =>
            JsonDocument.Parse(await _http.GetByteArrayAsync($"repos/{Repository}/actions/runners/{runner}")).RootElement.GetProperty("busy").GetBoolean();
    }

    [Fact]
    public async Task Errors_are_written_as_GitHub_writes_them()
    {
        _gitHub.AddRepository(Repository);
        using var anonymous = new HttpClient(_gitHub.CreateHandler()) { BaseAddress = _http.BaseAddress };

        await ExpectAsync(anonymous.GetAsync($"repos/{Repository}/actions/runners"), 401);
        await ExpectAsync(_http.GetAsync("repos/no/where/actions/runners"), 404);
        await ExpectAsync(_http.GetAsync($"repos/{Repository}/nothing"), 404);
        await ExpectAsync(_http.GetAsync("user"), 404);
        await ExpectAsync(MintAsync("""{"name":"a","runner_group_id":1,"labels":[]}"""), 422);
        await ExpectAsync(MintAsync("""{"name":"a","labels":["self-hosted"]}"""), 422);
        await ExpectAsync(MintAsync("""{"name":"a","runner_group_id":2,"labels":["self-hosted"]}"""), 422);
        await ExpectAsync(MintAsync($$"""{"name":"{{new string('a', 65)}}","runner_group_id":1,"labels":["self-hosted"]}"""), 422);
        await ExpectAsync(MintAsync($$"""{"name":"a","runner_group_id":1,"labels":[{{string.Join(',', Enumerable.Repeat("\"l\"", 101))}}]}"""), 422);
        await ExpectAsync(MintAsync("{"), 400);
        Assert.Empty(_gitHub.Runners);

        Task<HttpResponseMessage> MintAsync(string body) =>
            _http.PostAsync($"repos/{Repository}/actions/runners/generate-jitconfig", new StringContent(body, Encoding.UTF8, "application/json"));

        static async Task ExpectAsync(Task<HttpResponseMessage> answering, int status)
        {
            var answer = await answering;
            Assert.Equal(status, (int)answer.StatusCode);
            var body = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement;
            Assert.NotEmpty(body.GetProperty("message").GetString()!);
            Assert.NotEmpty(body.GetProperty("documentation_url").GetString()!);
            Assert.True(status == 401 || answer.Headers.Contains("x-ratelimit-remaining"));
        }
    }

    [Fact]
    public async Task The_hourly_limit_ends_with_its_hour()
    {
        using var gitHub = new GitHubStandIn(_clock, new() { RateLimit = 2, AcceptUnknownScopes = true });
        using var http = new HttpClient(gitHub.CreateHandler()) { BaseAddress = _http.BaseAddress };
        http.DefaultRequestHeaders.Authorization = _http.DefaultRequestHeaders.Authorization;
        Task<HttpResponseMessage> ListAsync() => http.GetAsync("orgs/o/actions/runners");

        Assert.Equal(HttpStatusCode.OK, (await ListAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await ListAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await ListAsync()).StatusCode);
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(HttpStatusCode.OK, (await ListAsync()).StatusCode);
    }

    [Fact]
    public async Task A_run_is_cancelled_whole()
    {
        var job = _gitHub.QueueJob(Repository, ["self-hosted"]);
        _gitHub.QueueJob(Repository, ["self-hosted"], new() { RunId = job.RunId });

        Assert.Equal(HttpStatusCode.Accepted, (await _http.PostAsync($"repos/{Repository}/actions/runs/{job.RunId}/cancel", null)).StatusCode);
        Assert.All(_gitHub.Jobs, j => Assert.Equal("cancelled", j.Conclusion));
        Assert.Equal(HttpStatusCode.Conflict, (await _http.PostAsync($"repos/{Repository}/actions/runs/{job.RunId}/cancel", null)).StatusCode);
    }

    [Fact]
    public void A_stand_in_started_later_gives_no_id_again()
    {
        var first = _gitHub.QueueJob(Repository, ["self-hosted"]).Id;
        _clock.Advance(TimeSpan.FromSeconds(1));
        using var later = NewGitHub();

        Assert.True(later.QueueJob(Repository, ["self-hosted"]).Id > first);
    }

    internal static async Task<WebApplication> StartAsync(Action<WebApplication> map)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return app;
    }

    internal static async Task UntilAsync(Func<bool> condition)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, bound.Token);
        }
    }

    internal static Task<string> RegisterAsync(GitHubStandIn gitHub, string name, params string[] labels) =>
        labels[0].StartsWith("orgs/", StringComparison.Ordinal) || labels[0].StartsWith("enterprises/", StringComparison.Ordinal)
            ? RegisterInAsync(gitHub, labels[0], name, labels[1..])
            : RegisterInAsync(gitHub, "repos/" + Repository, name, labels);

    private static async Task<string> RegisterInAsync(GitHubStandIn gitHub, string scope, string name, string[] labels)
    {
        gitHub.AddRepository(Repository);
        using var http = new HttpClient(gitHub.CreateHandler()) { BaseAddress = new Uri("http://github.test/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "any");
        using var content = new StringContent(JsonSerializer.Serialize(new { name, runner_group_id = 1, labels }), Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(scope + "/actions/runners/generate-jitconfig", content);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement.GetProperty("encoded_jit_config").GetString()!;
    }

    private GitHubStandIn NewGitHub(long? firstId = null) => new(_clock, new()
    {
        WebhookSecret = Secret,
        DeliverAutomatically = false,
        FirstId = firstId,
        Receiver = (delivery, _) =>
        {
            _received.Add(delivery);
            return Task.FromResult(_answer);
        },
    });

    private long Connect(string encodedJitConfig) => _gitHub.Connect(encodedJitConfig)!.Value;

    private async Task RunAJobAsync()
    {
        _gitHub.QueueJob(Repository, ["self-hosted"]);
        var runner = Connect(await RegisterAsync(_gitHub, "rf-a", "self-hosted"));
        _gitHub.TakeJob(runner);
        _gitHub.CompleteJob(runner);
        await _gitHub.DeliverPendingAsync(default);
    }

    private static string ActionAndStatus(StandInDelivery delivery) =>
        $"{delivery.Action}/{JsonDocument.Parse(delivery.Body).RootElement.GetProperty("workflow_job").GetProperty("status").GetString()}";

    private static void AssertHasMembers(JsonElement real, JsonElement ours, string path)
    {
        if (real.ValueKind != JsonValueKind.Object || path.EndsWith("custom_properties", StringComparison.Ordinal) || path.EndsWith("license", StringComparison.Ordinal))
        {
            return;
        }

        foreach (var member in real.EnumerateObject())
        {
            Assert.True(ours.TryGetProperty(member.Name, out var mine), $"{path}.{member.Name} is missing");
            AssertHasMembers(member.Value, mine, $"{path}.{member.Name}");
        }
    }

    private sealed class OctokitReader : Octokit.Webhooks.WebhookEventProcessor
    {
        public List<string> Read { get; } = [];

        protected override ValueTask ProcessWorkflowJobWebhookAsync(
            Octokit.Webhooks.WebhookHeaders headers,
            Octokit.Webhooks.Events.WorkflowJobEvent workflowJobEvent,
            Octokit.Webhooks.Events.WorkflowJob.WorkflowJobAction action,
            CancellationToken cancellationToken = default)
        {
            Read.Add($"{workflowJobEvent.Action} {workflowJobEvent.WorkflowJob.Id} {workflowJobEvent.WorkflowJob.RunnerName}");
            return ValueTask.CompletedTask;
        }
    }
}
