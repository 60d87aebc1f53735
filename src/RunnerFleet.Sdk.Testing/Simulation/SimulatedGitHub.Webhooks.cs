using System.Buffers;
using System.Text.Json;
using RunnerFleet.GitHub;
using RunnerFleet.Provisioning;

namespace RunnerFleet.Testing.Simulation;

/// <content>Webhooks, which come late, twice, out of order or not at all, and what others send in GitHub's name.</content>
internal sealed partial class SimulatedGitHub
{
    private readonly List<Failed> _failed = [];

    /// <summary>Somebody who is not GitHub, or not this fleet's runner, sends something.</summary>
    public void Forge(int kind) => _ = ForgeAsync(kind);

    private async Task ForgeAsync(int kind)
    {
        var job = new SimulatedJob { Id = 1000 + ++_lastId, Repository = new SimulatedRepository(1, "app", true), Labels = ["self-hosted"], Duration = TimeSpan.Zero, CreatedAt = world.Time.Now, IsOurs = false };
        world.Trouble("forgery");
        var body = Body(job, "queued", "queued");
        var patience = TimeSpan.FromSeconds(10);
        switch (kind)
        {
            case 0:
                var forged = Delivery(Guid.Empty, body, WebhookSignature.Sign(body.Span, "not the secret"));
                Refused("a webhook with a wrong signature", await world.AskSomeHostAsync("forged webhook", h => h.Fleet.ReceiveAsync(forged, CancellationToken.None), patience).ConfigureAwait(false) is null or WebhookOutcome.Unauthorized);
                break;
            case 1:
                var half = body[..(body.Length / 2)];
                var cut = Delivery(Guid.Empty, half, WebhookSignature.Sign(half.Span, world.Settings.WebhookSecret));
                Refused("half a webhook", await world.AskSomeHostAsync("half a webhook", h => h.Fleet.ReceiveAsync(cut, CancellationToken.None), patience).ConfigureAwait(false) is null or WebhookOutcome.Malformed);
                break;
            case 2 when world.Promises.LiveRunners.FirstOrDefault() is { } runner:
                var claim = new ClaimRequest { RunnerId = runner.Id, Attempt = runner.Attempt, Secret = "not the secret" };
                Refused("a claim with a wrong secret", await world.AskSomeHostAsync("forged claim", h => h.Fleet.ClaimAsync(claim, CancellationToken.None), patience).ConfigureAwait(false) is null or ClaimOutcome.Unauthorized);
                break;
            case 3 when world.Promises.LiveRunners.FirstOrDefault() is { } runner:
                var report = new RunnerReport { RunnerId = runner.Id, Token = "not the token", Status = RunnerReportStatus.Started };
                world.OnSomeHost("forged report", async h => Refused("a report with a wrong token", await h.Fleet.ReportAsync(report, CancellationToken.None).ConfigureAwait(false) is ReportOutcome.Unauthorized));
                break;
        }
    }

    private void Refused(string what, bool isRefused)
    {
        if (!isRefused)
        {
            world.Promises.Broken(10, $"{what} was not refused.", null);
        }
    }

    private sealed record Failed(long Id, Guid Delivery, string Action, DateTimeOffset At, SimulatedJob Job, ReadOnlyMemory<byte> Body);

    public GitHubAnswer<IReadOnlyList<HookDelivery>> FailedDeliveries(DateTimeOffset since) =>
        Trouble<IReadOnlyList<HookDelivery>>(GitHubStatus.Refused) ?? GitHubAnswer.Ok<IReadOnlyList<HookDelivery>>([.. _failed.Where(f => f.At >= since)
            .Select(f => new HookDelivery { Id = f.Id, DeliveryId = f.Delivery.ToString(), Event = "workflow_job", Action = f.Action, DeliveredAt = f.At })]);

    public GitHubAnswer<bool> Redeliver(long id)
    {
        if (Trouble<bool>(GitHubStatus.Refused) is { } trouble)
        {
            return trouble;
        }

        if (_failed.FirstOrDefault(f => f.Id == id) is not { } failed)
        {
            return GitHubAnswer.Not<bool>(GitHubStatus.NotFound, "Not found.");
        }

        if (world.Chance.Fault(50))
        {
            return GitHubAnswer.Not<bool>(GitHubStatus.Refused, "This delivery cannot be repeated.");
        }

        world.Trouble("webhook redelivered");
        world.Time.After(world.Chance.Time(TimeSpan.FromSeconds(30)), () => _ = DeliverAsync(failed.Job, failed.Delivery, failed.Action, failed.Body));
        return GitHubAnswer.Ok(true);
    }

