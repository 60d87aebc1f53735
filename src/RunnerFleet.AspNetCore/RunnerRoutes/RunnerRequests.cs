using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using RunnerFleet.AspNetCore.Http;
using RunnerFleet.Runners;

namespace RunnerFleet.AspNetCore.RunnerRoutes;

/// <summary>The body of <c>POST /runner/claim</c>.</summary>
internal sealed record ClaimBody
{
    public string? RunnerId { get; init; }

    public int? Attempt { get; init; }

    public string? Fault() =>
        !RunnerName.IsId(RunnerId) ? "runnerId must be a runner id: 26 characters."
        : Attempt is null or < 1 ? "attempt must be a number from 1."
        : null;
}

/// <summary>The body of <c>POST /runner/status</c>.</summary>
internal sealed record StatusBody
{
    public string? RunnerId { get; init; }

    public string? Status { get; init; }
}

/// <summary>The answer to a claim: a credential, so it is neither logged nor cached.</summary>
internal sealed record ClaimAnswer(string RunnerName, string JitConfig, string ReportToken)
{
    public override string ToString() => RunnerName;
}

/// <summary>What both runner routes ask of a request: a bearer secret, then a small JSON body.</summary>
internal static class RunnerRequests
{
    public const int MaxBody = 4096;

    /// <summary>Reads secret and body. Where there is a problem, it is to be answered with.</summary>
    public static async Task<(string Secret, T? Body, Problem? Problem)> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, string shape, CancellationToken deadline)
        where T : class
    {
        if (Bearer.Of(context.Request) is not { } secret)
        {
            return ("", null, Problem.Of(StatusCodes.Status401Unauthorized, "Send the runner's secret as Authorization: Bearer."));
        }

        var (bytes, problem) = await BoundedBody.ReadAsync(context, MaxBody, deadline).ConfigureAwait(false);
        if (problem is not null)
        {
            return ("", null, problem);
        }

        try
        {
            if (JsonSerializer.Deserialize(bytes.Span, type) is { } body)
            {
                return (secret, body, null);
            }
        }
        catch (JsonException)
        {
            // Its message would quote the body.
        }

        return ("", null, Problem.Of(StatusCodes.Status400BadRequest, $"The body must be JSON such as {shape}."));
    }
}
