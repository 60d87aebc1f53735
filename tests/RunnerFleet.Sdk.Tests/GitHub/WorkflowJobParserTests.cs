using System.Text;
using System.Text.Json.Nodes;
using RunnerFleet.GitHub;
using RunnerFleet.Runners;

namespace RunnerFleet.Sdk.Tests.GitHub;

public sealed class WorkflowJobParserTests
{
    [Fact]
    public void Everything_that_the_fleet_needs_is_read()
    {
        var job = Parse(WorkflowJobPayload.Create());

        Assert.Equal("in_progress", job.Action);
        Assert.Equal(123456789012, job.JobId);
        Assert.Equal(23456789012, job.RunId);
        Assert.Equal(2, job.RunAttempt);
        Assert.Equal("test", job.Name);
        Assert.Equal("Build", job.WorkflowName);
        Assert.Equal("https://github.com/octo/widgets/actions/runs/23456789012/job/123456789012", job.Url?.ToString());
        Assert.Equal("in_progress", job.Status);
        Assert.Null(job.Conclusion);
        Assert.Equal(["self-hosted", "class:Large"], job.Labels);
        Assert.Equal(3_000_000_000, job.RunnerId);
        Assert.Equal("rf-default-01-1", job.RunnerName);
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 10, 0, 5, TimeSpan.Zero), job.CreatedAt);
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 10, 0, 35, TimeSpan.Zero), job.StartedAt);
        Assert.Null(job.CompletedAt);
        Assert.Equal(new RepositoryRef { Id = 700000001, Owner = "octo", Name = "widgets", IsPrivate = true }, job.Repository);
        Assert.Equal("octo", job.Organization);
        Assert.Equal("octo-corp", job.Enterprise);
        Assert.Equal(55000001, job.InstallationId);
    }

    [Fact]
    public void Only_what_identifies_the_job_is_needed()
    {
        var job = Parse("""{"repository":{"full_name":"octo/widgets"},"workflow_job":{"labels":[],"run_id":2,"id":1},"action":"queued"}""");

        Assert.Equal((1L, 2L, 0), (job.JobId, job.RunId, job.RunAttempt));
        Assert.Empty(job.Labels);
        Assert.False(job.Repository.IsPrivate);
        Assert.Equal(0, job.Repository.Id);
        Assert.Null(job.RunnerId ?? job.InstallationId);
        Assert.Null(job.CreatedAt);
        Assert.Null(job.Url);
    }

    [Theory]
    [InlineData("run_attempt"), InlineData("name"), InlineData("workflow_name"), InlineData("html_url"), InlineData("status"), InlineData("conclusion")]
    [InlineData("runner_id"), InlineData("runner_name"), InlineData("created_at"), InlineData("started_at"), InlineData("completed_at"), InlineData("steps")]
    public void Any_other_member_may_be_absent_null_or_of_another_kind(string member)
    {
        foreach (var strange in new[] { null, "", "x", "{}", "[]", "true", "-5", "1.5", "1e400", "99999999999999999999999999" })
        {
            var payload = WorkflowJobPayload.Create();
            payload.Job()[member] = strange switch { null or "" or "x" => strange is null ? null : JsonValue.Create(strange), _ => JsonNode.Parse(strange) };
            Assert.Equal(123456789012, Parse(payload).JobId);
        }

        var without = WorkflowJobPayload.Create();
        without.Job().Remove(member);
        Assert.Equal(123456789012, Parse(without).JobId);
    }

    [Theory]
    [InlineData("organization"), InlineData("enterprise"), InlineData("installation"), InlineData("sender")]
    public void The_surroundings_may_be_absent_null_or_of_another_kind(string member)
    {
        foreach (var strange in new[] { "null", "[]", "7", "\"x\"", "{}", """{"id":null,"login":null,"slug":7}""", """{"id":-1}""" })
        {
            var payload = WorkflowJobPayload.Create();
            payload[member] = JsonNode.Parse(strange);
            var job = Parse(payload);
            Assert.Equal(member == "installation" ? null : 55000001, job.InstallationId);
            Assert.Equal(member == "organization" ? null : "octo", job.Organization);
            Assert.Equal(member == "enterprise" ? null : "octo-corp", job.Enterprise);
        }
    }

    [Fact]
    public void A_job_that_ended_without_a_runner_has_runner_0_with_an_empty_name()
    {
        var payload = WorkflowJobPayload.Create();
        payload.Job()["runner_id"] = 0;
        payload.Job()["runner_name"] = "";
        var job = Parse(payload);
        Assert.Null(job.RunnerId);
        Assert.Null(job.RunnerName);
    }

    [Theory]
    [InlineData("2.0", 2), InlineData("3e2", 300), InlineData("9223372036854775807", long.MaxValue), InlineData("3000000000.000", 3000000000)]
    public void Ids_may_be_written_as_any_number_that_is_whole(string written, long id)
    {
        var body = $$$"""{"action":"queued","workflow_job":{"id":{{{written}}},"run_id":{{{written}}},"labels":[]},"repository":{"full_name":"o/r"}}""";
        Assert.Equal((id, id), (Parse(body).JobId, Parse(body).RunId));
    }

    [Theory]
    [InlineData("0"), InlineData("-1"), InlineData("1.5"), InlineData("9223372036854775808"), InlineData("1e400"), InlineData("\"7\""), InlineData("null"), InlineData("{}"), InlineData("[1]"), InlineData("true")]
    public void An_id_that_is_no_positive_integer_is_an_error(string written)
    {
        Assert.Contains("workflow_job.id", ErrorOf($$$"""{"action":"queued","workflow_job":{"id":{{{written}}},"run_id":1,"labels":[]},"repository":{"full_name":"o/r"}}"""), StringComparison.Ordinal);
        Assert.Contains("workflow_job.run_id", ErrorOf($$$"""{"action":"queued","workflow_job":{"run_id":{{{written}}},"id":1,"labels":[]},"repository":{"full_name":"o/r"}}"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null"), InlineData("{}"), InlineData("\"self-hosted\""), InlineData("7"), InlineData(null)]
    public void Labels_that_are_absent_or_no_array_are_an_error(string? labels)
    {
        var payload = WorkflowJobPayload.Create();
        payload.Job().Remove("labels");
        if (labels is not null)
        {
            payload.Job()["labels"] = JsonNode.Parse(labels);
        }

        Assert.Contains("labels must be an array", ErrorOf(payload), StringComparison.Ordinal);
    }

    [Fact]
    public void Null_among_the_labels_is_passed_over()
    {
        var payload = WorkflowJobPayload.Create();
        payload.Job()["labels"] = new JsonArray("self-hosted", null, "linux", null);
        Assert.Equal(["self-hosted", "linux"], Parse(payload).Labels);
    }

    [Theory]
    [InlineData("7"), InlineData("{\"a\":[1]}"), InlineData("[\"nested\"]"), InlineData("true"), InlineData("\"\\ud800\"")]
    public void Any_other_label_that_is_no_text_is_an_error(string label) =>
        Assert.Contains("must be a string", ErrorOf($$$"""{"action":"queued","workflow_job":{"id":1,"run_id":1,"labels":["a",{{{label}}},"b"]},"repository":{"full_name":"o/r"}}"""), StringComparison.Ordinal);

    [Fact]
    public void A_label_may_have_256_characters_and_no_more()
    {
        var payload = WorkflowJobPayload.Create();
        payload.Job()["labels"] = new JsonArray(new string('é', 256));
        Assert.Equal(256, Assert.Single(Parse(payload).Labels).Length);

        payload.Job()["labels"] = new JsonArray(new string('é', 257));
        Assert.Contains("256", ErrorOf(payload), StringComparison.Ordinal);
    }

    [Fact]
    public void There_may_be_100_labels_and_no_more()
    {
        var payload = WorkflowJobPayload.Create();
        payload.Job()["labels"] = new JsonArray([.. Enumerable.Range(0, 100).Select(index => JsonValue.Create($"l{index}"))]);
        Assert.Equal(100, Parse(payload).Labels.Count);

        payload.Job()["labels"] = new JsonArray([.. Enumerable.Range(0, 101).Select(index => JsonValue.Create($"l{index}"))]);
        Assert.Contains("at most 100", ErrorOf(payload), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\nb"), InlineData("a\0"), InlineData("\u001b[31m"), InlineData("\u007f"), InlineData("\u0085")]
    public void A_label_with_control_characters_is_an_error(string label)
    {
        var payload = WorkflowJobPayload.Create();
        payload.Job()["labels"] = new JsonArray("self-hosted", label);
        Assert.Contains("control characters", ErrorOf(payload), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null", false), InlineData("\"true\"", false), InlineData("1", false), InlineData("false", false), InlineData("{}", false), InlineData("true", true)]
    public void A_repository_is_private_only_where_the_payload_says_so(string written, bool isPrivate)
    {
        var payload = WorkflowJobPayload.Create();
        payload.Repository()["private"] = JsonNode.Parse(written);
        Assert.Equal(isPrivate, Parse(payload).Repository.IsPrivate);
    }

    [Fact]
    public void Owner_and_name_stand_in_for_an_absent_full_name()
    {
        var payload = WorkflowJobPayload.Create();
        payload.Repository().Remove("full_name");
        Assert.Equal("octo/widgets", Parse(payload).Repository.FullName);

        payload.Repository().Remove("name");
        Assert.Contains("repository.full_name", ErrorOf(payload), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(""), InlineData("octo"), InlineData("octo/"), InlineData("/widgets"), InlineData("octo/wid/gets"), InlineData("octo/.."), InlineData("./widgets"), InlineData("octo/wid gets"), InlineData("octo/wid\ngets"), InlineData("octo/wid?gets")]
    public void A_repository_that_github_would_not_spell_so_is_an_error(string fullName)
    {
        var payload = WorkflowJobPayload.Create();
        payload.Repository()["full_name"] = fullName;
        Assert.Contains("repository.full_name", ErrorOf(payload), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(""), InlineData(" "), InlineData("null"), InlineData("[]"), InlineData("\"x\""), InlineData("7"), InlineData("{"), InlineData("{}x"), InlineData("{} {}"), InlineData("{'a':1}"), InlineData("payload=%7B%7D"), InlineData("{\"a\":1,}"), InlineData("{} // c")]
    public void A_body_that_is_no_json_object_is_an_error(string body)
    {
        Assert.Contains("The body", ErrorOf(body), StringComparison.Ordinal);
        Assert.False(WorkflowJobParser.TryReadAction(Encoding.UTF8.GetBytes(body), out _));
    }

    [Fact]
    public void Garbage_after_the_object_is_an_error() =>
        Assert.Contains("well-formed", ErrorOf(WorkflowJobPayload.Create().ToJsonString() + "]"), StringComparison.Ordinal);

    [Fact]
    public void An_event_of_another_kind_is_told_so() =>
        Assert.Contains("workflow_job must be an object", ErrorOf("""{"action":"completed","check_run":{"id":1},"repository":{"full_name":"o/r"}}"""), StringComparison.Ordinal);

    [Fact]
    public void An_action_is_needed()
    {
        Assert.Contains("action", ErrorOf("""{"workflow_job":{"id":1,"run_id":1,"labels":[]},"repository":{"full_name":"o/r"}}"""), StringComparison.Ordinal);
        Assert.Contains("action", ErrorOf("""{"action":7,"workflow_job":{"id":1,"run_id":1,"labels":[]},"repository":{"full_name":"o/r"}}"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"action":"retired","workflow_job":7}""")]
    [InlineData("""{"workflow_job":{"id":"x","labels":{}},"action":"retired"}""")]
    [InlineData("""{"action":"retired"}""")]
    public void An_unknown_action_is_recognised_whatever_comes_with_it(string body)
    {
        Assert.True(WorkflowJobParser.TryReadAction(Encoding.UTF8.GetBytes(body), out var action));
        Assert.Equal("retired", action);
        Assert.False(WorkflowJobActions.IsKnown(action));
    }

    [Fact]
    public void An_unknown_action_and_status_with_a_whole_payload_are_read()
    {
        var payload = WorkflowJobPayload.Create();
        payload["action"] = "retired";
        payload.Job()["status"] = "pending";
        payload.Job()["conclusion"] = "stale";
        var job = Parse(payload);
        Assert.Equal(("retired", "pending", "stale"), (job.Action, job.Status, job.Conclusion));
    }

    [Fact]
    public void Of_members_written_twice_the_last_counts()
    {
        var job = Parse("""
            {"action":"queued","workflow_job":{"id":9,"run_id":9,"labels":7,"name":"first"},"repository":{"full_name":"x/y","private":true},
             "workflow_job":{"id":1,"id":2,"run_id":3,"labels":["a"],"labels":["b"]},"repository":{"full_name":"o/r"},"action":"waiting"}
            """);
        Assert.Equal(("waiting", 2L, 3L, null), (job.Action, job.JobId, job.RunId, job.Name));
        Assert.Equal(["b"], job.Labels);
        Assert.Equal(new RepositoryRef { Owner = "o", Name = "r" }, job.Repository);
    }

    [Fact]
    public void Escaped_names_and_texts_are_the_same_names_and_texts()
    {
        var job = Parse("""{"\u0061ction":"que\u0075ed","workflow\u005fjob":{"i\u0064":1,"run_id":1,"labels":["self\u002dhosted"]},"repository":{"full_name":"o\/r"}}""");
        Assert.Equal(("queued", 1L, "o/r"), (job.Action, job.JobId, job.Repository.FullName));
        Assert.Equal(["self-hosted"], job.Labels);
    }

    [Fact]
    public void Deep_nesting_is_an_error() =>
        Assert.Contains("well-formed", ErrorOf("{\"a\":" + new string('[', 100_000) + new string(']', 100_000) + "}"), StringComparison.Ordinal);

    [Fact]
    public void Huge_texts_are_not_kept()
    {
        var payload = WorkflowJobPayload.Create();
        payload.Job()["name"] = new string('n', 5_000_000);
        payload.Job()["workflow_name"] = new string('w', 1000);
        payload.Job()["runner_name"] = new string('r', 300);
        payload["padding"] = new string('p', 5_000_000);
        var job = Parse(payload);
        Assert.Null(job.Name);
        Assert.Equal(256, job.WorkflowName!.Length);
        Assert.Equal(256, job.RunnerName!.Length);
    }

    [Fact]
    public void Parsing_allocates_nothing_for_what_is_not_kept()
    {
        var small = WorkflowJobPayload.Create().ToBytes();
        var payload = WorkflowJobPayload.Create();
        payload["sender"] = new string('s', 100_000);
        payload.Job()["steps"] = new JsonArray([.. Enumerable.Range(0, 2_000).Select(index => new JsonObject { ["name"] = $"step {index}", ["id"] = index })]);
        payload.Repository()["topics"] = new JsonArray([.. Enumerable.Range(0, 2_000).Select(index => JsonValue.Create($"topic {index}"))]);
        var large = payload.ToBytes();
        Assert.Equal(AllocatedBy(small), AllocatedBy(large));
    }

    [Fact]
    public void Texts_keep_no_control_characters()
    {
        var payload = WorkflowJobPayload.Create();
        payload.Job()["name"] = "one\r\ntwo\u001b[0m";
        Assert.Equal("one  two [0m", Parse(payload).Name);
    }

    [Theory]
    [InlineData("javascript:alert(1)"), InlineData("/relative"), InlineData("file:///etc/passwd"), InlineData("https://")]
    public void A_page_that_is_no_web_address_is_left_out(string url)
    {
        var payload = WorkflowJobPayload.Create();
        payload.Job()["html_url"] = url;
        Assert.Null(Parse(payload).Url);
    }

    [Theory]
    [InlineData("2026-11-23T11:00:05+01:00"), InlineData("2026-11-23T10:00:05.000Z")]
    public void Times_may_have_an_offset_and_fractions(string written)
    {
        var payload = WorkflowJobPayload.Create();
        payload.Job()["created_at"] = written;
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 10, 0, 5, TimeSpan.Zero), Parse(payload).CreatedAt);
    }

    [Theory]
    [InlineData("2026-11-23T10:00:05"), InlineData("2026-11-23"), InlineData("10:00"), InlineData("yesterday"), InlineData("Z")]
    public void A_time_that_means_another_moment_on_each_machine_is_left_out(string written)
    {
        var payload = WorkflowJobPayload.Create();
        payload.Job()["created_at"] = written;
        Assert.Null(Parse(payload).CreatedAt);
    }

    [Fact]
    public void A_time_with_half_a_surrogate_pair_is_left_out() =>
        Assert.Null(Parse(WorkflowJobPayload.Create().ToJsonString().Replace("2026-11-23T10:00:05Z", "\\udc00", StringComparison.Ordinal)).CreatedAt);

    [Fact]
    public void Bytes_that_are_no_utf8_make_a_text_absent_or_the_label_an_error()
    {
        byte[] Body(string before, string after) => [.. Encoding.UTF8.GetBytes(before), 0xff, 0xc0, .. Encoding.UTF8.GetBytes(after)];

        Assert.True(WorkflowJobParser.TryParse(Body("""{"action":"queued","workflow_job":{"id":1,"run_id":1,"labels":[],"name":"x""", "\"},\"repository\":{\"full_name\":\"o/r\"}}"), out var job, out _));
        Assert.Null(job.Name);
        Assert.False(WorkflowJobParser.TryParse(Body("""{"action":"queued","workflow_job":{"id":1,"run_id":1,"labels":["x""", "\"]},\"repository\":{\"full_name\":\"o/r\"}}"), out _, out var error));
        Assert.Contains("must be a string", error, StringComparison.Ordinal);
    }

    private static WorkflowJobEvent Parse(JsonNode payload) => Parse(payload.ToJsonString());

    private static WorkflowJobEvent Parse(string body)
    {
        Assert.True(WorkflowJobParser.TryParse(Encoding.UTF8.GetBytes(body), out var job, out var error), error);
        return job;
    }

    private static string ErrorOf(JsonNode payload) => ErrorOf(payload.ToJsonString());

    private static string ErrorOf(string body)
    {
        Assert.False(WorkflowJobParser.TryParse(Encoding.UTF8.GetBytes(body), out _, out var error));
        return error;
    }

    private static long AllocatedBy(byte[] body)
    {
        Assert.True(WorkflowJobParser.TryParse(body, out _, out _));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var isRead = WorkflowJobParser.TryParse(body, out _, out _);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(isRead);
        return allocated;
    }
}