    private void Announce(SimulatedJob job, string action, string status)
    {
        var body = Body(job, action, status);
        var delivery = new Guid(FormattableString.Invariant($"00000000-0000-4000-8000-{++_lastId:D12}"));
        var copies = world.Chance.Fault(150) ? 2 : 1;
        if (copies > 1)
        {
            world.Trouble("webhook sent twice");
        }

        for (var copy = 0; copy < copies; copy++)
        {
            var late = world.Chance.Fault(100) ? world.Chance.Time(TimeSpan.FromMinutes(10)) : world.Chance.Time(TimeSpan.FromSeconds(5));
            if (!world.Chance.Fault(80))
            {
                world.Time.After(late, () => _ = DeliverAsync(job, delivery, action, body));
            }
            else if (world.Chance.Pick(2) == 1 && world.Promises.HasSeen(job.Repository))
            {
                world.Log.Add($"webhook {action} of {job.Id} never sent");
                world.Trouble("webhook never sent");
            }
            else
            {
                world.Log.Add($"webhook {action} of {job.Id} lost");
                world.Trouble("webhook lost");
                Fails(job, delivery, action, body);
            }
        }
    }

    private async Task DeliverAsync(SimulatedJob job, Guid delivery, string action, ReadOnlyMemory<byte> body)
    {
        var signed = Delivery(delivery, body, WebhookSignature.Sign(body.Span, world.Settings.WebhookSecret));
        switch (await world.AskSomeHostAsync($"webhook {action} of {job.Id}", h => h.Fleet.ReceiveAsync(signed, CancellationToken.None), TimeSpan.FromSeconds(10)).ConfigureAwait(false))
        {
            case WebhookOutcome.Recorded recorded:
                world.Promises.Accepted(job, recorded);
                _failed.RemoveAll(f => f.Delivery == delivery);
                break;
            case WebhookOutcome.Ignored:
                _failed.RemoveAll(f => f.Delivery == delivery);
                break;
            case null or WebhookOutcome.Unavailable:
                Fails(job, delivery, action, body);
                break;
            case var refused:
                world.Promises.Broken(1, $"the webhook {action} of job {job.Id}, signed as it should be, was answered {refused.GetType().Name}.", null);
                break;
        }
    }

    private void Fails(SimulatedJob job, Guid delivery, string action, ReadOnlyMemory<byte> body)
    {
        _failed.RemoveAll(f => f.Delivery == delivery);
        _failed.Add(new Failed(++_lastId, delivery, action, world.Time.Now, job, body));
    }

    private static WebhookDelivery Delivery(Guid delivery, ReadOnlyMemory<byte> body, string signature) =>
        new() { Body = body, Event = "workflow_job", DeliveryId = delivery.ToString(), Signature = signature, ContentType = "application/json" };

    private static ReadOnlyMemory<byte> Body(SimulatedJob job, string action, string status)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("action", action);
            json.WriteStartObject("workflow_job");
            json.WriteNumber("id", job.Id);
            json.WriteNumber("run_id", job.RunId);
            json.WriteNumber("run_attempt", job.RunAttempt);
            json.WriteString("name", "build");
            json.WriteString("status", status);
            json.WriteString("conclusion", action == "completed" ? job.Conclusion : null);
            json.WriteString("created_at", job.CreatedAt);
            json.WriteStartArray("labels");
            foreach (var label in job.Labels)
            {
                json.WriteStringValue(label);
            }

            json.WriteEndArray();
            if (action is "in_progress" or "completed" && job.RunnerName is not null)
            {
                json.WriteNumber("runner_id", job.Runner?.Id ?? 7);
                json.WriteString("runner_name", job.RunnerName);
            }

            json.WriteEndObject();
            json.WriteStartObject("repository");
            json.WriteNumber("id", job.Repository.Id);
            json.WriteString("name", job.Repository.Name);
            json.WriteString("full_name", $"{Organization}/{job.Repository.Name}");
            json.WriteBoolean("private", job.Repository.IsPrivate);
            json.WriteStartObject("owner");
            json.WriteString("login", Organization);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartObject("organization");
            json.WriteString("login", Organization);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
