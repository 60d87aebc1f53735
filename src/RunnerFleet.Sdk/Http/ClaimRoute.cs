using RunnerFleet.Provisioning;

namespace RunnerFleet.Http;

/// <summary><c>POST /runner/claim</c>: a runner asks for its registration.</summary>
internal static class ClaimRoute
{
    /// <summary>Minting may take two requests to GitHub, each bounded by <c>RequestTimeoutSeconds</c>.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    public static async Task<FleetHttpResponse> HandleAsync(FleetCall call)
    {
        var (secret, body, refusal) = await call.ReadAsync(HttpJson.Default.ClaimBody, """{"runnerId":"01…","attempt":1}""").ConfigureAwait(false);
        refusal ??= body!.Fault() is { } fault ? FleetHttpResponse.Problem(400, fault) : null;
        if (refusal is not null)
        {
            return refusal;
        }

        // A claim whose caller hung up is finished all the same: a registration half made would have to be cleaned up.
        var request = new ClaimRequest { RunnerId = body!.RunnerId!, Attempt = body.Attempt!.Value, Secret = secret };
        return AnswerTo(await call.InTimeAsync((fleet, deadline) => fleet.ClaimAsync(request, deadline), new ClaimOutcome.Busy("The registration was not made in time. Ask again.", RetryAfter)).ConfigureAwait(false));
    }

    private static FleetHttpResponse AnswerTo(ClaimOutcome outcome) => outcome switch
    {
        ClaimOutcome.Registered made => FleetHttpResponse.Json(200, new ClaimAnswer(made.RunnerName, made.EncodedJitConfig, made.ReportToken), HttpJson.Default.ClaimAnswer),
        ClaimOutcome.Unauthorized => FleetHttpResponse.Problem(401, "The claim secret is not that of this runner and attempt."),
        ClaimOutcome.Gone gone => FleetHttpResponse.Problem(410, gone.Reason),
        ClaimOutcome.Busy busy => FleetHttpResponse.Problem(503, busy.Reason, busy.RetryAfter),
        _ => throw new InvalidOperationException($"The claim outcome {outcome.GetType()} has no answer."),
    };
}
