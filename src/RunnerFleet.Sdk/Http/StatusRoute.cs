using RunnerFleet.Provisioning;
using RunnerFleet.Runners;

namespace RunnerFleet.Http;

/// <summary><c>POST /runner/status</c>: a runner says what it does.</summary>
internal static class StatusRoute
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    public static async Task<FleetHttpResponse> HandleAsync(FleetCall call)
    {
        var (token, body, refusal) = await call.ReadAsync(HttpJson.Default.StatusBody, """{"runnerId":"01…","status":"started"}""").ConfigureAwait(false);
        refusal ??= Fault(body!) is { } fault ? FleetHttpResponse.Problem(400, fault) : null;
        if (refusal is not null)
        {
            return refusal;
        }

        var report = new RunnerReport { RunnerId = body!.RunnerId!, Token = token, Status = StatusOf(body)!.Value };
        return await call.InTimeAsync(
            async (fleet, deadline) => AnswerTo(await fleet.ReportAsync(report, deadline).ConfigureAwait(false)),
            FleetHttpResponse.Problem(503, "The report was not noted in time. Ask again.", RetryAfter)).ConfigureAwait(false);
    }

    private static string? Fault(StatusBody body) =>
        !RunnerName.IsId(body.RunnerId) ? "runnerId must be a runner id: 26 characters."
        : StatusOf(body) is null ? "status must be started, completed or exiting."
        : null;

    private static RunnerReportStatus? StatusOf(StatusBody body) => body.Status switch
    {
        "started" => RunnerReportStatus.Started,
        "completed" => RunnerReportStatus.Completed,
        "exiting" => RunnerReportStatus.Exiting,
        _ => null,
    };

    private static FleetHttpResponse AnswerTo(ReportOutcome outcome) => outcome switch
    {
        ReportOutcome.Accepted => FleetHttpResponse.NoContent,
        ReportOutcome.Unauthorized => FleetHttpResponse.Problem(401, "The report token is not that of this runner."),
        ReportOutcome.Gone => FleetHttpResponse.Problem(410, "This runner has ended."),
        _ => throw new InvalidOperationException($"The report outcome {outcome} has no answer."),
    };
}
