namespace RunnerFleet.Testing.GitHub;

/// <summary>One try to deliver a webhook, as a receiver gets it.</summary>
public sealed record StandInDelivery
{
    /// <summary>Names this try.</summary>
    public required long Id { get; init; }

    /// <summary><c>X-GitHub-Delivery</c>: the same on redelivery, and for all hooks.</summary>
    public required string DeliveryId { get; init; }

    /// <summary>The hook it is for.</summary>
    public required long HookId { get; init; }

    /// <summary><c>X-GitHub-Event</c>.</summary>
    public required string Event { get; init; }

    /// <summary>The action within the event.</summary>
    public required string Action { get; init; }

    /// <summary>The job it tells of.</summary>
    public required long JobId { get; init; }

    /// <summary>The body, to the byte that was signed.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>All headers, the signature among them where there is a secret.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>Whether it was asked for again.</summary>
    public bool IsRedelivery { get; init; }

    /// <summary>The receiver's status code; 0 where it did not answer, <see langword="null"/> while not yet tried.</summary>
    public int? StatusCode { get; init; }
}

/// <summary>What becomes of a delivery.</summary>
public enum DeliveryFate
{
    /// <summary>It is sent.</summary>
    Deliver,

    /// <summary>It is lost: never sent, and in no list.</summary>
    Drop,

    /// <summary>It is sent twice.</summary>
    Duplicate,

    /// <summary>It is held back until <see cref="GitHubStandIn.ReleaseHeld"/>.</summary>
    Hold,
}
