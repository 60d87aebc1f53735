using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using RunnerFleet.AspNetCore.Api;
using RunnerFleet.Runners;

namespace RunnerFleet.AspNetCore.Http;

/// <summary>A refusal as problem details (RFC 9457): what is wrong and what to do, never a stack trace.</summary>
internal sealed record Problem
{
    public string Type { get; } = "about:blank";

    public required string Title { get; init; }

    public required int Status { get; init; }

    public required string Detail { get; init; }

    /// <summary>The code of a stored reason, for programs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    /// <summary>The sentence of a stored reason.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }

    public static Problem Of(int status, string detail) => new() { Status = status, Title = ReasonPhrases.GetReasonPhrase(status), Detail = detail };

    public static Problem Of(int status, Reason reason) => Of(status, reason.Message) with { Code = reason.Code, Message = reason.Message };

    public Task WriteAsync(HttpResponse response, TimeSpan? retryAfter = null)
    {
        if (response.HasStarted)
        {
            response.HttpContext.Abort(); // half an answer must not look like a whole one
            return Task.CompletedTask;
        }

        if (retryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer realm=\"RunnerFleet\"";
        }

        return response.WriteJsonAsync(Status, this, FleetJson.Default.Problem, "application/problem+json");
    }
}
