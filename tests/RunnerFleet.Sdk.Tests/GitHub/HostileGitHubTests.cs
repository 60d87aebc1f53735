using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.GitHub;
using RunnerFleet.Runners;

namespace RunnerFleet.Tests.GitHub;

/// <summary>Answers that no description promises: what the default registrar makes of them, and where its token does not go.</summary>
public sealed class HostileGitHubTests : IDisposable
{
    private const string Token = "github_pat_secret_0f9e8d7c6b5a4938";
    private static readonly RunnerScope Scope = new() { Kind = RunnerScopeKind.Repository, Owner = "octo-org", Repository = "octo-repo" };
    private static readonly RepositoryRef Repository = new() { Owner = "octo-org", Name = "octo-repo" };

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly LogLines _log = new();
    private readonly List<ServiceProvider> _services = [];

    public void Dispose() => _services.ForEach(s => s.Dispose());

    [Fact]
    public async Task A_request_carries_what_GitHub_asks_for()
    {
        HttpRequestHeaders? headers = null;
        var handler = new ScriptedHandler(r =>
        {
            headers = r.Headers;
            return Json(200, """{"total_count":0,"runners":[]}""");
        });

        await Registrar(handler, api: "https://ghes.example.com/api/v3/").FindRunnerAsync(Scope, "a name & more", default);

        Assert.Equal("https://ghes.example.com/api/v3/repos/octo-org/octo-repo/actions/runners?name=a%20name%20%26%20more&per_page=100", handler.Requests[0].Url.AbsoluteUri);
        Assert.Equal("Bearer " + Token, handler.Requests[0].Authorization);
        Assert.Equal("application/vnd.github+json", headers!.Accept.ToString());
        Assert.Equal("2022-11-28", Assert.Single(headers.GetValues("X-GitHub-Api-Version")));
        Assert.StartsWith("RunnerFleet/", headers.UserAgent.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.example/repos?page=2")]
    [InlineData("https://api.github.com.evil.example/repos?page=2")]
    [InlineData("https://api.github.com:8443/repos?page=2")]
    [InlineData("http://api.github.com/repos?page=2")]
    [InlineData("//evil.example/repos?page=2")]
    [InlineData("https://user@api.github.com/repos?page=2")]
    public async Task A_next_page_on_another_origin_is_not_fetched_and_the_list_is_not_complete(string next)
    {
        var handler = new ScriptedHandler(_ =>
        {
            var page = Json(200, """{"total_count":2,"runners":[{"id":1,"name":"rf-a","os":"linux","status":"offline","busy":false,"labels":[]}]}""");
            page.Headers.TryAddWithoutValidation("Link", $"<{next}>; rel=\"next\", <https://evil.example/>; rel=\"last\"");
            return page;
        });
        var registrar = Registrar(handler);

        Assert.Equal(GitHubStatus.Unknown, (await registrar.ListRunnersAsync(Scope, "rf-", default)).Status);
        Assert.Equal(GitHubStatus.Unknown, (await registrar.FindRunnerAsync(Scope, "rf-b", default)).Status);
        Assert.All(handler.Requests, r => Assert.Equal("https://api.github.com", r.Url.GetLeftPart(UriPartial.Authority)));
        Assert.Equal(2, handler.Requests.Count);
    }

    [Fact]
    public async Task Pages_without_end_are_given_up()
    {
        var handler = new ScriptedHandler(r =>
        {
            var page = Json(200, """{"total_count":2,"runners":[]}""");
            page.Headers.TryAddWithoutValidation("Link", $"<{r.RequestUri}>; rel=\"next\"");
            return page;
        });

        Assert.Equal(GitHubStatus.Unknown, (await Registrar(handler).FindRunnerAsync(Scope, "rf-b", default)).Status);
        Assert.InRange(handler.Requests.Count, 2, 200);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_on_the_same_origin_is_followed_with_method_body_and_token(int status)
    {
        var handler = new ScriptedHandler(r => r.RequestUri!.AbsolutePath.StartsWith("/repositories/", StringComparison.Ordinal)
            ? Json(201, """{"runner":{"id":5000000000,"name":"rf-a"},"encoded_jit_config":"abc"}""")
            : Redirect(status, "/repositories/42/actions/runners/generate-jitconfig"));

        var answer = await Registrar(handler).CreateJitConfigAsync(Jit(), default);

        Assert.Equal(5_000_000_000, answer.Value!.RunnerId);
        Assert.Equal(2, handler.Requests.Count);
        Assert.All(handler.Requests, r => Assert.Equal((HttpMethod.Post, "Bearer " + Token), (r.Method, r.Authorization)));
        Assert.Equal(handler.Requests[0].Body, handler.Requests[1].Body);
    }

    [Theory]
    [InlineData(301, "https://evil.example/take")]
    [InlineData(307, "https://evil.example/take")]
    [InlineData(302, "http://api.github.com/take")]
    [InlineData(308, "https://api.github.com:444/take")]
    public async Task A_redirect_to_another_origin_is_refused_and_not_followed(int status, string target)
    {
        var handler = new ScriptedHandler(_ => Redirect(status, target));

        var answer = await Registrar(handler).CreateJitConfigAsync(Jit(), default);

        Assert.Equal(GitHubStatus.Refused, answer.Status);
        Assert.Contains("ApiUrl", answer.Reason, StringComparison.Ordinal);
        Assert.Single(handler.Requests);
    }

    [Fact]
    public async Task Redirects_in_a_circle_are_given_up_after_three()
    {
        var handler = new ScriptedHandler(r => Redirect(307, r.RequestUri!.AbsoluteUri));

        Assert.Equal(GitHubStatus.Unknown, (await Registrar(handler).GetRunnerAsync(Scope, 5, default)).Status);
        Assert.Equal(4, handler.Requests.Count);
    }

    [Fact]
    public async Task The_clients_own_handler_follows_no_redirect()
    {
        // Over a real socket, so that it is the registered handler that is tried, and the stranger would get what it sends.
        var strangerAsked = 0;
        await using var stranger = await GitHubStandInTests.StartAsync(web => web.MapPost("/take", _ =>
        {
            Interlocked.Increment(ref strangerAsked);
            return Task.CompletedTask;
        }));
        await using var gitHub = await GitHubStandInTests.StartAsync(web => web.MapFallback(context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = stranger.Urls.First() + "/take";
            return Task.CompletedTask;
        }));

        var answer = await Registrar(handler: null, api: gitHub.Urls.First()).CreateJitConfigAsync(Jit(), default);

        Assert.Equal(GitHubStatus.Refused, answer.Status);
        Assert.Equal(0, strangerAsked);
    }

    [Theory]
    [InlineData(401, GitHubStatus.Refused)]
    [InlineData(403, GitHubStatus.Refused)]
    [InlineData(404, GitHubStatus.Refused)]
    [InlineData(409, GitHubStatus.Conflict)]
    [InlineData(422, GitHubStatus.Refused)]
    [InlineData(400, GitHubStatus.Refused)]
    [InlineData(451, GitHubStatus.Refused)]
    [InlineData(408, GitHubStatus.Unknown)]
    [InlineData(429, GitHubStatus.Throttled)]
    [InlineData(500, GitHubStatus.Unknown)]
    [InlineData(502, GitHubStatus.Unknown)]
    [InlineData(503, GitHubStatus.Unknown)]
    [InlineData(504, GitHubStatus.Unknown)]
    [InlineData(200, GitHubStatus.Unknown)]
    [InlineData(204, GitHubStatus.Unknown)]
    [InlineData(304, GitHubStatus.Unknown)]
    public async Task A_status_of_minting_means(int code, GitHubStatus expected) =>
        Assert.Equal(expected, (await Registrar(new ScriptedHandler(_ => Json(code, """{"message":"x"}"""))).CreateJitConfigAsync(Jit(), default)).Status);

    [Theory]
    [InlineData(204, GitHubStatus.Ok)]
    [InlineData(404, GitHubStatus.NotFound)]
    [InlineData(422, GitHubStatus.Busy)]
    [InlineData(403, GitHubStatus.Refused)]
    [InlineData(503, GitHubStatus.Unknown)]
    [InlineData(200, GitHubStatus.Unknown)] // a sign-in page says 200 to everything, and a removal must be proven
    public async Task A_status_of_deleting_means(int code, GitHubStatus expected) =>
        Assert.Equal(expected, (await Registrar(new ScriptedHandler(_ => Json(code, ""))).DeleteRunnerAsync(Scope, 5, default)).Status);

    [Fact]
    public async Task A_rate_limit_waits_as_long_as_GitHub_says_and_a_minute_where_it_does_not()
    {
        var reset = _clock.GetUtcNow().AddMinutes(9).ToUnixTimeSeconds();

        Assert.Equal(TimeSpan.FromSeconds(33), await WaitAsync(403, ("Retry-After", "33")));
        Assert.Equal(TimeSpan.FromSeconds(90), await WaitAsync(429, ("Retry-After", _clock.GetUtcNow().AddSeconds(90).ToString("R"))));
        Assert.Equal(TimeSpan.FromMinutes(9), await WaitAsync(403, ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", $"{reset}")));
        Assert.Equal(TimeSpan.FromMinutes(1), await WaitAsync(429));
        Assert.Equal(TimeSpan.FromMinutes(1), await WaitAsync(403, ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "soon")));
        Assert.Equal(TimeSpan.FromSeconds(1), await WaitAsync(403, ("Retry-After", "0")));
        Assert.Equal(TimeSpan.FromHours(2), await WaitAsync(403, ("Retry-After", "999999999")));
        Assert.Null(await WaitAsync(403, ("x-ratelimit-remaining", "17")));
    }

    [Fact]
    public async Task A_secondary_limit_is_known_by_its_message_alone()
    {
        var handler = new ScriptedHandler(_ => Json(403, """{"message":"You have exceeded a secondary rate limit. Please wait."}"""));

        var answer = await Registrar(handler).CreateJitConfigAsync(Jit(), default);

        Assert.Equal((GitHubStatus.Throttled, TimeSpan.FromMinutes(1)), (answer.Status, answer.RetryAfter));
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    public async Task A_refusal_names_the_permission_that_GitHub_names(int code)
    {
        var handler = new ScriptedHandler(_ =>
        {
            var response = Json(code, """{"message":"Resource not accessible by personal access token"}""");
            response.Headers.Add("X-Accepted-GitHub-Permissions", "administration=write");
            return response;
        });

        var answer = await Registrar(handler).CreateJitConfigAsync(Jit(), default);

        Assert.Contains("Administration: write", answer.Reason, StringComparison.Ordinal);
        Assert.Contains("administration=write", answer.Reason, StringComparison.Ordinal);
        Assert.Contains("Resource not accessible", answer.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html><body>Sign in</body></html>")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"total_count":0}""")]
    [InlineData("""{"total_count":1,"runners":[null]}""")]
    [InlineData("""{"total_count":1,"runners":[{"id":1,"name":"rf-a","status":"online"}]}""")]
    [InlineData("""{"total_count":1,"runners":[{"name":"rf-a","status":"online","busy":false}]}""")]
    [InlineData("""{"total_count":1,"runners":[""")]
    public async Task A_listing_that_cannot_be_read_is_unknown_never_empty(string body)
    {
        var registrar = Registrar(new ScriptedHandler(_ => Json(200, body)));

        Assert.Equal(GitHubStatus.Unknown, (await registrar.FindRunnerAsync(Scope, "rf-a", default)).Status);
        Assert.Equal(GitHubStatus.Unknown, (await registrar.ListRunnersAsync(Scope, "rf-", default)).Status);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("{}")]
    [InlineData("""{"runner":{"id":5},"encoded_jit_config":""}""")]
    [InlineData("""{"encoded_jit_config":"abc"}""")]
    public async Task A_registration_that_cannot_be_read_is_unknown(string body) =>
        Assert.Equal(GitHubStatus.Unknown, (await Registrar(new ScriptedHandler(_ => Json(201, body))).CreateJitConfigAsync(Jit(), default)).Status);

    [Fact]
    public async Task A_job_with_strange_members_is_read_as_far_as_it_goes()
    {
        var handler = new ScriptedHandler(_ => Json(200, """{"id":90000000001,"status":"requested","labels":["a",null],"runner_name":"","html_url":"javascript:alert(1)","new_member":{"x":[1]}}"""));

        var job = (await Registrar(handler).GetJobAsync(Scope, Repository, 90_000_000_001, default)).Value!;

        Assert.Equal((90_000_000_001, "requested", null, null), (job.Id, job.Status, job.RunnerName, job.Url));
        Assert.Equal(["a"], job.Labels);
    }

    [Theory]
    [InlineData("""{"id":7,"name":"app","owner":{"login":"acme"},"private":true}""", true)]
    [InlineData("""{"id":7,"name":"app","owner":{"login":"acme"},"private":false}""", false)]
    [InlineData("""{"id":7,"name":"app","owner":{"login":"acme"}}""", false)]
    [InlineData("""{"id":0,"name":"app","owner":{"login":"acme"},"private":true}""", null)]
    [InlineData("""{"id":7,"name":"..","owner":{"login":"acme"},"private":true}""", null)]
    [InlineData("""{"id":7,"name":"app","private":true}""", null)]
    [InlineData("null", null)]
    public async Task A_jobs_repository_is_private_only_where_GitHub_says_so_and_known_only_by_a_proper_name(string repository, bool? isPrivate)
    {
        var handler = new ScriptedHandler(r => Json(200, r.RequestUri!.AbsolutePath.EndsWith("/jobs", StringComparison.Ordinal)
            ? """{"jobs":[{"id":5,"status":"queued"}]}"""
            : $$"""{"workflow_runs":[{"id":3,"repository":{{repository}}}]}"""));

        var job = Assert.Single((await Registrar(handler).ListActiveJobsAsync(Scope, Repository, 0, 100, default)).Value!);

        Assert.Equal(isPrivate, job.Repository?.IsPrivate);
    }

    [Fact]
    public async Task Failed_deliveries_beyond_all_bounds_are_given_as_far_as_they_were_read()
    {
        var handler = new ScriptedHandler(r =>
        {
            var isFailure = r.RequestUri!.Query.Contains("status=failure", StringComparison.Ordinal);
            var page = Json(200, isFailure
                ? """[{"id":1,"guid":"a","delivered_at":"2026-11-01T12:00:00Z","status_code":502,"event":"workflow_job"}]"""
                : """[{"id":2,"guid":"b","delivered_at":"2026-11-01T12:00:00Z","status_code":200,"event":"workflow_job"}]""");
            page.Headers.TryAddWithoutValidation("Link", $"<{r.RequestUri}>; rel=\"next\"");
            return page;
        });

        var failed = await Registrar(handler).ListFailedDeliveriesAsync(Scope, 9, DateTimeOffset.UnixEpoch, default);

        Assert.Equal((GitHubStatus.Ok, 20), (failed.Status, failed.Value!.Count));
        Assert.Equal(23, handler.Requests.Count); // 20 pages of failures, 3 of what came
    }

    [Fact]
    public async Task A_body_larger_than_any_of_GitHubs_is_not_read_to_its_end()
    {
        var endless = new EndlessStream();
        var handler = new ScriptedHandler(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(endless) });

        Assert.Equal(GitHubStatus.Unknown, (await Registrar(handler).FindRunnerAsync(Scope, "rf-a", default)).Status);
        Assert.InRange(endless.Given, 1, 10 * 1024 * 1024);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_unknown()
    {
        var handler = new ScriptedHandler((_, _) => throw new HttpRequestException(HttpRequestError.ResponseEnded, "reset"));
        Assert.Equal(GitHubStatus.Unknown, (await Registrar(handler).CreateJitConfigAsync(Jit(), default)).Status);

        var broken = new ScriptedHandler(_ => new HttpResponseMessage(HttpStatusCode.Created) { Content = new StreamContent(new BrokenStream()) });
        Assert.Equal(GitHubStatus.Unknown, (await Registrar(broken).CreateJitConfigAsync(Jit(), default)).Status);
    }

    [Fact]
    public async Task Nobody_listening_is_unknown()
    {
        var app = await GitHubStandInTests.StartAsync(_ => { });
        var url = app.Urls.First();
        await app.DisposeAsync();

        Assert.Equal(GitHubStatus.Unknown, (await Registrar(handler: null, api: url).CreateJitConfigAsync(Jit(), default)).Status);
    }

    [Fact]
    public async Task An_answer_after_the_deadline_is_unknown_and_names_the_setting()
    {
        var asked = new TaskCompletionSource();
        var handler = new ScriptedHandler(async (_, ct) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, _clock, ct);
            throw new InvalidOperationException("never");
        });

        var answering = Registrar(handler).CreateJitConfigAsync(Jit(), default);
        await asked.Task;
        _clock.Advance(TimeSpan.FromSeconds(14.9));
        Assert.False(answering.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.2));

        var answer = await answering;
        Assert.Equal(GitHubStatus.Unknown, answer.Status);
        Assert.Contains("RequestTimeoutSeconds", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_that_gives_up_gets_its_own_cancellation()
    {
        using var caller = new CancellationTokenSource();
        var handler = new ScriptedHandler(async (_, ct) =>
        {
            await caller.CancelAsync();
            ct.ThrowIfCancellationRequested();
            return Json(200, "");
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Registrar(handler).CreateJitConfigAsync(Jit(), caller.Token));
    }

    [Theory]
    [InlineData("..", "octo-repo")]
    [InlineData("octo-org", "..")]
    [InlineData("octo-org", "")]
    [InlineData(".", "octo-repo")]
    public async Task A_name_made_to_leave_its_path_is_refused_unsent(string owner, string name)
    {
        var handler = new ScriptedHandler(_ => Json(201, "{}"));
        var registrar = Registrar(handler);

        Assert.Equal(GitHubStatus.Refused, (await registrar.CreateJitConfigAsync(Jit() with { Scope = Scope with { Owner = owner, Repository = name } }, default)).Status);
        Assert.Equal(GitHubStatus.Refused, (await registrar.GetJobAsync(Scope, new() { Owner = owner, Name = name }, 5, default)).Status);
        Assert.Empty(handler.Requests);
    }

    [Fact]
    public async Task A_name_with_slashes_and_marks_stays_one_part_of_the_path()
    {
        var handler = new ScriptedHandler(_ => Json(404, ""));

        await Registrar(handler).GetJobAsync(Scope, new() { Owner = "a/../b", Name = "c?d#e" }, 5, default);

        Assert.Equal("https://api.github.com/repos/a%2F..%2Fb/c%3Fd%23e/actions/jobs/5", handler.Requests[0].Url.AbsoluteUri);
    }

    [Theory]
    [InlineData(null, "RunnerFleet:GitHub:Token")]
    [InlineData("  ", "RunnerFleet:GitHub:Token")]
    [InlineData("two\r\nlines", "RunnerFleet:GitHub:Token")]
    public async Task Without_a_usable_token_nothing_is_sent(string? token, string named)
    {
        var handler = new ScriptedHandler(_ => Json(200, ""));

        var answer = await Registrar(handler, token: token).CreateJitConfigAsync(Jit(), default);

        Assert.Equal(GitHubStatus.Refused, answer.Status);
        Assert.Contains(named, answer.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("lines", answer.Reason, StringComparison.Ordinal);
        Assert.Empty(handler.Requests);
    }

    [Fact]
    public async Task The_token_is_not_sent_in_the_clear()
    {
        var handler = new ScriptedHandler(_ => Json(200, ""));

        Assert.Equal(GitHubStatus.Refused, (await Registrar(handler, api: "http://ghes.example.com/api/v3").GetRunnerAsync(Scope, 5, default)).Status);
        Assert.Empty(handler.Requests);
    }

    [Fact]
    public async Task A_changed_token_counts_at_once()
    {
        var handler = new ScriptedHandler(_ => Json(404, ""));
        var registrar = Registrar(handler, token: "first\n");
        await registrar.GetRunnerAsync(Scope, 5, default);
        _services[^1].GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>().CurrentValue.GitHub.Token = "second";
        await registrar.GetRunnerAsync(Scope, 5, default);

        Assert.Equal(["Bearer first", "Bearer second"], handler.Requests.Select(r => r.Authorization));
    }

    [Fact]
    public async Task No_reason_and_no_log_line_shows_a_token_or_a_configuration()
    {
        const string configuration = "ZW5jb2RlZC1qaXQtY29uZmln";
        var codes = new Queue<int>([201, 401, 403, 404, 422, 429, 500, 302, 200]);
        var handler = new ScriptedHandler(_ => codes.Dequeue() is var code && code == 201
            ? Json(201, $$"""{"runner":{"id":5,"name":"rf-a"},"encoded_jit_config":"{{configuration}}"}""")
            : code == 302 ? Redirect(302, "https://evil.example/" + Token) : Json(code, $$"""{"message":"Bad credentials: {{Token}} is not {{Token}}"}"""));
        var registrar = Registrar(handler);

        var said = new StringBuilder();
        while (codes.Count > 0)
        {
            var answer = await registrar.CreateJitConfigAsync(Jit(), default);
            said.Append(answer).Append(answer.Value).AppendLine();
        }

        Assert.Contains("3001", _log.Text, StringComparison.Ordinal); // it did log
        foreach (var secret in (string[])[Token, configuration])
        {
            Assert.DoesNotContain(secret, said.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(secret, _log.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_message_from_outside_is_cut_and_holds_no_control_characters()
    {
        var handler = new ScriptedHandler(_ => Json(422, $$"""{"message":"line\r\nERROR forged{{new string('x', 5000)}}"}"""));

        var reason = (await Registrar(handler).CreateJitConfigAsync(Jit(), default)).Reason!;

        Assert.InRange(reason.Length, 1, 600);
        Assert.DoesNotContain('\n', reason);
    }

    private IRunnerRegistrar Registrar(HttpMessageHandler? handler, string api = "https://api.github.com", string? token = Token)
    {
        _services.Add(Registrars.Build(new Uri(api), token, _clock, handler, _log));
        return _services[^1].Registrar();
    }

    private async Task<TimeSpan?> WaitAsync(int code, params (string Name, string Value)[] headers)
    {
        var handler = new ScriptedHandler(_ =>
        {
            var response = Json(code, """{"message":"no"}""");
            foreach (var (name, value) in headers)
            {
                response.Headers.TryAddWithoutValidation(name, value);
            }

            return response;
        });
        var answer = await Registrar(handler).CreateJitConfigAsync(Jit(), default);
        Assert.Equal(answer.RetryAfter is null ? GitHubStatus.Refused : GitHubStatus.Throttled, answer.Status);
        return answer.RetryAfter;
    }

    private static JitRequest Jit() => new() { Scope = Scope, Name = "rf-a", Labels = ["self-hosted"] };

    private static HttpResponseMessage Json(int code, string body) =>
        new((HttpStatusCode)code) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private static HttpResponseMessage Redirect(int code, string location)
    {
        var response = new HttpResponseMessage((HttpStatusCode)code);
        response.Headers.TryAddWithoutValidation("Location", location);
        return response;
    }

    private sealed class EndlessStream : MemoryStream
    {
        public long Given { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)' ');
            Given += buffer.Length;
            return ValueTask.FromResult(buffer.Length);
        }
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("reset");
    }
}
