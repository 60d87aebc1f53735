using System.Text.Json.Nodes;
using Amazon.SimpleSystemsManagement;
using LambdaHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.AspNetCore.Tests.Hosting;
using RunnerFleet.Aws.Events;
using RunnerFleet.Aws.Secrets;
using RunnerFleet.LambdaHost.Tests.Http;
using RunnerFleet.LambdaHost.Tests.Runtime;
using RunnerFleet.Provisioning;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.LambdaHost.Tests;

public sealed class LifeTests
{
    private static readonly JsonNode Drain = new JsonObject { ["runnerfleet"] = "drain" };
    private static readonly JsonNode RunnerStatus = new JsonObject { ["source"] = "ecs-runner", ["detail-type"] = "runner-status", ["detail"] = new JsonObject { ["runner_id"] = SampleData.RunnerId } };

    private static JsonNode Webhook => Requests.Of("HTTP API", "POST", "/webhook", "{}"u8.ToArray(), asBase64: false);

    [Theory]
    [InlineData("RunnerFleet:Role", "janitor", "RunnerFleet:Role is 'janitor'. It must be all, ingress, worker or sweeper.")]
    [InlineData("RunnerFleet:Aws:Sqs:QueueUrl", null, "A queue within the process is frozen with the process")]
    [InlineData("RunnerFleet:Aws:Ecs:Cluster", null, "Cluster")]
    [InlineData("RunnerFleet:Name", "Not A Name", "RunnerFleet:Name")]
    [InlineData("RunnerFleet:Limits:Fleet", "a-secret-in-the-wrong-place", "RunnerFleet:Limits:Fleet")]
    [InlineData("RunnerFleet:PublicUrl", null, "RunnerFleet:PublicUrl is not set.")]
    [InlineData("Logging:LogLevel:Default", "Loud", "Logging:LogLevel:Default")]
    public async Task A_function_that_cannot_work_as_it_is_configured_says_so_at_its_beginning_and_ends(string setting, string? value, string sentence)
    {
        await using var function = await InProcess.StartAsync((setting, value));

        var told = (await function.Runtime.InitErrorAsync).IsError("Runtime.BadConfiguration", sentence);

        Assert.Equal(Function.BadConfiguration, await function.Ended);
        Assert.DoesNotContain("a-secret", told.Body, StringComparison.Ordinal);
        Assert.Contains(sentence, (string)JsonNode.Parse(function.Output.Split('\n')[0])!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_cannot_be_read_is_told_and_looked_for_again_with_the_next_invocation()
    {
        var account = new AwsStandIn(TimeProvider.System);
        using var ssm = new AmazonSimpleSystemsManagementClient(AwsStandIn.Credentials, Connected(account));
        await using var function = await InProcess.StartAsync(TimeProvider.System, services => services.Replace(ServiceDescriptor.Singleton<IAmazonSimpleSystemsManagement>(ssm)), ("RunnerFleet:GitHub:WebhookSecret", "ssm:/fleet/webhook-secret"));
        function.Fleet.OnDrain = _ => Task.FromResult(new DrainSummary());
        await function.Runtime.AskedAsync; // it begins all the same

        var answer = (await function.InvokeAsync(Webhook)).IsResult().Json;
        Assert.Equal((503, "30"), ((int)answer["statusCode"]!, (string?)answer["headers"]!["Retry-After"]));
        (await function.InvokeAsync(Drain)).IsError("Function.SettingsUnavailable");
        Assert.Contains("ssm:/fleet/webhook-secret", function.Output, StringComparison.Ordinal);
        Assert.Empty(function.Fleet.Asked<object>());

        account.Ssm.Put("/fleet/webhook-secret", "a webhook secret");
        Assert.Equal(200, (int)(await function.InvokeAsync(Webhook)).IsResult().Json["statusCode"]!);
        (await function.InvokeAsync(Drain)).IsResult();
    }

    [Fact]
    public async Task What_is_wrong_beside_a_secret_that_cannot_be_read_ends_the_function_at_its_beginning()
    {
        using var ssm = new AmazonSimpleSystemsManagementClient(AwsStandIn.Credentials, Connected());
        await using var function = await InProcess.StartAsync(TimeProvider.System, services => services.Replace(ServiceDescriptor.Singleton<IAmazonSimpleSystemsManagement>(ssm)), ("RunnerFleet:GitHub:WebhookSecret", "ssm:/none"), ("RunnerFleet:GitHub:Repository", "nonsense"));

        (await function.Runtime.InitErrorAsync).IsError("Runtime.BadConfiguration", "RunnerFleet:GitHub:Repository");

        Assert.Equal(Function.BadConfiguration, await function.Ended);
    }

    [Fact]
    public async Task Secrets_that_nobody_answers_for_hold_a_request_up_for_less_than_GitHub_waits()
    {
        var clock = new FakeTimeProvider(SampleData.Now);
        var secrets = new HeldSecrets();
        await using var function = await InProcess.StartAsync(clock, services => services.Replace(ServiceDescriptor.Singleton<IAwsSecrets>(secrets)));

        var answering = function.InvokeAsync(Webhook, clock.GetUtcNow().AddSeconds(30));
        await secrets.Asked.Task;
        clock.Advance(TimeSpan.FromSeconds(7));

        Assert.Equal(503, (int)(await answering).IsResult().Json["statusCode"]!);
    }

    [Fact]
    public async Task A_result_that_Lambda_does_not_take_ends_the_process()
    {
        await using var function = await InProcess.StartAsync();
        function.Runtime.ResultStatus = 500;

        await function.InvokeAsync(Webhook);

        Assert.Equal(Function.RuntimeFailed, await function.Ended);
        Assert.Contains("was answered 500", function.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_invocation_that_a_log_line_belongs_to_is_named_in_it()
    {
        await using var function = await InProcess.StartAsync();
        function.Fleet.OnReceive = (_, _) => throw new InvalidOperationException("the inside");

        await function.InvokeAsync(Webhook);

        var line = JsonNode.Parse(Assert.Single(function.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)))!;
        Assert.Equal(("ERROR", "RunnerFleet.Http.FleetHttp", 4000, "invocation-1"), ((string?)line["level"], (string?)line["logger"], (int)line["event"]!, (string?)line["requestId"]));
    }

    [Fact]
    public async Task With_SnapStart_the_function_waits_until_it_is_taken_out_of_the_snapshot()
    {
        await using var function = await InProcess.StartAsync(("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start"));

        await function.InvokeAsync(Webhook);

        Assert.Equal(1, function.Runtime.Restores);
    }

    [Fact]
    public async Task A_request_is_answered_503_half_a_second_before_the_deadline()
    {
        var clock = new FakeTimeProvider(SampleData.Now);
        await using var function = await InProcess.StartAsync(clock, null);
        var asked = new TaskCompletionSource<CancellationToken>();
        function.Fleet.OnReceive = async (_, token) =>
        {
            asked.SetResult(token);
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, token);
            throw new InvalidOperationException("not reached");
        };
        var answering = function.InvokeAsync(Webhook, clock.GetUtcNow().AddSeconds(3));
        var token = await asked.Task;

        clock.Advance(TimeSpan.FromSeconds(2.499));
        Assert.False(token.IsCancellationRequested);
        clock.Advance(TimeSpan.FromSeconds(0.001));

        Assert.Equal(503, (int)(await answering).IsResult().Json["statusCode"]!);
    }

    [Theory]
    [InlineData(true, 2500)]
    [InlineData(false, 2700)] // what does not heed the end of its work is left behind
    public async Task An_event_that_takes_too_long_is_told_as_an_error_before_the_deadline(bool heeds, int milliseconds)
    {
        var clock = new FakeTimeProvider(SampleData.Now);
        await using var function = await InProcess.StartAsync(clock, null);
        var asked = new TaskCompletionSource();
        function.Fleet.OnEvent = (_, token) =>
        {
            asked.SetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, clock, heeds ? token : CancellationToken.None);
        };
        var answering = function.InvokeAsync(RunnerStatus.DeepClone(), clock.GetUtcNow().AddSeconds(3));
        await asked.Task;

        clock.Advance(TimeSpan.FromMilliseconds(milliseconds));

        (await answering).IsError("Function.OutOfTime");
    }

    [Fact]
    public async Task Of_a_batch_that_takes_too_long_what_was_not_done_comes_again()
    {
        var clock = new FakeTimeProvider(SampleData.Now);
        await using var function = await InProcess.StartAsync(clock, null);
        var asked = new TaskCompletionSource();
        function.Fleet.OnEvent = (news, token) =>
        {
            if (news is FleetEvent.RunnerMentioned)
            {
                return Task.CompletedTask;
            }

            asked.SetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, clock, token);
        };
        var build = new JsonObject { ["source"] = "ecs-runner", ["detail-type"] = "image-build", ["detail"] = new JsonObject { ["build_id"] = "images:7d0b3ab0-3c0e-4c3a-9d53-4c8a3a2f6c3d" } };
        var batch = new JsonObject
        {
            ["Records"] = new JsonArray([.. new[] { ("done", RunnerStatus), ("slow", build) }.Select(m => (JsonNode?)new JsonObject { ["messageId"] = m.Item1, ["eventSource"] = "aws:sqs", ["body"] = m.Item2.ToJsonString() })]),
        };
        var answering = function.InvokeAsync(batch, clock.GetUtcNow().AddSeconds(3));
        await asked.Task;

        clock.Advance(TimeSpan.FromSeconds(2.5));

        Assert.Equal("""{"batchItemFailures":[{"itemIdentifier":"slow"}]}""", (await answering).IsResult().Body);
    }

