using System.Text.Json.Nodes;
using Amazon.SQS;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RunnerFleet.Aws.Events;
using RunnerFleet.Tests.Aws;
using RunnerFleet.Aws.Tests.Events;
using RunnerFleet.Aws.Wire;
using RunnerFleet.Compute;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Aws.Tests.Sqs;

/// <summary>Hints and events through an SQS and an EventBridge that others wrote, by the real clock.</summary>
public sealed class SqsEmulatorTests(AwsEndpoint endpoint)
{
    private const string Region = "eu-west-2";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly string _name = $"test-{Ulid.NewUlid()}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hint_of_one_host_wakes_another_at_once_or_after_its_delay()
    {
        using var sqs = await SqsAsync();
        var url = (await sqs.CreateQueueAsync(_name, Cancel)).QueueUrl;
        using var first = Services(sqs, url);
        using var second = Services(sqs, url);
        var wait = second.GetRequiredService<IFleetQueue>().WaitAsync(TimeSpan.FromMinutes(5), Cancel).AsTask();

        await first.GetRequiredService<IFleetQueue>().HintAsync(TimeSpan.Zero, Cancel);
        await wait.WaitAsync(Patience, Cancel);

        await first.GetRequiredService<IFleetQueue>().HintAsync(TimeSpan.FromSeconds(2), Cancel);
        await second.GetRequiredService<IFleetQueue>().WaitAsync(TimeSpan.FromMinutes(5), Cancel).AsTask().WaitAsync(Patience, Cancel);
        Assert.Equal("0", (await sqs.GetQueueAttributesAsync(url, ["ApproximateNumberOfMessages"], Cancel)).Attributes["ApproximateNumberOfMessages"]);
    }

    [Fact]
    public async Task An_event_goes_from_EventBridge_by_a_rule_through_the_queue_to_the_fleet()
    {
        using var sqs = await SqsAsync();
        using var http = new HttpClient { BaseAddress = await endpoint.NeedAsync() };
        var url = (await sqs.CreateQueueAsync(_name, Cancel)).QueueUrl;
        var arn = (await sqs.GetQueueAttributesAsync(url, ["QueueArn"], Cancel)).Attributes["QueueArn"];
        await http.CallAsync(Region, "events", "AWSEvents.PutRule", new() { ["Name"] = _name, ["EventPattern"] = """{"source":["ecs-runner","runnerfleet"]}""" });
        await http.CallAsync(Region, "events", "AWSEvents.PutTargets", new() { ["Rule"] = _name, ["Targets"] = new JsonArray(new JsonObject { ["Id"] = "1", ["Arn"] = arn }) });
        using var eventBridge = new EventBridgeClient(AwsEndpoint.Credentials, await endpoint.ConnectAsync(new AwsJsonConfig(EventBridgeClient.Service), Region));
        var fleet = new RecordingFleet();
        using var host = await StartAsync(sqs, eventBridge, url, fleet);

        // Published by the fleet itself, which understands it and is not concerned; then one that it is concerned by.
        host.Services.GetServices<IFleetObserver>().OfType<EventBridgePublisher>().Single().OnMove(new FleetMove
        {
            At = TimeProvider.System.GetUtcNow(),
            RunnerId = Payloads.Runner,
            RunnerTo = RunnerState.Pending,
            Cause = Reason.Of(ReasonCodes.Queued, "queued"),
        });
        var results = await eventBridge.PutEventsAsync([new() { Source = "ecs-runner", DetailType = "runner-status", Detail = $$"""{"runner_id":"{{Payloads.Runner}}","status":"OFFLINE"}""", EventBusName = "default" }], Cancel);

        Assert.Null(Assert.Single(results).ErrorCode);
        await Account.UntilAsync(() => fleet.Events.Count == 1);
        Assert.Equal(Payloads.Runner, Assert.IsType<FleetEvent.RunnerMentioned>(fleet.Events[0]).RunnerId);
        await host.StopAsync(Cancel);
    }

    [Fact]
    public async Task An_entry_that_is_no_object_fails_by_itself()
    {
        using var eventBridge = new EventBridgeClient(AwsEndpoint.Credentials, await endpoint.ConnectAsync(new AwsJsonConfig(EventBridgeClient.Service), Region));
        EventBridgeEntry Entry(string detail) => new() { Source = "runnerfleet", DetailType = "test", Detail = detail, EventBusName = "default", Time = TimeProvider.System.GetUtcNow() };

        var results = await eventBridge.PutEventsAsync([Entry("{}"), Entry("{")], Cancel);

        Assert.Equal([null, "MalformedDetail"], results.Select(result => result.ErrorCode));
    }

    private async Task<AmazonSQSClient> SqsAsync() => new(AwsEndpoint.Credentials, await endpoint.ConnectAsync(new AmazonSQSConfig(), Region));

    private static ServiceProvider Services(IAmazonSQS sqs, string url)
    {
        var services = new ServiceCollection();
        services.AddSingleton(sqs);
        services.AddLogging();
        services.AddRunnerFleet(_ => { }).UseSqs(o => o.QueueUrl = new Uri(url));
        return services.BuildServiceProvider();
    }

    private static async Task<IHost> StartAsync(IAmazonSQS sqs, IEventBridgeApi eventBridge, string url, RecordingFleet fleet)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(sqs);
        builder.Services.AddSingleton(eventBridge);
        builder.Services.AddSingleton<IRunnerFleet>(fleet);
        builder.Services.AddSingleton<IComputeLauncher>(new FakeComputeLauncher());
        builder.Services.AddRunnerFleet(_ => { }).UseSqs(o => o.QueueUrl = o.EventsQueueUrl = new Uri(url)).UseEventBridge(_ => { });
        var host = builder.Build();
        await host.StartAsync(Cancel);
        return host;
    }
}
