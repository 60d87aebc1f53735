using Microsoft.AspNetCore.Http;
using RunnerFleet.AspNetCore.Api;
using RunnerFleet.AspNetCore.Http;
using RunnerFleet.Provisioning;

namespace RunnerFleet.AspNetCore.RunnerRoutes;

/// <summary><c>POST /runner/claim</c>: a runner asks for its registration.</summary>
internal static class ClaimRoute
{
    /// <summary>Minting may take two requests to GitHub, each bounded by <c>RequestTimeoutSeconds</c>.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    public static async Task HandleAsync(HttpContext context)
    {
        using var deadline = new CancellationTokenSource(Limit, context.Clock());
        var (secret, body, problem) = await RunnerRequests.ReadAsync(context, FleetJson.Default.ClaimBody, """{"runnerId":"01…","attempt":1}""", deadline.Token).ConfigureAwait(false);
        problem ??= body!.Fault() is { } fault ? Problem.Of(StatusCodes.Status400BadRequest, fault) : null;
        if (problem is not null)
        {
            await problem.WriteAsync(context.Response).ConfigureAwait(false);
            return;
        }

        var request = new ClaimRequest { RunnerId = body!.RunnerId!, Attempt = body.Attempt!.Value, Secret = secret };
        await WriteAsync(context.Response, await ClaimAsync(context, request, deadline.Token).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>A claim whose caller hung up is finished all the same: a registration half made would have to be cleaned up.</summary>
    private static async Task<ClaimOutcome> ClaimAsync(HttpContext context, ClaimRequest request, CancellationToken deadline)
    {
        try
        {
            return await context.Fleet().ClaimAsync(request, deadline).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            context.Logger().RequestTimedOut(context.Route(), Limit.TotalSeconds);
            return new ClaimOutcome.Busy("The registration was not made in time. Ask again.", RetryAfter);
        }
    }

    private static Task WriteAsync(HttpResponse response, ClaimOutcome outcome) => outcome switch
    {
        ClaimOutcome.Registered made => response.WriteJsonAsync(StatusCodes.Status200OK, new ClaimAnswer(made.RunnerName, made.EncodedJitConfig, made.ReportToken), FleetJson.Default.ClaimAnswer),
        ClaimOutcome.Unauthorized => Problem.Of(StatusCodes.Status401Unauthorized, "The claim secret is not that of this runner and attempt.").WriteAsync(response),
        ClaimOutcome.Gone gone => Problem.Of(StatusCodes.Status410Gone, gone.Reason).WriteAsync(response),
        ClaimOutcome.Busy busy => Problem.Of(StatusCodes.Status503ServiceUnavailable, busy.Reason).WriteAsync(response, busy.RetryAfter),
        _ => throw new InvalidOperationException($"The claim outcome {outcome.GetType()} has no answer."),
    };
}