    [Fact]
    public async Task Where_the_hint_of_a_webhook_cannot_be_sent_it_is_provisioned_in_the_same_invocation()
    {
        var drains = 0;
        await using var function = await InProcess.StartAsync(TimeProvider.System, BreakQueue);
        function.Fleet.OnReceive = (_, _) => RecordAsync(function);
        function.Fleet.OnDrain = _ => Task.FromResult(new DrainSummary { Launched = Interlocked.Increment(ref drains) });

        Assert.Equal(202, (int)(await function.InvokeAsync(Webhook)).IsResult().Json["statusCode"]!);
        Assert.Equal(1, drains);

        function.Fleet.OnReceive = (_, _) => Task.FromResult<WebhookOutcome>(new WebhookOutcome.Ignored("nothing to do"));
        await function.InvokeAsync(Webhook);
        Assert.Equal(1, drains);
    }

    [Fact]
    public async Task Provisioning_in_the_same_invocation_ends_within_what_GitHub_waits_and_the_webhook_is_answered_202()
    {
        var clock = new FakeTimeProvider(SampleData.Now);
        await using var function = await InProcess.StartAsync(clock, BreakQueue);
        var asked = new TaskCompletionSource<CancellationToken>();
        function.Fleet.OnReceive = (_, _) => RecordAsync(function);
        function.Fleet.OnDrain = async token =>
        {
            asked.SetResult(token);
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, token);
            return new DrainSummary();
        };
        var answering = function.InvokeAsync(Webhook, clock.GetUtcNow().AddSeconds(30));
        var token = await asked.Task;

