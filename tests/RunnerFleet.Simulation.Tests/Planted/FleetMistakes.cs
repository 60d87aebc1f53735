using System.Text.Json;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Storage;
using RunnerFleet.Sweeping;

namespace RunnerFleet.Simulation.Tests.Planted;

/// <summary>Answers every webhook with success, also where the store could not be reached.</summary>
internal sealed class AnswersBeforeItRecords(IRunnerFleet inner) : FleetDecorator(inner)
{
    public override async Task<WebhookOutcome> ReceiveAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        WebhookOutcome? outcome = null;
        try
        {
            outcome = await Inner.ReceiveAsync(delivery, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // and so it is lost
        }

        return outcome is null or WebhookOutcome.Unavailable ? new WebhookOutcome.Recorded { Outcome = Webhook.Action(delivery), Job = Webhook.Job(delivery) } : outcome;
    }
}

/// <summary>Believes a runner that says it is done, though the job can say so too.</summary>
internal sealed class TrustsReports(IRunnerFleet inner) : FleetDecorator(inner)
{
    public override async Task<ReportOutcome> ReportAsync(RunnerReport report, CancellationToken cancellationToken)
    {
        var outcome = await Inner.ReportAsync(report, cancellationToken);
        if (outcome == ReportOutcome.Accepted && report.Status == RunnerReportStatus.Exiting
            && await Inner.GetRunnerAsync(report.RunnerId, cancellationToken) is { Compute: { } compute } runner)
        {
            await Inner.HandleEventAsync(new FleetEvent.ComputeChanged(new ComputeDescription { Compute = compute, RunnerId = runner.Id, Attempt = runner.Attempt, Status = ComputeStatus.Stopped }), cancellationToken);
        }

        return outcome;
    }
}

/// <summary>Believes an event of whatever attempt, and whatever it says, to be the end of the present one.</summary>
internal sealed class BelievesEveryEvent(IRunnerFleet inner) : FleetDecorator(inner)
{
    public override Task HandleEventAsync(FleetEvent fleetEvent, CancellationToken cancellationToken) =>
        Inner.HandleEventAsync(fleetEvent is FleetEvent.ComputeChanged { Description: var description } ? new FleetEvent.ComputeChanged(description with { Status = ComputeStatus.Stopped }) : fleetEvent, cancellationToken);
}

/// <summary>After a drain or a sweep that met an error, or failed, this host does neither again.</summary>
internal sealed class OneErrorEndsTheWork(IRunnerFleet inner) : FleetDecorator(inner)
{
    private bool _failed;

    public override async Task<DrainSummary> DrainAsync(CancellationToken cancellationToken) =>
        await UnlessFailedAsync(() => Inner.DrainAsync(cancellationToken), s => s.Errors) ?? new DrainSummary();

    public override async Task<SweepSummary> SweepAsync(CancellationToken cancellationToken) =>
        await UnlessFailedAsync(() => Inner.SweepAsync(cancellationToken), s => s.Errors) ?? new SweepSummary { Skipped = true };

    private async Task<T?> UnlessFailedAsync<T>(Func<Task<T>> work, Func<T, int> errors) where T : class
    {
        if (_failed)
        {
            return null;
        }

        try
        {
            var summary = await work();
            _failed |= errors(summary) > 0;
            return summary;
        }
        catch (StoreUnavailableException)
        {
            _failed = true;
            throw;
        }
    }
}

/// <summary>Neither drains nor sweeps but when it was told of something.</summary>
internal sealed class NeverByTheClock(IRunnerFleet inner) : FleetDecorator(inner)
{
    private bool _told;

    public override Task<WebhookOutcome> ReceiveAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        _told = true;
        return Inner.ReceiveAsync(delivery, cancellationToken);
    }

    public override Task<DrainSummary> DrainAsync(CancellationToken cancellationToken)
    {
        var told = _told;
        _told = false;
        return told ? Inner.DrainAsync(cancellationToken) : Task.FromResult(new DrainSummary());
    }

    public override Task<SweepSummary> SweepAsync(CancellationToken cancellationToken) => Task.FromResult(new SweepSummary { Skipped = true });
}

/// <summary>Takes every webhook for one of GitHub's.</summary>
internal sealed class SignsForOthers(IRunnerFleet inner) : FleetDecorator(inner)
{
    public override async Task<WebhookOutcome> ReceiveAsync(WebhookDelivery delivery, CancellationToken cancellationToken) =>
        await Inner.ReceiveAsync(delivery, cancellationToken) is var outcome and not WebhookOutcome.Unauthorized ? outcome : new WebhookOutcome.Ignored("Whoever sent it.");
}

/// <summary>Asked to end a runner, ends it whatever it does.</summary>
internal sealed class AlwaysByForce(IRunnerFleet inner) : FleetDecorator(inner)
{
    public override Task<TerminateOutcome> TerminateAsync(string runnerId, bool force, CancellationToken cancellationToken) => Inner.TerminateAsync(runnerId, true, cancellationToken);
}

/// <summary>Reads what a webhook is about.</summary>
internal static class Webhook
{
    public static string Action(WebhookDelivery delivery)
    {
        using var body = JsonDocument.Parse(delivery.Body);
        return body.RootElement.GetProperty("action").GetString()!;
    }

    public static JobKey Job(WebhookDelivery delivery)
    {
        using var body = JsonDocument.Parse(delivery.Body);
        return new JobKey("github.com", body.RootElement.GetProperty("workflow_job").GetProperty("id").GetInt64());
    }
}
