using System.Text.Json;
using System.Text.Json.Serialization;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;

namespace RunnerFleet.Http;

/// <summary>All JSON of the routes. Answers have types of their own, so that nothing is shown that was not meant to be.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(WebhookAnswer))]
[JsonSerializable(typeof(IgnoredAnswer))]
[JsonSerializable(typeof(ClaimBody))]
[JsonSerializable(typeof(ClaimAnswer))]
[JsonSerializable(typeof(StatusBody))]
internal sealed partial class HttpJson : JsonSerializerContext;

internal sealed record ProblemDetails(string Title, int Status, string Detail)
{
    [JsonPropertyOrder(-1)]
    public string Type { get; } = "about:blank";

    /// <summary>The code of a stored reason, for programs.</summary>
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    /// <summary>The sentence of a stored reason.</summary>
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }
}

internal sealed record WebhookAnswer(string Outcome, string? RunnerId, long JobId, DiagnosticAnswer? Diagnostic)
{
    public static WebhookAnswer Of(WebhookOutcome.Recorded recorded) => new(recorded.Outcome, recorded.RunnerId, recorded.Job.Id, DiagnosticAnswer.Of(recorded.Diagnostic));
}

internal sealed record DiagnosticAnswer(string Code, string Message, string? Link)
{
    public static DiagnosticAnswer? Of(Reason? reason) => reason is null ? null : new(reason.Code, reason.Message, Shown(reason.Link));

    /// <summary>A web page, or a file of the host's machine, such as a build's log.</summary>
    private static string? Shown(Uri? link) => link is { IsAbsoluteUri: true, Scheme: "https" or "http" or "file" } ? link.AbsoluteUri : null;
}

internal sealed record IgnoredAnswer(string Reason)
{
    [JsonPropertyOrder(1)]
    public string Outcome { get; } = "ignored";
}

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

/// <summary>The answer to a claim: a credential, so it is neither logged nor cached.</summary>
internal sealed record ClaimAnswer(string RunnerName, string JitConfig, string ReportToken)
{
    public override string ToString() => RunnerName;
}

/// <summary>The body of <c>POST /runner/status</c>.</summary>
internal sealed record StatusBody
{
    public string? RunnerId { get; init; }

    public string? Status { get; init; }
}