        clock.Advance(TimeSpan.FromSeconds(6.999));
        Assert.False(token.IsCancellationRequested);
        clock.Advance(TimeSpan.FromSeconds(0.001));

        Assert.Equal(202, (int)(await answering).IsResult().Json["statusCode"]!);
        Assert.Contains("the next drain does it", function.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Moves_are_published_before_an_invocation_answers()
    {
        var publisher = new HeldPublisher();
        await using var function = await InProcess.StartAsync(TimeProvider.System, services => services.AddSingleton<IEventBridgePublisher>(publisher));

        var answering = function.InvokeAsync(Webhook);
        await publisher.Asked.Task;
        Assert.False(answering.IsCompleted);
        publisher.Go.SetResult();

        (await answering).IsResult();
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 10)]
    public async Task A_bus_that_does_not_answer_holds_a_request_up_for_two_seconds_and_an_event_for_ten(bool isRequest, int seconds)
    {
        var clock = new FakeTimeProvider(SampleData.Now);
        var publisher = new HeldPublisher();
        await using var function = await InProcess.StartAsync(clock, services => services.AddSingleton<IEventBridgePublisher>(publisher));

        function.Fleet.OnDrain = _ => Task.FromResult(new DrainSummary());
        var answering = function.InvokeAsync(isRequest ? Webhook : Drain.DeepClone(), clock.GetUtcNow().AddSeconds(300));
        await publisher.Asked.Task;
        clock.Advance(TimeSpan.FromSeconds(seconds));

        (await answering).IsResult();
    }

    private static void BreakQueue(IServiceCollection services) => services.Replace(ServiceDescriptor.Singleton<IFleetQueue>(new BrokenQueue()));

    /// <summary>As the engine does: what is asked for is stored, then a hint is sent, and one that is lost fails nobody.</summary>
    private static async Task<WebhookOutcome> RecordAsync(InProcess function)
    {
        await Assert.ThrowsAsync<TimeoutException>(async () => await function.Services.GetRequiredService<IFleetQueue>().HintAsync(TimeSpan.Zero, CancellationToken.None));
        return new WebhookOutcome.Recorded { Outcome = "queued", Job = SampleData.Job };
    }

    private sealed class BrokenQueue : IFleetQueue
    {
        public ValueTask HintAsync(TimeSpan delay, CancellationToken cancellationToken) => throw new TimeoutException("No answer.");

        public ValueTask WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    private static AmazonSimpleSystemsManagementConfig Connected(AwsStandIn? account = null)
    {
        var config = new AmazonSimpleSystemsManagementConfig { MaxErrorRetry = 0 };
        (account ?? new AwsStandIn(TimeProvider.System)).Connect(config);
        return config;
    }

    private sealed class HeldSecrets : IAwsSecrets
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string? Resolve(string? setting) => setting;

        public bool IsUnreadable(OptionsValidationException failure) => false;

        public async Task RefreshAsync(CancellationToken cancellationToken)
        {
            Asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
    }

    private sealed class HeldPublisher : IEventBridgePublisher
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task FlushAsync(CancellationToken cancellationToken)
        {
            Asked.TrySetResult();
            return Go.Task;
        }
    }
}
