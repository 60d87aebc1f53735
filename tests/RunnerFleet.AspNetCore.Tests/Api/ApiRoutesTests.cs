using System.Text.Json;
using RunnerFleet.AspNetCore.Api;
using RunnerFleet.AspNetCore.Tests.Hosting;
using RunnerFleet.Compute;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.AspNetCore.Tests.Api;

public sealed class ApiRoutesTests : IAsyncLifetime
{
    private FleetHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await FleetHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Runners_are_listed_with_state_job_and_reason_but_without_history()
    {
        _host.Fleet.Runners.Add(SampleData.Runner() with { Reason = Reason.Of(ReasonCodes.LimitReached, "All 50 places are taken.") });

        var answer = await _host.GetAsync("/api/runners");

        Assert.Equal(200, answer.Status);
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
        Assert.Equal("nosniff", answer.Headers["X-Content-Type-Options"]);
        var runner = Assert.Single(answer.Json.GetProperty("items").EnumerateArray());
        Assert.Equal(SampleData.RunnerId, runner.GetProperty("id").GetString());
        Assert.Equal("WAITING_FOR_JOB", runner.GetProperty("state").GetString());
        Assert.Equal(41_234_567_890, runner.GetProperty("jobId").GetInt64());
        Assert.Equal("octo/shop", runner.GetProperty("repository").GetString());
        Assert.Equal("medium", runner.GetProperty("class").GetString());
        Assert.Equal("LIMIT_REACHED", runner.GetProperty("reason").GetProperty("code").GetString());
        Assert.Equal("2026-03-01T11:58:00Z", runner.GetProperty("createdAt").GetString());
        Assert.False(runner.TryGetProperty("history", out _));
        Assert.Equal(JsonValueKind.Null, answer.Json.GetProperty("continuation").ValueKind);
    }

    [Fact]
    public async Task A_runner_is_shown_with_its_full_history()
    {
        _host.Fleet.Runners.Add(SampleData.Runner());

        var history = (await _host.GetAsync($"/api/runners/{SampleData.RunnerId}")).Json.GetProperty("history").EnumerateArray().ToArray();

        Assert.Equal(2, history.Length);
        Assert.Equal(JsonValueKind.Null, history[0].GetProperty("from").ValueKind);
        Assert.Equal("PENDING", history[0].GetProperty("to").GetString());
        Assert.Equal("LAUNCHED", history[1].GetProperty("cause").GetProperty("code").GetString());
        Assert.Equal("https://example.com/log", history[1].GetProperty("cause").GetProperty("link").GetString());
    }

