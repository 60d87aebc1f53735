using System.Security.Cryptography;
using System.Text;

namespace RunnerFleet.Testing.Aws.Sqs;

/// <summary>A message in a queue.</summary>
internal sealed class Message(string id, string body, DateTimeOffset sentAt, DateTimeOffset visibleAt)
{
    public string Id { get; } = id;

    public string Body { get; } = body;

    public string BodyDigest { get; } = Digest(body);

    public DateTimeOffset SentAt { get; } = sentAt;

    /// <summary>From when on it can be received: after its delay, or after the visibility timeout of its last receive.</summary>
    public DateTimeOffset VisibleAt { get; set; } = visibleAt;

    public int Receives { get; set; }

    public DateTimeOffset? FirstReceivedAt { get; set; }

    /// <summary>The handle of the last receive: only that deletes.</summary>
    public string? Handle { get; set; }

    public bool IsInFlight(DateTimeOffset now) => Handle is not null && VisibleAt > now;

    // What SQS itself answers and its clients compare, not a protection (Amazon SQS API Reference, SendMessage).
#pragma warning disable CA5351
    private static string Digest(string body) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(body)));
#pragma warning restore CA5351
}
