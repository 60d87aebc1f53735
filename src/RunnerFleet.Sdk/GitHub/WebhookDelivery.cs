namespace RunnerFleet.GitHub;

/// <summary>A webhook as it came in, before anything of it is believed.</summary>
public sealed record WebhookDelivery
{
    /// <summary>The raw body, to the byte: the signature is over these bytes.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary><c>X-GitHub-Event</c>.</summary>
    public string? Event { get; init; }

    /// <summary><c>X-GitHub-Delivery</c>: the same on redelivery.</summary>
    public string? DeliveryId { get; init; }

    /// <summary><c>X-Hub-Signature-256</c>.</summary>
    public string? Signature { get; init; }

    /// <summary><c>Content-Type</c>.</summary>
    public string? ContentType { get; init; }

    /// <summary><c>X-GitHub-Enterprise-Host</c>, where a GitHub Enterprise Server sent it. Names the job's host; never used as an address.</summary>
    public string? EnterpriseHost { get; init; }
}
