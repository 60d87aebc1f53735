using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Xunit;
using RunnerFleet.GitHub;

namespace RunnerFleet.Sdk.Tests.GitHub;

public sealed class WebhookSignatureProperties
{
    private const string Hex = "0123456789abcdef";

    [Property(MaxTest = 500)]
    public bool What_one_of_the_secrets_signed_is_valid_wherever_that_secret_stands(byte[] body, NonEmptyString secret, string[] others, byte where)
    {
        var secrets = others.ToList();
        secrets.Insert(where % (others.Length + 1), secret.Get);
        return WebhookSignature.Verify(body, WebhookSignature.Sign(body, secret.Get), secrets) == WebhookSignatureResult.Valid;
    }

    /// <summary>By the definition of the header alone: the HMAC of these bytes under one of the secrets, in any case of its digits.</summary>
    [Property(MaxTest = 1000)]
    public bool Nothing_is_valid_but_the_HMAC_of_the_body_under_a_secret(byte[] body, byte[] signedBody, PositiveInt secret, PositiveInt[] secrets, bool upper)
    {
        var hmac = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret(secret)), signedBody));
        var isSigned = body.AsSpan().SequenceEqual(signedBody) && secrets.Any(s => Secret(s) == Secret(secret));
        var result = WebhookSignature.Verify(body, "sha256=" + (upper ? hmac.ToUpperInvariant() : hmac), [.. secrets.Select(Secret)]);
        return result == (secrets.Length == 0 ? WebhookSignatureResult.NoSecret : isSigned ? WebhookSignatureResult.Valid : WebhookSignatureResult.Mismatch);

        static string Secret(PositiveInt number) => $"secret {number.Get % 3}";
    }

    [Property(MaxTest = 500)]
    public bool One_bit_of_the_body_more_or_less_refuses(NonEmptyArray<byte> body, NonEmptyString secret, PositiveInt where, byte bit)
    {
        var header = WebhookSignature.Sign(body.Get, secret.Get);
        var changed = body.Get.ToArray();
        changed[where.Get % changed.Length] ^= (byte)(1 << bit % 8);
        return Refuses(changed, header, secret.Get) && Refuses([.. body.Get, bit], header, secret.Get) && Refuses(body.Get.AsSpan(1), header, secret.Get);
    }

    [Property(MaxTest = 500)]
    public bool One_digit_of_the_signature_more_or_less_refuses(byte[] body, NonEmptyString secret, byte where, byte by)
    {
        var header = WebhookSignature.Sign(body, secret.Get);
        var at = "sha256=".Length + where % 64;
        var changed = header[..at] + Hex[(Hex.IndexOf(header[at], StringComparison.Ordinal) + 1 + by % 15) % 16] + header[(at + 1)..];
        return Refuses(body, changed, secret.Get) && Refuses(body, header.Remove(at, 1), secret.Get) && Refuses(body, header.Insert(at, "0"), secret.Get);
    }

    [Property(MaxTest = 500)]
    public bool One_letter_of_the_secret_more_or_less_refuses(byte[] body, PositiveInt seed, byte where, byte by)
    {
        var secret = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"secret-{seed.Get}");
        var header = WebhookSignature.Sign(body, secret);
        var at = where % secret.Length;
        var changed = secret[..at] + (char)(secret[at] ^ (1 + by % 31)) + secret[(at + 1)..];
        return Refuses(body, header, changed) && Refuses(body, header, secret[1..]) && Refuses(body, header, secret + "x");
    }

    [Property(MaxTest = 2000)]
    public bool Any_header_gets_an_answer_and_is_not_believed(byte[] body, string? header, bool hasScheme, NonEmptyString secret) =>
        WebhookSignature.Verify(body, hasScheme ? "sha256=" + header : header, [secret.Get])
            == (!hasScheme && string.IsNullOrEmpty(header) ? WebhookSignatureResult.Missing : WebhookSignatureResult.Mismatch);

    [Property(MaxTest = 500)]
    public bool Without_a_secret_nothing_is_believed(byte[] body, string? header, byte empties)
    {
        string[] none = [.. Enumerable.Repeat("", empties % 4)];
        var empty = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Array.Empty<byte>(), body));
        return WebhookSignature.Verify(body, header, none) == WebhookSignatureResult.NoSecret
            && WebhookSignature.Verify(body, empty, none) == WebhookSignatureResult.NoSecret
            && WebhookSignature.Verify(body, empty, [.. none, "real"]) == WebhookSignatureResult.Mismatch;
    }

    private static bool Refuses(ReadOnlySpan<byte> body, string header, string secret) => WebhookSignature.Verify(body, header, [secret]) == WebhookSignatureResult.Mismatch;
}
