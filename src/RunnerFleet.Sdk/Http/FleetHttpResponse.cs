using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RunnerFleet.Runners;

namespace RunnerFleet.Http;

/// <summary>An answer for a host to write. It may hold a credential, so its body belongs into no log.</summary>
public sealed class FleetHttpResponse
{
    private FleetHttpResponse(int status, IReadOnlyList<KeyValuePair<string, string>> headers, ReadOnlyMemory<byte> body) => (Status, Headers, Body) = (status, headers, body);

    /// <summary>The status.</summary>
    public int Status { get; }

    /// <summary>All headers but the length, each with one value.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>UTF-8 text; empty where there is no body.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>A refusal as problem details (RFC 9457): what is wrong and what to do.</summary>
    /// <param name="status">The status.</param>
    /// <param name="detail">A sentence or two.</param>
    /// <param name="retryAfter">When asking again is worth while.</param>
    public static FleetHttpResponse Problem(int status, string detail, TimeSpan? retryAfter = null)
    {
        var problem = Of(new(TitleOf(status), status, detail));
        problem = retryAfter is { } wait ? problem.With("Retry-After", Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture)) : problem;
        return status == 401 ? problem.With("WWW-Authenticate", "Bearer realm=\"RunnerFleet\"") : problem;
    }

    /// <summary>Shows nothing of the body.</summary>
    public override string ToString() => Status.ToString(CultureInfo.InvariantCulture);

    internal static FleetHttpResponse NotFound { get; } = new(404, [], default);

    internal static FleetHttpResponse NoContent { get; } = new(204, [], default);

    internal static FleetHttpResponse Json<T>(int status, T value, JsonTypeInfo<T> type, string contentType = "application/json; charset=utf-8") => new(
        status,
        [new("Content-Type", contentType), new("Cache-Control", "no-store"), new("X-Content-Type-Options", "nosniff")],
        JsonSerializer.SerializeToUtf8Bytes(value, type));

    internal static FleetHttpResponse Problem(int status, Reason reason) => Of(new(TitleOf(status), status, reason.Message) { Code = reason.Code, Message = reason.Message });

    internal FleetHttpResponse With(string name, string value) => new(Status, [.. Headers, new(name, value)], Body);

    private static FleetHttpResponse Of(ProblemDetails problem) => Json(problem.Status, problem, HttpJson.Default.ProblemDetails, "application/problem+json");

    // As in the registry of HTTP status codes (RFC 9110, section 15).
    private static string TitleOf(int status) => status switch
    {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        410 => "Gone",
        413 => "Payload Too Large",
        415 => "Unsupported Media Type",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "",
    };
}
