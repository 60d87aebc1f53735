using System.Text.Json.Nodes;
using RunnerFleet.AspNetCore.Tests.Hosting;
using RunnerFleet.LambdaHost.Tests.Http;
using RunnerFleet.LambdaHost.Tests.Runtime;
using RunnerFleet.Provisioning;
using RunnerFleet.Sweeping;

namespace RunnerFleet.LambdaHost.Tests;

public sealed class EventTests : IAsyncDisposable
{
    private readonly List<string> _done = [];
    private InProcess? _function;

    private const string Sweep = """{"runnerfleet":"sweep"}""";
    private const string Drain = """{"runnerfleet":"drain"}""";
    private const string Scheduled = """{"version":"0","id":"e","detail-type":"Scheduled Event","source":"aws.events","account":"123456789012","detail":{}}""";
    private const string RunnerStatus = $$$"""{"version":"0","source":"ecs-runner","detail-type":"runner-status","detail":{"runner_id":"{{{SampleData.RunnerId}}}","status":"completed"}}""";
    private const string ImageBuild = """{"version":"0","source":"ecs-runner","detail-type":"image-build","detail":{"build_id":"images:7d0b3ab0-3c0e-4c3a-9d53-4c8a3a2f6c3d"}}""";
    private const string CodeBuild = """{"version":"0","source":"aws.codebuild","detail-type":"CodeBuild Build State Change","detail":{"build-id":"arn:aws:codebuild:eu-central-1:123456789012:build/images:7d0b3ab0-3c0e-4c3a-9d53-4c8a3a2f6c3d","build-status":"SUCCEEDED"}}""";
    private const string TaskStopped = $$$"""{"version":"0","source":"aws.ecs","detail-type":"ECS Task State Change","detail":{"clusterArn":"arn:aws:ecs:eu-central-1:123456789012:cluster/runners","taskArn":"arn:aws:ecs:eu-central-1:123456789012:task/runners/0123456789abcdef0123456789abcdef","lastStatus":"STOPPED","desiredStatus":"STOPPED","startedBy":"test/{{{SampleData.RunnerId}}}/1","stoppedReason":"Essential container in task exited","containers":[]}}""";
    private const string OthersTask = """{"version":"0","source":"aws.ecs","detail-type":"ECS Task State Change","detail":{"clusterArn":"arn:aws:ecs:eu-central-1:123456789012:cluster/web","taskArn":"arn:aws:ecs:eu-central-1:123456789012:task/web/0123456789abcdef0123456789abcdef","lastStatus":"RUNNING"}}""";

