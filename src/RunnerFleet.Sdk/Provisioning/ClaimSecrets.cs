using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace RunnerFleet.Provisioning;

/// <summary>
/// Claim secrets and report tokens are computed, never stored: HMAC-SHA256 of the claim key over what they are for. Any configured key is
/// accepted, so that keys can be rotated under waiting runners; new ones are made with the first.
/// </summary>
internal sealed class ClaimSecrets(IOptionsMonitor<RunnerFleetOptions> options)
{
    public string CurrentKeyId => KeyId(Keys()[0]);

    public string ClaimSecret(string runnerId, int attempt, string keyId)
    {
        var keys = Keys();
        var key = Array.Find(keys, k => KeyId(k) == keyId) ?? keys[0]; // a key rotated away: the launcher answers "exists with other parameters", which is adopted
        return Text(key, ClaimText(runnerId, attempt));
    }

    public bool IsClaimSecret(string secret, string runnerId, int attempt) => IsAny(secret, ClaimText(runnerId, attempt));

    public string ReportToken(string runnerId) => Text(Keys()[0], ReportText(runnerId));

    public bool IsReportToken(string token, string runnerId) => IsAny(token, ReportText(runnerId));

    private string ClaimText(string runnerId, int attempt) => FormattableString.Invariant($"claim/{options.CurrentValue.Name}/{runnerId}/{attempt}");

    private string ReportText(string runnerId) => $"report/{options.CurrentValue.Name}/{runnerId}";

    private bool IsAny(string candidate, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(candidate);
        var found = false;
        foreach (var key in Keys())
        {
            found |= CryptographicOperations.FixedTimeEquals(bytes, Encoding.UTF8.GetBytes(Text(key, text)));
        }

        return found;
    }

    private static string Text(byte[] key, string text) => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));

    private static string KeyId(byte[] key) => Convert.ToHexStringLower(SHA256.HashData([.. "runnerfleet key id"u8, .. key])[..4]);

    private byte[][] Keys()
    {
        var o = options.CurrentValue;
        if (o.ClaimKeys.Count > 0)
        {
            return [.. o.ClaimKeys.Select(Encoding.UTF8.GetBytes)];
        }

        // HKDF parts the derived key from the webhook secret: knowing one claim secret tells nothing about either.
        return [.. WebhookSecrets(o.GitHub).Select(s => HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(s), 32, info: "runnerfleet claim key"u8.ToArray()))];
    }

    public static IReadOnlyList<string> WebhookSecrets(GitHubOptions gitHub) =>
        [.. new[] { gitHub.WebhookSecret }.Concat(gitHub.PreviousWebhookSecrets).Where(s => !string.IsNullOrEmpty(s)).Cast<string>()];
}
