using RunnerFleet.GitHub;
using RunnerFleet.Provisioning;

namespace RunnerFleet.Http;

/// <summary><c>POST /webhook</c>: turns a request into a <see cref="WebhookDelivery"/> and its outcome into an answer.</summary>
internal static class WebhookRoute
{
    /// <summary>GitHub sends at most 25 MB (docs: webhook payload cap).</summary>
    public const int MaxBody = 25 * 1024 * 1024;

    /// <summary>GitHub waits 10 s for an answer, then counts the delivery as failed (docs: best practices for webhooks).</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    public static async Task<FleetHttpResponse> HandleAsync(FleetCall call)
    {
        var body = await call.Request.ReadBodyAsync(MaxBody, call.Deadline).ConfigureAwait(false);
        if (body.Refusal is { } refusal)
        {
            return refusal;
        }

        // A delivery that is here in full is recorded even when the caller hung up meanwhile: GitHub does not send it again by itself.
        var delivery = ToDelivery(call.Request, body.Bytes);
        return AnswerTo(await call.InTimeAsync((fleet, deadline) => fleet.ReceiveAsync(delivery, deadline), new WebhookOutcome.Unavailable("The webhook was not recorded in time. Redeliver it.")).ConfigureAwait(false));
    }

    private static WebhookDelivery ToDelivery(FleetHttpRequest request, ReadOnlyMemory<byte> body) => new()
    {
        Body = body,
        Event = request.HeaderLine("X-GitHub-Event"),
        DeliveryId = request.HeaderLine("X-GitHub-Delivery"),
        Signature = request.HeaderLine("X-Hub-Signature-256"),
        ContentType = request.HeaderLine("Content-Type"),
        EnterpriseHost = request.HeaderLine("X-GitHub-Enterprise-Host"),
    };

    private static FleetHttpResponse AnswerTo(WebhookOutcome outcome) => outcome switch
    {
        WebhookOutcome.Recorded recorded => FleetHttpResponse.Json(202, WebhookAnswer.Of(recorded), HttpJson.Default.WebhookAnswer),
        WebhookOutcome.Ignored ignored => FleetHttpResponse.Json(200, new IgnoredAnswer(ignored.Reason), HttpJson.Default.IgnoredAnswer),
        WebhookOutcome.Unauthorized refused => FleetHttpResponse.Problem(401, refused.Reason),
        WebhookOutcome.Malformed refused => FleetHttpResponse.Problem(400, refused.Reason),
        WebhookOutcome.TooLarge refused => FleetHttpResponse.Problem(413, refused.Reason),
        WebhookOutcome.UnsupportedContentType refused => FleetHttpResponse.Problem(415, refused.Reason),
        WebhookOutcome.Unavailable unavailable => FleetHttpResponse.Problem(503, unavailable.Reason, RetryAfter),
        _ => throw new InvalidOperationException($"The webhook outcome {outcome.GetType()} has no answer."),
    };
}
