using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using RunnerFleet.AspNetCore.Api;
using RunnerFleet.AspNetCore.Http;
using RunnerFleet.GitHub;
using RunnerFleet.Provisioning;

namespace RunnerFleet.AspNetCore.Webhook;

/// <summary>Turns a request into a <see cref="WebhookDelivery"/> and its outcome into an answer.</summary>
internal static class WebhookRoute
{
    /// <summary>GitHub sends at most 25 MB (docs: webhook payload cap).</summary>
    public const int MaxBody = 25 * 1024 * 1024;

    /// <summary>GitHub waits 10 s for an answer, then counts the delivery as failed (docs: best practices for webhooks).</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    public static async Task HandleAsync(HttpContext context)
    {
        using var deadline = new CancellationTokenSource(Limit, context.Clock());
        var (body, problem) = await BoundedBody.ReadAsync(context, MaxBody, deadline.Token).ConfigureAwait(false);
        if (problem is not null)
        {
            await problem.WriteAsync(context.Response).ConfigureAwait(false);
            return;
        }

        var outcome = await ReceiveAsync(context, ToDelivery(context.Request, body), deadline.Token).ConfigureAwait(false);
        await WriteAsync(context.Response, outcome).ConfigureAwait(false);
    }

    /// <summary>A delivery that is here in full is recorded even when the caller hung up meanwhile: GitHub does not send it again by itself.</summary>
    private static async Task<WebhookOutcome> ReceiveAsync(HttpContext context, WebhookDelivery delivery, CancellationToken deadline)
    {
        try
        {
            return await context.Fleet().ReceiveAsync(delivery, deadline).WaitAsync(deadline).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            context.Logger().RequestTimedOut(context.Route(), Limit.TotalSeconds);
            return new WebhookOutcome.Unavailable("The webhook was not recorded in time. Redeliver it.");
        }
    }

    private static WebhookDelivery ToDelivery(HttpRequest request, ReadOnlyMemory<byte> body) => new()
    {
        Body = body,
        Event = One(request.Headers["X-GitHub-Event"]),
        DeliveryId = One(request.Headers["X-GitHub-Delivery"]),
        Signature = One(request.Headers["X-Hub-Signature-256"]),
        ContentType = request.ContentType,
        EnterpriseHost = One(request.Headers["X-GitHub-Enterprise-Host"]),
    };

    private static string? One(StringValues values) => values.Count == 0 ? null : values.ToString();

    private static Task WriteAsync(HttpResponse response, WebhookOutcome outcome) => outcome switch
    {
        WebhookOutcome.Recorded recorded => response.WriteJsonAsync(StatusCodes.Status202Accepted, WebhookAnswer.Of(recorded), FleetJson.Default.WebhookAnswer),
        WebhookOutcome.Ignored ignored => response.WriteJsonAsync(StatusCodes.Status200OK, new IgnoredAnswer(ignored.Reason), FleetJson.Default.IgnoredAnswer),
        WebhookOutcome.Unauthorized refused => Problem.Of(StatusCodes.Status401Unauthorized, refused.Reason).WriteAsync(response),
        WebhookOutcome.Malformed refused => Problem.Of(StatusCodes.Status400BadRequest, refused.Reason).WriteAsync(response),
        WebhookOutcome.TooLarge refused => Problem.Of(StatusCodes.Status413PayloadTooLarge, refused.Reason).WriteAsync(response),
        WebhookOutcome.UnsupportedContentType refused => Problem.Of(StatusCodes.Status415UnsupportedMediaType, refused.Reason).WriteAsync(response),
        WebhookOutcome.Unavailable unavailable => Problem.Of(StatusCodes.Status503ServiceUnavailable, unavailable.Reason).WriteAsync(response, RetryAfter),
        _ => throw new InvalidOperationException($"The webhook outcome {outcome.GetType()} has no answer."),
    };
}

internal sealed record WebhookAnswer(string Outcome, string? RunnerId, long JobId, ReasonAnswer? Diagnostic)
{
    public static WebhookAnswer Of(WebhookOutcome.Recorded recorded) => new(recorded.Outcome, recorded.RunnerId, recorded.Job.Id, ReasonAnswer.Of(recorded.Diagnostic));
}

internal sealed record IgnoredAnswer(string Reason)
{
    public string Outcome { get; } = "ignored";
}
