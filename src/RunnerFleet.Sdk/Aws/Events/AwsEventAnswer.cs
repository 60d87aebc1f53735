using System.Text.Json;
using System.Text.Json.Serialization;

namespace RunnerFleet.Aws.Events;

/// <summary>What became of a payload.</summary>
public sealed record AwsEventAnswer
{
    /// <summary>Whether it was a batch of SQS.</summary>
    public required bool IsBatch { get; init; }

    /// <summary>One outcome for each message of a batch, in its order; else one for the whole.</summary>
    public required IReadOnlyList<AwsEventOutcome> Outcomes { get; init; }

    /// <summary>
    /// Whether something should come again: it failed, or nobody understood it. A host whose caller repeats (Lambda called by EventBridge) then fails the call; for a batch it answers <see cref="ToBatchResponse"/> instead.
    /// </summary>
    public bool ShouldComeAgain => Outcomes.Any(outcome => outcome.ShouldComeAgain);

    /// <summary>The ids of the messages that should come again.</summary>
    public IReadOnlyList<string> FailedMessageIds => [.. Outcomes.Where(outcome => outcome.ShouldComeAgain).Select(outcome => outcome.MessageId).OfType<string>()];

    /// <summary>
    /// <c>{"batchItemFailures":[{"itemIdentifier":"…"}]}</c>, UTF-8: what a Lambda function answers to a batch so that only the failed messages come again. It takes effect where the event source mapping has
    /// <c>ReportBatchItemFailures</c> (AWS Lambda Developer Guide, "Handling errors for an SQS event source").
    /// </summary>
    public byte[] ToBatchResponse() => JsonSerializer.SerializeToUtf8Bytes(new BatchResponse([.. FailedMessageIds.Select(id => new BatchItemFailure(id))]), BatchResponseJson.Default.BatchResponse);
}

/// <summary>What became of one event or message.</summary>
public sealed record AwsEventOutcome
{
    /// <summary>The message's id; <see langword="null"/> outside a batch.</summary>
    public string? MessageId { get; init; }

    /// <summary>What became of it.</summary>
    public required AwsEventStatus Status { get; init; }

    /// <summary>Why, unless it was handled.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether it should come again: it failed; or nobody understood it, so that it ends where a person finds it, in the queue's dead-letter queue, instead of being lost unseen.</summary>
    public bool ShouldComeAgain => Status is AwsEventStatus.Failed or AwsEventStatus.Unreadable;
}

/// <summary>What became of an event.</summary>
public enum AwsEventStatus
{
    /// <summary>The fleet did what it asked for.</summary>
    Handled,

    /// <summary>It is understood, and says nothing to this fleet: a task of somebody else, an event of another kind.</summary>
    NotOurs,

    /// <summary>It is nothing that is known here.</summary>
    Unreadable,

    /// <summary>The fleet could not do it now. It may come again.</summary>
    Failed,
}

internal sealed record BatchItemFailure(string ItemIdentifier);

internal sealed record BatchResponse(IReadOnlyList<BatchItemFailure> BatchItemFailures);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BatchResponse))]
internal sealed partial class BatchResponseJson : JsonSerializerContext;