    public async ValueTask DisposeAsync()
    {
        if (_function is not null)
        {
            await _function.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(Sweep, "sweep")]
    [InlineData(Scheduled, "sweep")]
    [InlineData(Drain, "drain")]
    [InlineData(RunnerStatus, "RunnerMentioned")]
    [InlineData(ImageBuild, "ImageBuildChanged")]
    [InlineData(CodeBuild, "ImageBuildChanged")]
    [InlineData(TaskStopped, "ComputeChanged")]
    [InlineData(OthersTask, null)]
    public async Task Each_event_is_handed_to_the_fleet(string payload, string? done)
    {
        var function = await StartAsync("all");

        (await function.InvokeAsync(JsonNode.Parse(payload)!)).IsResult();

        Assert.Equal(done is null ? [] : [done], _done);
    }

    [Theory]
    [InlineData("""{"what":"is this"}""")]
    [InlineData("[1]")]
    [InlineData("\"text\"")]
    [InlineData("""{"requestContext":{"http":{}}}""")]
    [InlineData("""{"runnerfleet":"dance"}""")]
    public async Task What_nobody_understands_fails_so_that_it_ends_where_a_person_finds_it(string payload)
    {
        var function = await StartAsync("all");

        (await function.InvokeAsync(JsonNode.Parse(payload)!)).IsError("Function.UnreadableEvent");

        Assert.Empty(_done);
    }

    [Fact]
    public async Task An_event_that_fails_is_told_as_an_error_without_its_inside()
    {
        var function = await StartAsync("all");
        function.Fleet.OnEvent = (_, _) => throw new InvalidOperationException("the inside");

        var told = (await function.InvokeAsync(JsonNode.Parse(RunnerStatus)!)).IsError("Function.EventFailed");

        Assert.DoesNotContain("the inside", told.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(SampleData.RunnerId, told.Body, StringComparison.Ordinal);
        Assert.Contains("the inside", function.Output, StringComparison.Ordinal);
        (await function.InvokeAsync(JsonNode.Parse(Drain)!)).IsResult(); // one bad event stays one bad event
    }

    [Fact]
    public async Task Of_a_batch_only_the_failed_messages_come_again()
    {
        var function = await StartAsync("worker");
        function.Fleet.OnEvent = (news, _) => news is FleetEvent.ImageBuildChanged ? throw new InvalidOperationException("the inside") : Note(news.GetType().Name);

        var told = (await function.InvokeAsync(Batch(("a", RunnerStatus), ("b", CodeBuild), ("c", """{"hint":"drain"}"""), ("d", "?"), ("e", """{"hint":"drain"}""")))).IsResult();

        Assert.Equal("""{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"d"}]}""", told.Body);
        Assert.Equal(["RunnerMentioned", "drain"], _done);
    }

    [Fact]
    public async Task A_batch_without_failures_says_so()
    {
        var function = await StartAsync("worker");

        Assert.Equal("""{"batchItemFailures":[]}""", (await function.InvokeAsync(Batch(("a", """{"hint":"drain"}""")))).IsResult().Body);
    }

    [Theory]
    [InlineData("all", "HTTP", "batch", "news", "drain", "sweep")]
    [InlineData("ingress", "HTTP")]
    [InlineData("worker", "batch", "news", "drain")]
    [InlineData("sweeper", "drain", "sweep")]
    public async Task A_role_does_what_is_its_own_and_turns_the_rest_away(string role, params string[] taken)
    {
        var function = await StartAsync(role);
        foreach (var (kind, payload) in new (string, JsonNode)[] { ("batch", Batch(("a", RunnerStatus))), ("news", JsonNode.Parse(TaskStopped)!), ("drain", JsonNode.Parse(Drain)!), ("sweep", JsonNode.Parse(Sweep)!) })
        {
            _done.Clear();
            var told = await function.InvokeAsync(payload);
            if (taken.Contains(kind))
            {
                told.IsResult();
                Assert.Single(_done);
            }
            else
            {
                told.IsError("Function.OtherRole", $"role {role}");
                Assert.Empty(_done);
            }
        }

        var answer = (await function.InvokeAsync(Requests.Of("HTTP API", "POST", "/webhook", "{}"u8.ToArray(), asBase64: false))).IsResult().Json;
        Assert.Equal(taken.Contains("HTTP") ? 200 : 404, (int)answer["statusCode"]!);
        Assert.Equal(!taken.Contains("HTTP"), ((string)answer["body"]!).Contains($"role {role}", StringComparison.Ordinal));
    }

    private async Task<InProcess> StartAsync(string role)
    {
        _function = await InProcess.StartAsync(("RunnerFleet:Role", role));
        _function.Fleet.OnEvent = (news, _) => Note(news.GetType().Name);
        _function.Fleet.OnDrain = async _ =>
        {
            await Note("drain");
            return new DrainSummary();
        };
        _function.Fleet.OnSweep = async _ =>
        {
            await Note("sweep");
            return new SweepSummary();
        };
        return _function;
    }

    private Task Note(string what)
    {
        lock (_done)
        {
            _done.Add(what);
        }

        return Task.CompletedTask;
    }

    private static JsonObject Batch(params (string Id, string Body)[] messages) => new()
    {
        ["Records"] = new JsonArray([.. messages.Select(message => (JsonNode?)new JsonObject { ["messageId"] = message.Id, ["body"] = message.Body, ["eventSource"] = "aws:sqs", ["attributes"] = new JsonObject { ["ApproximateReceiveCount"] = "1" } })]),
    };
}
