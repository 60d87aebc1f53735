using System.Text;
using FsCheck.Xunit;
using Octokit.Webhooks;
using RunnerFleet.GitHub;

namespace RunnerFleet.Tests.GitHub;

public sealed class WebhookSignatureTests
{
    private const string OfficialSecret = "It's a Secret to Everybody";
    private const string OfficialHeader = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    private static readonly byte[] OfficialBody = "Hello, World!"u8.ToArray();

    [Fact]
    public void GitHubs_published_example_is_signed_and_verified()
    {
        Assert.Equal(OfficialHeader, WebhookSignature.Sign(OfficialBody, OfficialSecret));
        Assert.Equal(WebhookSignatureResult.Valid, WebhookSignature.Verify(OfficialBody, OfficialHeader, [OfficialSecret]));
    }

    [Fact]
    public void Upper_case_hexadecimal_is_the_same_signature() =>
        Assert.Equal(WebhookSignatureResult.Valid, WebhookSignature.Verify(OfficialBody, "sha256=" + OfficialHeader[7..].ToUpperInvariant(), [OfficialSecret]));

    [Fact]
    public void Every_secret_counts_wherever_it_stands()
    {
        Assert.Equal(WebhookSignatureResult.Valid, WebhookSignature.Verify(OfficialBody, OfficialHeader, ["new", "", OfficialSecret]));
        Assert.Equal(WebhookSignatureResult.Valid, WebhookSignature.Verify(OfficialBody, OfficialHeader, [OfficialSecret, "old"]));
        Assert.Equal(WebhookSignatureResult.Mismatch, WebhookSignature.Verify(OfficialBody, OfficialHeader, ["new", "old"]));
    }

    [Fact]
    public void Without_a_secret_nothing_is_believed_not_even_silence()
    {
        Assert.Equal(WebhookSignatureResult.NoSecret, WebhookSignature.Verify(OfficialBody, null, []));
        Assert.Equal(WebhookSignatureResult.NoSecret, WebhookSignature.Verify(OfficialBody, OfficialHeader, [""]));
    }

    [Fact]
    public void The_signature_of_an_empty_secret_is_refused()
    {
        var forged = "sha256=" + Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(Array.Empty<byte>(), OfficialBody));

        Assert.Equal(WebhookSignatureResult.Mismatch, WebhookSignature.Verify(OfficialBody, forged, ["", "real"]));
    }

    [Theory]
    [InlineData(null, WebhookSignatureResult.Missing)]
    [InlineData("", WebhookSignatureResult.Missing)]
    [InlineData("sha256=", WebhookSignatureResult.Mismatch)]
    [InlineData("sha256", WebhookSignatureResult.Mismatch)]
    [InlineData("757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", WebhookSignatureResult.Mismatch)]
    [InlineData("SHA256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", WebhookSignatureResult.Mismatch)] // GitHub writes lower case; Octokit is laxer here
    [InlineData("sha1=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", WebhookSignatureResult.Mismatch)]
    [InlineData("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1", WebhookSignatureResult.Mismatch)]
    [InlineData("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e170", WebhookSignatureResult.Mismatch)]
    [InlineData("sha256=zz7107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", WebhookSignatureResult.Mismatch)]
    [InlineData("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e18", WebhookSignatureResult.Mismatch)]
    public void A_header_that_is_not_the_signature_is_told_apart(string? header, WebhookSignatureResult expected) =>
        Assert.Equal(expected, WebhookSignature.Verify(OfficialBody, header, [OfficialSecret]));

    [Fact]
    public void Verifying_allocates_nothing_that_grows_with_the_body()
    {
        byte[] small = [1], large = new byte[4 * 1024 * 1024];
        string[] secrets = [OfficialSecret];
        var (smallHeader, largeHeader) = (WebhookSignature.Sign(small, OfficialSecret), WebhookSignature.Sign(large, OfficialSecret));
        Assert.Equal(WebhookSignatureResult.Valid, WebhookSignature.Verify(large, largeHeader, secrets)); // once, so that nothing is counted but the call

        Assert.Equal(Allocated(small, smallHeader), Allocated(large, largeHeader));

        long Allocated(byte[] body, string header)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            WebhookSignature.Verify(body, header, secrets);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Property]
    public bool What_is_signed_verifies_and_any_changed_byte_does_not(byte[] body, FsCheck.NonEmptyString secret, FsCheck.NonNegativeInt where)
    {
        var header = WebhookSignature.Sign(body, secret.Get);
        var changed = body.Append((byte)0).ToArray();
        changed[where.Get % changed.Length] ^= 1;
        return WebhookSignature.Verify(body, header, [secret.Get]) == WebhookSignatureResult.Valid
            && WebhookSignature.Verify(changed, header, [secret.Get]) == WebhookSignatureResult.Mismatch;
    }

    [Property]
    public bool Octokit_agrees_on_what_we_sign(byte[] body, FsCheck.NonEmptyString secret, bool spoil)
    {
        var header = WebhookSignature.Sign(spoil ? [.. body, 1] : body, secret.Get);
        return Agrees(body, header, secret.Get);
    }

    [Property]
    public bool Octokit_agrees_on_any_header(byte[] body, string? header, FsCheck.NonEmptyString secret) => Agrees(body, header, secret.Get);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("sha256=")]
    [InlineData(" sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")]
    public void Octokit_agrees_on_odd_headers(string? header) => Assert.True(Agrees(OfficialBody, header, OfficialSecret));

    private static bool Agrees(byte[] body, string? header, string secret) =>
        (WebhookSignatureValidator.Verify(header, secret, body), WebhookSignature.Verify(body, header, [secret])) is
            (WebhookSignatureValidationResult.Valid, WebhookSignatureResult.Valid)
            or (WebhookSignatureValidationResult.MissingSignature, WebhookSignatureResult.Missing)
            or (WebhookSignatureValidationResult.SignatureMismatch, WebhookSignatureResult.Mismatch);
}
