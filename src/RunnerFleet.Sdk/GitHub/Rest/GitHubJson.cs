using System.Text.Json.Serialization;

namespace RunnerFleet.GitHub.Rest;

// What GitHub sends and takes, as far as the fleet reads it. Everything may be absent: whether it may, is for the reader to say.

internal sealed record JitRequestBody(string Name, long RunnerGroupId, IReadOnlyList<string> Labels, string WorkFolder);

internal sealed record JitBody(RunnerBody? Runner, string? EncodedJitConfig);

internal sealed record TokenBody(string? Token, DateTimeOffset? ExpiresAt);

internal sealed record RunnerBody(long? Id, string? Name, string? Status, bool? Busy);

internal sealed record RunnersBody(IReadOnlyList<RunnerBody?>? Runners);

internal sealed record RunBody(long? Id, RepositoryBody? Repository);

internal sealed record RepositoryBody(long? Id, string? Name, OwnerBody? Owner, bool? Private);

internal sealed record OwnerBody(string? Login);

internal sealed record RunsBody(IReadOnlyList<RunBody?>? WorkflowRuns);

internal sealed record JobBody(
    long? Id,
    long? RunId,
    int? RunAttempt,
    string? Name,
    string? WorkflowName,
    string? HtmlUrl,
    string? Status,
    string? Conclusion,
    IReadOnlyList<string?>? Labels,
    string? RunnerName,
    DateTimeOffset? CreatedAt);

internal sealed record JobsBody(IReadOnlyList<JobBody?>? Jobs);

internal sealed record DeliveryBody(long? Id, string? Guid, DateTimeOffset? DeliveredAt, int? StatusCode, string? Event, string? Action);

internal sealed record ErrorBody(string? Message);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(JitRequestBody))]
[JsonSerializable(typeof(JitBody))]
[JsonSerializable(typeof(TokenBody))]
[JsonSerializable(typeof(RunnerBody))]
[JsonSerializable(typeof(RunnersBody))]
[JsonSerializable(typeof(RunsBody))]
[JsonSerializable(typeof(JobBody))]
[JsonSerializable(typeof(JobsBody))]
[JsonSerializable(typeof(IReadOnlyList<DeliveryBody?>))]
[JsonSerializable(typeof(ErrorBody))]
internal sealed partial class GitHubJson : JsonSerializerContext;