    [Fact]
    public async Task Nothing_internal_is_shown()
    {
        _host.Fleet.Runners.Add(SampleData.Runner());
        _host.Fleet.Jobs.Add(SampleData.JobRecord());

        foreach (var path in new[] { "/api/runners", $"/api/runners/{SampleData.RunnerId}", "/api/jobs", $"/api/jobs/{SampleData.Job.Id}" })
        {
            Assert.DoesNotContain("internal", (await _host.GetAsync(path)).Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_build_log_on_the_hosts_machine_is_shown()
    {
        _host.Fleet.Runners.Add(SampleData.Runner() with { Reason = new Reason { Code = "IMAGE_FAILED", Message = "m", Link = new Uri("file:///data/images/a.log") } });

        Assert.Equal("file:///data/images/a.log", (await _host.GetAsync($"/api/runners/{SampleData.RunnerId}")).Json.GetProperty("reason").GetProperty("link").GetString());
    }

    [Fact]
    public async Task A_link_that_is_neither_a_web_address_nor_a_file_is_not_shown()
    {
        _host.Fleet.Runners.Add(SampleData.Runner() with { Reason = new Reason { Code = "X", Message = "m", Link = new Uri("javascript:alert(1)") } });

        Assert.Equal(JsonValueKind.Null, (await _host.GetAsync($"/api/runners/{SampleData.RunnerId}")).Json.GetProperty("reason").GetProperty("link").ValueKind);
    }

    [Fact]
    public async Task Hostile_text_stays_text()
    {
        const string Hostile = "</script><img src=x onerror=alert(1)>\r\nSet-Cookie: a=b\0\ud83d\ude00";
        _host.Fleet.Runners.Add(SampleData.Runner() with { Labels = [Hostile, "\ud800 lone surrogate"] });

        var answer = await _host.GetAsync("/api/runners");

        Assert.DoesNotContain("<", answer.Body, StringComparison.Ordinal);
        Assert.False(answer.Headers.ContainsKey("Set-Cookie"));
        Assert.Equal(Hostile, answer.Json.GetProperty("items")[0].GetProperty("labels")[0].GetString());
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("?state=", 0)]
    [InlineData("?state=WAITING_FOR_JOB", 1)]
    [InlineData("?state=WAITING_FOR_JOB,RUNNING", 2)]
    [InlineData("?state=WAITING_FOR_JOB&state=RUNNING", 2)]
    [InlineData("?state=WAITING_FOR_JOB,%20running,&state=PENDING&state=PENDING", 3)]
    public async Task Runners_are_listed_by_state(string query, int states)
    {
        await _host.GetAsync("/api/runners" + query);

        var asked = Assert.Single(_host.Fleet.Asked<RunnerQuery>());
        Assert.Equal(states, asked.States.Count);
        Assert.Equal(50, asked.Take);
        Assert.Null(asked.Continuation);
    }

    [Theory]
    [InlineData("WAITING")]
    [InlineData("WaitingForJob")]
    [InlineData("3")]
    [InlineData("RUNNING;PENDING")]
    public async Task An_unknown_state_is_answered_400_with_the_known_ones(string state)
    {
        (await _host.GetAsync("/api/runners?state=" + state)).IsProblem(400, "PENDING, IMAGE_CREATING, STARTING, WAITING_FOR_JOB, RUNNING, OFFLINE, FAILED");
        (await _host.GetAsync("/api/jobs?state=NONSENSE")).IsProblem(400, "WAITING, QUEUED, REFUSED, GAVE_UP, IN_PROGRESS, COMPLETED");
    }

    [Fact]
    public void States_are_spelled_in_questions_as_in_answers()
    {
        Assert.Equal(StateNames.All<RunnerState>(), Enum.GetValues<RunnerState>().Select(state => JsonSerializer.Serialize(state).Trim('"')));
        Assert.Equal(StateNames.All<JobState>(), Enum.GetValues<JobState>().Select(state => JsonSerializer.Serialize(state).Trim('"')));
    }

    [Fact]
    public async Task Pages_follow_one_another_by_their_continuation()
    {
        _host.Fleet.OnListRunners = query => new Page<Runner> { Items = [], Continuation = query.Continuation is null ? "a/b+c=&d" : null };

        var first = await _host.GetAsync("/api/runners?take=7");
        var second = await _host.GetAsync("/api/runners?take=7&continuation=" + Uri.EscapeDataString(first.Json.GetProperty("continuation").GetString()!));

        Assert.Equal(JsonValueKind.Null, second.Json.GetProperty("continuation").ValueKind);
        Assert.Equal(["7 ", "7 a/b+c=&d"], _host.Fleet.Asked<RunnerQuery>().Select(query => $"{query.Take} {query.Continuation}"));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("201")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.5")]
    [InlineData("many")]
    [InlineData("99999999999999999999")]
    [InlineData("1&take=2")]
    public async Task A_page_size_out_of_range_is_answered_400(string take)
    {
        (await _host.GetAsync("/api/runners?take=" + take)).IsProblem(400, "1 to 200");
        (await _host.GetAsync("/api/jobs?take=" + take)).IsProblem(400, "1 to 200");
        Assert.Empty(_host.Fleet.Asked<RunnerQuery>());
    }

    [Fact]
    public async Task A_page_of_200_is_given()
    {
        Assert.Equal(200, (await _host.GetAsync("/api/runners?take=200")).Status);
        Assert.Equal(200, (await _host.GetAsync("/api/runners?take=1")).Status);
    }

    [Fact]
    public async Task A_continuation_that_the_store_does_not_know_is_answered_400()
    {
        _host.Fleet.OnListRunners = _ => throw new ArgumentException("inside");

        (await _host.GetAsync("/api/runners?continuation=%00%ff'--")).IsProblem(400, "continuation");
        (await _host.GetAsync("/api/runners?continuation=a&continuation=b")).IsProblem(400, "continuation");
        _host.LogsAreCalm();
    }

    [Theory]
    [InlineData("short")]
    [InlineData("01jz0000000000000000000001")]
    [InlineData("01JZ000000000000000000000I")]
    [InlineData("..%2f..%2fetc%2fpasswd")]
    [InlineData("%01%0d%0aX: y")]
    public async Task A_runner_id_of_another_form_is_answered_400(string id)
    {
        (await _host.GetAsync("/api/runners/" + id)).IsProblem(400);
        (await _host.PostAsync($"/api/runners/{id}/terminate", "", ("X-RunnerFleet", "1"))).IsProblem(400);
    }

    [Fact]
    public async Task A_runner_or_job_without_record_is_answered_404()
    {
        (await _host.GetAsync("/api/runners/" + SampleData.OtherRunnerId)).IsProblem(404);
        (await _host.GetAsync("/api/jobs/1")).IsProblem(404);
    }

    [Fact]
    public async Task A_job_is_named_by_its_number_and_another_host_where_it_has_one()
    {
        _host.Fleet.Jobs.Add(SampleData.JobRecord());

        var answer = await _host.GetAsync("/api/jobs/41234567890");
        await _host.GetAsync("/api/jobs/5?host=GHE.example.com");

        Assert.Equal("QUEUED", answer.Json.GetProperty("state").GetString());
        Assert.Equal(41_234_567_890, answer.Json.GetProperty("id").GetInt64());
        Assert.Equal(SampleData.RunnerId, answer.Json.GetProperty("runnerId").GetString());
        Assert.Single(answer.Json.GetProperty("history").EnumerateArray());
        Assert.Equal([SampleData.Job, new JobKey("ghe.example.com", 5)], _host.Fleet.Asked<JobKey>());
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("1.0")]
    [InlineData("99999999999999999999")]
    [InlineData("1?host=")]
    [InlineData("1?host=a/b")]
    [InlineData("1?host=a&host=b")]
    public async Task A_job_of_another_form_is_answered_400(string id) => (await _host.GetAsync("/api/jobs/" + id)).IsProblem(400, "/api/jobs/42");

    [Fact]
    public async Task Jobs_are_listed_too()
    {
        _host.Fleet.Jobs.Add(SampleData.JobRecord(JobState.InProgress));

        var answer = await _host.GetAsync("/api/jobs?state=IN_PROGRESS&take=3&continuation=c");

        Assert.Equal("IN_PROGRESS", answer.Json.GetProperty("items")[0].GetProperty("state").GetString());
        Assert.Equal("next", answer.Json.GetProperty("continuation").GetString());
        var asked = Assert.Single(_host.Fleet.Asked<JobQuery>());
        Assert.Equal((3, "c", JobState.InProgress), (asked.Take, asked.Continuation, Assert.Single(asked.States)));
    }

    [Fact]
    public async Task Classes_are_listed_by_name()
    {
        _host.Fleet.Classes["small"] = new RunnerClass { Name = "small", Cpu = 256, MemoryMiB = 512 };
        _host.Fleet.Classes["large"] = new RunnerClass { Name = "large", Cpu = 4096, MemoryMiB = 8192, Limit = 3, JobTimeLimit = TimeSpan.FromHours(1) };

        var items = (await _host.GetAsync("/api/classes")).Json.GetProperty("items");

        Assert.Equal("large", items[0].GetProperty("name").GetString());
        Assert.Equal(3600, items[0].GetProperty("jobTimeLimitSeconds").GetInt64());
        Assert.Equal(512, items[1].GetProperty("memoryMiB").GetInt32());
    }

    [Fact]
    public async Task The_fleet_is_counted_over_all_states_with_limits_breakers_and_notices()
    {
        _host.Fleet.Overview = _host.Fleet.Overview with
        {
            Runners = new Dictionary<RunnerState, long> { [RunnerState.WaitingForJob] = 4 },
            Places = [new PlaceUse { Key = "fleet", Taken = 4, Limit = 50 }],
            Breakers = [new OpenBreaker { Key = "network", Reason = Reason.Of(ReasonCodes.BreakerOpen, "Three runners never claimed."), OpenedAt = SampleData.Now, ProbeAt = SampleData.Now }],
            Notices = [new Notice { At = SampleData.Now, Reason = Reason.Of(ReasonCodes.NotOurs, "Somebody else's."), Subject = "octo/shop" }],
        };

        var fleet = (await _host.GetAsync("/api/fleet")).Json;

        Assert.Equal("""{"PENDING":0,"IMAGE_CREATING":0,"STARTING":0,"WAITING_FOR_JOB":4,"RUNNING":0,"OFFLINE":0,"FAILED":0}""", fleet.GetProperty("runners").GetRawText());
        Assert.Equal("""{"WAITING":0,"QUEUED":0,"REFUSED":0,"GAVE_UP":0,"IN_PROGRESS":0,"COMPLETED":0}""", fleet.GetProperty("jobs").GetRawText());
        Assert.Equal(50, fleet.GetProperty("places")[0].GetProperty("limit").GetInt32());
        Assert.Equal("BREAKER_OPEN", fleet.GetProperty("breakers")[0].GetProperty("reason").GetProperty("code").GetString());
        Assert.Equal("octo/shop", fleet.GetProperty("notices")[0].GetProperty("subject").GetString());
    }

    public static TheoryData<string> Reads => ["/api/fleet", "/api/classes", "/api/runners", "/api/jobs", "/api/jobs/1", "/api/runners/" + SampleData.RunnerId];

    [Theory]
    [MemberData(nameof(Reads))]
    public async Task Failures_are_problem_details_and_a_store_out_of_reach_is_503(string path)
    {
        _host.Fleet.Failure = new StoreUnavailableException("inside");
        Assert.Equal("5", (await _host.GetAsync(path)).IsProblem(503, "store").Headers["Retry-After"]);
        Assert.Contains(_host.Logs.Lines, line => line.Id.Id == 4001);

        _host.Fleet.Failure = new ClassesUnavailableException("inside");
        (await _host.GetAsync(path)).IsProblem(503, "classes");

        _host.Fleet.Failure = new InvalidOperationException("inside");
        Assert.DoesNotContain("inside", (await _host.GetAsync(path)).IsProblem(500).Body, StringComparison.Ordinal);
        Assert.Contains(_host.Logs.Lines, line => line.Id.Id == 4000 && line.Exception is InvalidOperationException);
    }

    [Theory]
    [MemberData(nameof(Reads))]
    public async Task Another_method_is_answered_405(string path)
    {
        Assert.Equal("GET, HEAD", (await _host.PostAsync(path, "{}", ("X-RunnerFleet", "1"))).IsProblem(405).Headers["Allow"]);
    }

    [Fact]
    public async Task Terminate_begins_the_end_and_answers_202()
    {
        var asked = new List<(string, bool)>();
        _host.Fleet.OnTerminate = (id, force) =>
        {
            asked.Add((id, force));
            return new TerminateOutcome.Ending(SampleData.Runner() with { Closing = new Closing { Cause = Reason.Of(ReasonCodes.Terminated, "Asked for."), At = SampleData.Now } });
        };

        var answer = await TerminateAsync();
        await TerminateAsync("?force=true");
        await TerminateAsync("?force=False");

        Assert.Equal(202, answer.Status);
        Assert.Equal("TERMINATED", answer.Json.GetProperty("closing").GetProperty("code").GetString());
        Assert.Equal([(SampleData.RunnerId, false), (SampleData.RunnerId, true), (SampleData.RunnerId, false)], asked);
        Assert.Contains(_host.Logs.Lines, line => line.Id.Id == 4006 && line.Text.Contains(SampleData.RunnerId, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Terminate_of_an_ended_runner_is_answered_200()
    {
        _host.Fleet.OnTerminate = (_, _) => new TerminateOutcome.AlreadyEnded(SampleData.Runner(state: RunnerState.Offline));

        var answer = await TerminateAsync();

        Assert.Equal(200, answer.Status);
        Assert.Equal("OFFLINE", answer.Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Terminate_of_a_runner_with_a_job_is_answered_409_and_names_force()
    {
        _host.Fleet.OnTerminate = (_, _) => new TerminateOutcome.RunsJob(SampleData.Runner(state: RunnerState.Running));

        (await TerminateAsync()).IsProblem(409, "force=true");
    }

    [Fact]
    public async Task Terminate_of_nothing_is_answered_404() => (await TerminateAsync()).IsProblem(404);

    [Theory]
    [InlineData("?force=")]
    [InlineData("?force=yes")]
    [InlineData("?force=1")]
    [InlineData("?force=true&force=false")]
    public async Task A_force_that_is_neither_true_nor_false_is_answered_400(string query) => (await TerminateAsync(query)).IsProblem(400, "true or false");

    [Fact]
    public async Task Terminate_by_GET_is_answered_405() => (await _host.GetAsync($"/api/runners/{SampleData.RunnerId}/terminate")).IsProblem(405);

    private Task<Answer> TerminateAsync(string query = "") => _host.SendAsync(HttpMethod.Post, $"/api/runners/{SampleData.RunnerId}/terminate{query}", null, ("X-RunnerFleet", "1"));
}
