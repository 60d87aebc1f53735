using Microsoft.AspNetCore.Http;
using RunnerFleet.AspNetCore.Api;
using RunnerFleet.AspNetCore.Http;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;

namespace RunnerFleet.AspNetCore.RunnerRoutes;

/// <summary><c>POST /runner/status</c>: a runner says what it does.</summary>
internal static class StatusRoute
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    public static async Task HandleAsync(HttpContext context)
    {
        using var deadline = new CancellationTokenSource(Limit, context.Clock());
        var (token, body, problem) = await RunnerRequests.ReadAsync(context, FleetJson.Default.StatusBody, """{"runnerId":"01…","status":"started"}""", deadline.Token).ConfigureAwait(false);
        if (problem is null)
        {
            problem = Read(body!, token, out var report) ?? await ReportAsync(context, report, deadline.Token).ConfigureAwait(false);
        }

        if (problem is null)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        await problem.WriteAsync(context.Response, problem.Status == StatusCodes.Status503ServiceUnavailable ? RetryAfter : null).ConfigureAwait(false);
    }

    private static Problem? Read(StatusBody body, string token, out RunnerReport report)
    {
        RunnerReportStatus? status = body.Status switch
        {
            "started" => RunnerReportStatus.Started,
            "completed" => RunnerReportStatus.Completed,
            "exiting" => RunnerReportStatus.Exiting,
            _ => null,
        };
        report = new RunnerReport { RunnerId = body.RunnerId ?? "", Token = token, Status = status ?? default };
        return !RunnerName.IsId(body.RunnerId) ? Problem.Of(StatusCodes.Status400BadRequest, "runnerId must be a runner id: 26 characters.")
            : status is null ? Problem.Of(StatusCodes.Status400BadRequest, "status must be started, completed or exiting.")
            : null;
    }

    private static async Task<Problem?> ReportAsync(HttpContext context, RunnerReport report, CancellationToken deadline)
    {
        try
        {
            return await context.Fleet().ReportAsync(report, deadline).ConfigureAwait(false) switch
            {
                ReportOutcome.Accepted => null,
                ReportOutcome.Unauthorized => Problem.Of(StatusCodes.Status401Unauthorized, "The report token is not that of this runner."),
                ReportOutcome.Gone => Problem.Of(StatusCodes.Status410Gone, "This runner has ended."),
                var other => throw new InvalidOperationException($"The report outcome {other} has no answer."),
            };
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            context.Logger().RequestTimedOut(context.Route(), Limit.TotalSeconds);
            return Problem.Of(StatusCodes.Status503ServiceUnavailable, "The report was not noted in time. Ask again.");
        }
    }
}
