using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Sdk.Tests.GitHub;
using RunnerFleet.Storage;

namespace RunnerFleet.Sdk.Tests.Fleet;

/// <summary>Through the front door, signed: whatever the body, there is an outcome, nothing throws, and what was stored can be drained and read.</summary>
public sealed class WebhookProperties : IAsyncLifetime
{
    private static readonly string?[] s_events = ["workflow_job", "workflow_job", "workflow_job", "ping", "push", "", null, "workflow_job\n"];
    private readonly FleetWorld _world = new();

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Property(MaxTest = 500)]
    public Property Any_bytes_get_an_outcome() => Prop.ForAll(HostileWebhooks.Bytes, body => Answers(body));

    [Property(MaxTest = 1000)]
    public Property Any_json_gets_an_outcome() => Prop.ForAll(HostileWebhooks.Json, body => Answers(body));

    [Property(MaxTest = 3000)]
    public Property A_payload_spoiled_anywhere_gets_an_outcome() => Prop.ForAll(HostileWebhooks.Payloads, body => Answers(body));

    [Property(MaxTest = 500)]
    public Property Any_headers_get_an_outcome() =>
        Prop.ForAll(HostileWebhooks.Payloads, ArbMap.Default.ArbFor<string>(), Gen.Elements(s_events).ToArbitrary(), (body, text, @event) =>
            Outcome(new WebhookDelivery { Body = body, Event = @event, Signature = WebhookSignature.Sign(body, FleetWorld.Secret), ContentType = text }) is not WebhookOutcome.Unavailable
            && Outcome(new WebhookDelivery { Body = body, Event = text, DeliveryId = text, EnterpriseHost = text, Signature = WebhookSignature.Sign(body, FleetWorld.Secret), ContentType = "application/json" }) is not WebhookOutcome.Unavailable
            && Outcome(new WebhookDelivery { Body = body, Event = @event, Signature = text, ContentType = "application/json; charset=utf-8" }) is WebhookOutcome.Unauthorized);

    private bool Answers(byte[] body)
    {
        var outcome = Outcome(new WebhookDelivery { Body = body, Event = "workflow_job", DeliveryId = "d", Signature = WebhookSignature.Sign(body, FleetWorld.Secret), ContentType = "application/json" });
        return outcome switch
        {
            WebhookOutcome.Recorded recorded => recorded.Job.Id > 0 && CanBeUsed(recorded.Job),
            WebhookOutcome.Ignored ignored => ignored.Reason.Length > 0,
            WebhookOutcome.Malformed malformed => malformed.Reason.Length > 0,
            _ => false,
        };
    }

    /// <summary>A stored job stays what it was when it is written and read, and drains without a fault.</summary>
    private bool CanBeUsed(JobKey key)
    {
        var job = Now(_world.Fleet.GetJobAsync(key, _world.Cancel).AsTask())!;
        var again = RecordJson.DeserializeJob(RecordJson.Serialize(job));
        return RecordJson.Serialize(again).AsSpan().SequenceEqual(RecordJson.Serialize(job))
            && Now(_world.Fleet.DrainAsync(_world.Cancel)).Errors == 0;
    }

    private WebhookOutcome Outcome(WebhookDelivery delivery) => Now(_world.Fleet.ReceiveAsync(delivery, _world.Cancel));

    private static T Now<T>(Task<T> task) => task.GetAwaiter().GetResult();
}
