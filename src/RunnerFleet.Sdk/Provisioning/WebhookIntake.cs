using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Provisioning;

/// <summary>From bytes to a stored job: verify, read, decide, record. What a webhook asks for is in the store before it is answered with success; launching comes after.</summary>
internal sealed class WebhookIntake(
    IRunnerStore store,
    JobEvents jobs,
    JobJudge judge,
    FleetState state,
    IOptionsMonitor<RunnerFleetOptions> options,
    ILogger<WebhookIntake> logger)
{
    // GitHub caps payloads at 25 MB and does not send larger events (webhooks, payload cap).
    public const int MaxBodyBytes = 25 * 1024 * 1024;

    public async Task<WebhookOutcome> ReceiveAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        WebhookOutcome outcome;
        try
        {
            outcome = await DecideAsync(delivery, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            logger.WebhookNotStored(delivery.DeliveryId, e);
            return new WebhookOutcome.Unavailable("The delivery could not be stored. Redeliver it from the webhook's settings, or wait: the fleet looks for missed jobs.");
        }
        catch (ClassesUnavailableException e)
        {
            logger.WebhookNotStored(delivery.DeliveryId, e);
            return new WebhookOutcome.Unavailable("The runner classes could not be read, so the labels cannot be judged. Redeliver the delivery from the webhook's settings.");
        }

        switch (outcome)
        {
            case WebhookOutcome.Recorded recorded:
                logger.WebhookRecorded(delivery.DeliveryId, recorded.Job.ToString(), recorded.Outcome, recorded.RunnerId);
                break;
            case WebhookOutcome.Ignored ignored:
                logger.WebhookIgnored(delivery.DeliveryId, ignored.Reason);
                break;
            case WebhookOutcome.Unauthorized unauthorized:
                logger.WebhookRefused(delivery.DeliveryId, unauthorized.Reason);
                break;
            case WebhookOutcome.Malformed malformed:
                logger.WebhookRefused(delivery.DeliveryId, malformed.Reason);
                break;
        }

        return outcome;
    }

    private async Task<WebhookOutcome> DecideAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        if (delivery.Body.Length > MaxBodyBytes)
        {
            return new WebhookOutcome.TooLarge("The body is over 25 MB, which GitHub never sends.");
        }

        if (ContentTypeProblem(delivery.ContentType) is { } problem)
        {
            return new WebhookOutcome.UnsupportedContentType(problem);
        }

        switch (WebhookSignature.Verify(delivery.Body.Span, delivery.Signature, ClaimSecrets.WebhookSecrets(options.CurrentValue.GitHub)))
        {
            case WebhookSignatureResult.Missing:
                return new WebhookOutcome.Unauthorized("X-Hub-Signature-256 is missing or not of the form sha256=<hex>. Give the webhook a secret at GitHub; SHA-1 signatures are not accepted.");
            case WebhookSignatureResult.NoSecret:
                return new WebhookOutcome.Unauthorized("No webhook secret is configured, so nothing can be verified. Set RunnerFleet:GitHub:WebhookSecret.");
            case WebhookSignatureResult.Mismatch:
                return new WebhookOutcome.Unauthorized("The signature does not match the body. The webhook's secret at GitHub and RunnerFleet:GitHub:WebhookSecret must be the same, and nothing between may change the body.");
        }

        if (delivery.Event is null)
        {
            return new WebhookOutcome.Malformed("X-GitHub-Event is missing.");
        }

        if (delivery.Event != "workflow_job")
        {
            return new WebhookOutcome.Ignored(delivery.Event == "ping" ? "pong: the webhook is set up; subscribe it to workflow jobs." : $"The event {Printable(delivery.Event)} is not workflow_job.");
        }

        if (!WorkflowJobParser.TryParse(delivery.Body.Span, out var job, out var error))
        {
            // New actions may come at any time, with members as they like (GitHub, webhook events); they are no fault of the sender's.
            return WorkflowJobParser.TryReadAction(delivery.Body.Span, out var action) && !WorkflowJobActions.IsKnown(action)
                ? new WebhookOutcome.Ignored($"The action {Printable(action)} is not one that a fleet acts on.")
                : new WebhookOutcome.Malformed(error);
        }

        var host = Host(delivery.EnterpriseHost);
        return job.Action switch
        {
            "queued" or "waiting" => await QueuedAsync(job, host, cancellationToken).ConfigureAwait(false),
            "in_progress" or "completed" => await MovedOnAsync(job, host, cancellationToken).ConfigureAwait(false),
            _ => new WebhookOutcome.Ignored($"The action {Printable(job.Action)} is not one that a fleet acts on."),
        };
    }

    private async Task<WebhookOutcome> QueuedAsync(WorkflowJobEvent job, string host, CancellationToken cancellationToken)
    {
        var judgement = await judge.JudgeAsync(job.Labels, job.Repository, host, job.InstallationId, cancellationToken).ConfigureAwait(false);
        if (judgement.NotOurs is { } notOurs)
        {
            if (job.Labels.Count > 0)
            {
                await state.NoticeAsync(Reason.Of(ReasonCodes.NotOurs, notOurs), $"{host}/{job.JobId}", cancellationToken).ConfigureAwait(false);
            }

            return new WebhookOutcome.Ignored(notOurs);
        }

        // "queued" carries the status "waiting" when a deployment gate holds the job (GitHub, workflow_job).
        var waits = job.Action == "waiting" || job.Status == "waiting";
        return await jobs.QueuedAsync(job, new JobKey(host, job.JobId), judgement, waits, cancellationToken).ConfigureAwait(false);
    }

    private async Task<WebhookOutcome> MovedOnAsync(WorkflowJobEvent job, string host, CancellationToken cancellationToken)
    {
        var key = new JobKey(host, job.JobId);
        var onOurs = RunnerName.TryParse(job.RunnerName, options.CurrentValue.Name, out _, out _);
        // A job that is known needs no judgement again.
        var judgement = await store.GetJobAsync(key, cancellationToken).ConfigureAwait(false) is { } known
            ? new Judgement { Scope = known.Scope, Spec = known.Spec }
            : await judge.JudgeAsync(job.Labels, job.Repository, host, job.InstallationId, cancellationToken).ConfigureAwait(false);
        if (judgement.NotOurs is { } notOurs && !onOurs)
        {
            return new WebhookOutcome.Ignored(notOurs);
        }

        return job.Action == "in_progress"
            ? await jobs.InProgressAsync(JobNews.Of(job), key, judgement, cancellationToken).ConfigureAwait(false)
            : await jobs.CompletedAsync(JobNews.Of(job), key, judgement, cancellationToken).ConfigureAwait(false);
    }

    private static string? ContentTypeProblem(string? contentType)
    {
        var mediaType = contentType?.Split(';', 2)[0].Trim();
        return mediaType switch
        {
            _ when string.Equals(mediaType, "application/json", StringComparison.OrdinalIgnoreCase) => null,
            _ when string.Equals(mediaType, "application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) =>
                "The webhook sends form-encoded bodies. Set its content type to application/json in the webhook's settings at GitHub.",
            _ => "The content type must be application/json.",
        };
    }

    // The header is not signed: it is believed only where it names the configured GitHub, so that a replay under another host is no new job.
    private string Host(string? enterpriseHost) =>
        string.Equals(enterpriseHost, options.CurrentValue.GitHub.ApiUrl.Host, StringComparison.OrdinalIgnoreCase) ? options.CurrentValue.GitHub.ApiUrl.Host : "github.com";

    private static string Printable(string text) => text.Length <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? text : "(unprintable)";
}
