using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace RunnerFleet.Testing.Aws;

/// <summary>An answer: JSON, or nothing where it gets lost.</summary>
internal sealed record AwsStandInReply(int Status, string Body)
{
    public bool IsLost { get; init; }
}

/// <summary>A request as it came in.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Host">The <c>Host</c> header.</param>
/// <param name="Path">The path.</param>
/// <param name="Headers">The headers, by lower-case name.</param>
/// <param name="Body">The body.</param>
internal sealed record AwsStandInRequest(string Method, string Host, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>Service and operation, as <c>X-Amz-Target</c> names them.</summary>
    public (string Prefix, string Operation) Target
    {
        get
        {
            var target = Headers.GetValueOrDefault("x-amz-target", "");
            var dot = target.LastIndexOf('.');
            return dot < 0 ? (target, "") : (target[..dot], target[(dot + 1)..]);
        }
    }

    /// <exception cref="JsonException">The body is not JSON.</exception>
    public JsonElement ReadBody()
    {
        using var document = JsonDocument.Parse(Body.Length == 0 ? "{}"u8.ToArray() : Body);
        return document.RootElement.Clone();
    }

    /// <summary>Checks Signature Version 4 by its description (AWS IAM User Guide, "Create a signed AWS API request").</summary>
    /// <exception cref="AwsStandInException">The signature is missing, is for another region or service, or does not fit the request.</exception>
    public void CheckSignature(string region, string service)
    {
        var given = AwsStandIn.Credentials.GetCredentials();
        var authorization = Headers.GetValueOrDefault("authorization", "");
        var scope = Part(authorization, "Credential=").Split('/', 2);
        var date = Headers.GetValueOrDefault("x-amz-date", "");
        if (scope.Length < 2 || date.Length < 8)
        {
            throw new AwsStandInException("MissingAuthenticationToken", "The request is not signed.", 403);
        }

        var expected = $"{date[..8]}/{region}/{service}/aws4_request";
        if (scope[0] != given.AccessKey)
        {
            throw new AwsStandInException("UnrecognizedClientException", "The security token included in the request is invalid.", 403);
        }

        if (scope[1] != expected || Part(authorization, "Signature=") != Sign(given.SecretKey, expected, date, Part(authorization, "SignedHeaders=")))
        {
            throw new AwsStandInException("InvalidSignatureException", $"The signature does not fit the request, or its scope {scope[1]} is not {expected}.", 403);
        }
    }

    private string Sign(string secret, string scope, string date, string signedHeaders)
    {
        var headers = string.Concat(signedHeaders.Split(';').Select(name => $"{name}:{(name == "host" ? Host : Headers.GetValueOrDefault(name, "")).Trim()}\n"));
        var canonical = string.Join('\n', Method, Path, "", headers, signedHeaders, Convert.ToHexStringLower(SHA256.HashData(Body)));
        var text = string.Join('\n', "AWS4-HMAC-SHA256", date, scope, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical))));
        var key = scope.Split('/').Aggregate(Encoding.UTF8.GetBytes("AWS4" + secret), (k, part) => HMACSHA256.HashData(k, Encoding.UTF8.GetBytes(part)));
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
    }

    private static string Part(string authorization, string name)
    {
        var start = authorization.IndexOf(name, StringComparison.Ordinal);
        return start < 0 ? "" : authorization[(start + name.Length)..].Split(',', 2)[0].Trim();
    }
}
