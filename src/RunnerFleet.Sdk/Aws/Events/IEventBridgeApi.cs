using Amazon.Runtime;

namespace RunnerFleet.Aws.Events;

/// <summary>What a fleet asks of Amazon EventBridge. The fleet brings a client of its own; implement this to put another in its place, such as that of the package <c>AWSSDK.EventBridge</c>, whose types have the same members.</summary>
/// <remarks>An error that EventBridge answers for the whole request is an <see cref="AmazonServiceException"/> with EventBridge's own <see cref="AmazonServiceException.ErrorCode"/>.</remarks>
public interface IEventBridgeApi
{
    /// <summary>Puts events on buses.</summary>
    /// <param name="entries">1 to 10 events.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>One result for each entry, in their order: some may have failed.</returns>
    Task<IReadOnlyList<EventBridgeResult>> PutEventsAsync(IReadOnlyList<EventBridgeEntry> entries, CancellationToken cancellationToken);
}

/// <summary>An event to put.</summary>
public sealed record EventBridgeEntry
{
    /// <summary>Who says it.</summary>
    public required string Source { get; init; }

    /// <summary>What kind of event it is.</summary>
    public required string DetailType { get; init; }

    /// <summary>The event itself, a JSON object as text.</summary>
    public required string Detail { get; init; }

    /// <summary>The name or ARN of the bus.</summary>
    public required string EventBusName { get; init; }

    /// <summary>When it happened. EventBridge passes it on in whole seconds.</summary>
    public DateTimeOffset? Time { get; init; }
}

/// <summary>What became of an entry.</summary>
public sealed record EventBridgeResult
{
    /// <summary>The event's id; <see langword="null"/> where it failed.</summary>
    public string? EventId { get; init; }

    /// <summary>Why it failed, such as <c>ThrottlingException</c>; <see langword="null"/> where it did not.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>A sentence for it.</summary>
    public string? ErrorMessage { get; init; }
}
