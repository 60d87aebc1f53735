using System.Security.Cryptography;
using System.Text;

namespace RunnerFleet.GitHub;

/// <summary>What the signature of a webhook says.</summary>
public enum WebhookSignatureResult
{
    /// <summary>One of the secrets signed exactly these bytes.</summary>
    Valid,

    /// <summary>The delivery is not signed: the hook has no secret at GitHub.</summary>
    Missing,

    /// <summary>The signature is malformed, of another algorithm, or not over these bytes with any of the secrets.</summary>
    Mismatch,

    /// <summary>No secret is configured here, so nothing can be believed.</summary>
    NoSecret,
}

/// <summary>Signs and verifies webhooks as GitHub does: <c>sha256=</c> and the hexadecimal HMAC-SHA256 of the raw body.</summary>
/// <remarks>Only SHA-256 counts; the older SHA-1 header is never looked at. What cannot be verified is refused: no secret is a refusal, not a permission.</remarks>
public static class WebhookSignature
{
    private const string Scheme = "sha256=";

    /// <summary>Signs a body: the value of <c>X-Hub-Signature-256</c>.</summary>
    /// <param name="body">The raw body.</param>
    /// <param name="secret">The webhook's secret.</param>
    /// <exception cref="ArgumentException">The secret is empty.</exception>
    public static string Sign(ReadOnlySpan<byte> body, string secret)
    {
        ArgumentException.ThrowIfNullOrEmpty(secret);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body, hash);
        return Scheme + Convert.ToHexStringLower(hash);
    }

    /// <summary>Verifies a body against every secret, in time that does not depend on which of them fits, or how nearly.</summary>
    /// <param name="body">The raw body, to the byte.</param>
    /// <param name="header">The value of <c>X-Hub-Signature-256</c>.</param>
    /// <param name="secrets">The secrets that are accepted; empty ones are passed over.</param>
    public static WebhookSignatureResult Verify(ReadOnlySpan<byte> body, string? header, IReadOnlyList<string> secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        if (!HasSecret(secrets))
        {
            return WebhookSignatureResult.NoSecret;
        }

        if (string.IsNullOrEmpty(header))
        {
            return WebhookSignatureResult.Missing;
        }

        Span<byte> claimed = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (!TryReadHeader(header, claimed))
        {
            return WebhookSignatureResult.Mismatch;
        }

        var valid = false;
        Span<byte> actual = stackalloc byte[HMACSHA256.HashSizeInBytes];
        for (var i = 0; i < secrets.Count; i++)
        {
            if (!string.IsNullOrEmpty(secrets[i]))
            {
                HMACSHA256.HashData(Encoding.UTF8.GetBytes(secrets[i]), body, actual);
                valid |= CryptographicOperations.FixedTimeEquals(actual, claimed);
            }
        }

        return valid ? WebhookSignatureResult.Valid : WebhookSignatureResult.Mismatch;
    }

    private static bool HasSecret(IReadOnlyList<string> secrets)
    {
        for (var i = 0; i < secrets.Count; i++)
        {
            if (!string.IsNullOrEmpty(secrets[i]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryReadHeader(string header, Span<byte> hash) =>
        header.Length == Scheme.Length + (2 * hash.Length)
        && header.StartsWith(Scheme, StringComparison.Ordinal)
        && Convert.FromHexString(header.AsSpan(Scheme.Length), hash, out _, out _) == System.Buffers.OperationStatus.Done;
}
