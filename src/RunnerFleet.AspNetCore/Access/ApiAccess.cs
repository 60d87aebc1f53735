using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using RunnerFleet.AspNetCore.Http;

namespace RunnerFleet.AspNetCore.Access;

/// <summary>
/// Says who may see the fleet. With a key: whoever sends it. Without: only this machine, and no web page of somebody else's that runs in a browser on it
/// (a foreign Host is DNS rebinding, a foreign Origin is another site, a forwarding header is a proxy that makes strangers look local).
/// </summary>
internal sealed class ApiAccess
{
    public const string KeyHeader = "X-RunnerFleet-Key";
    public const string MarkHeader = "X-RunnerFleet";
    public const string KeyNeeded = "RunnerFleet:PublicUrl is set, so this host can be reached from elsewhere, but RunnerFleet:Api:Key is not: set RunnerFleet:Api:Key to a secret of at least 16 characters, or do not map API, live stream and status page.";

    private static readonly string[] ForwardingHeaders =
    [
        "Forwarded", "Via", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP", "X-Envoy-External-Address",
    ];

    // X-Original-*: what the forwarded-headers middleware leaves behind when it has rewritten the peer.
    private static readonly string[] ForwardingPrefixes = ["X-Forwarded-", "X-Original-"];

    private readonly byte[]? _keyHash;

    public ApiAccess(IOptions<RunnerFleetApiOptions> api, IOptions<RunnerFleetOptions> fleet)
    {
        _keyHash = string.IsNullOrEmpty(api.Value.Key) ? null : SHA256.HashData(Encoding.UTF8.GetBytes(api.Value.Key));
        IsPublic = fleet.Value.PublicUrl is not null;
    }

    public bool HasKey => _keyHash is not null;

    public bool IsPublic { get; }

    /// <summary>Judges a request for data or for a deed; <see langword="null"/> means that it may pass.</summary>
    public Problem? Judge(HttpRequest request)
    {
        if (_keyHash is not null)
        {
            return JudgeKey(request, _keyHash);
        }

        return JudgeLocal(request) ?? JudgeSite(request) ?? JudgeMark(request);
    }

    /// <summary>Judges a request for the status page, which holds no data: with a key anyone may load it, without one this machine may, however it was led there.</summary>
    public Problem? JudgePage(HttpRequest request) => HasKey ? null : JudgeLocal(request);

    private static Problem? JudgeKey(HttpRequest request, byte[] keyHash)
    {
        // Both are always compared, so that the time taken says nothing of which one came close.
        var byHeader = IsKey(request.Headers[KeyHeader] is [{ } key] ? key : null, keyHash);
        var byBearer = IsKey(Bearer.Of(request), keyHash);
        return byHeader | byBearer
            ? null
            : Problem.Of(StatusCodes.Status401Unauthorized, $"Send the fleet's API key (RunnerFleet:Api:Key) in the header {KeyHeader}, or as Authorization: Bearer.");
    }

    private static bool IsKey(string? candidate, byte[] keyHash) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(candidate ?? "")), keyHash) & candidate is not null;

    private Problem? JudgeLocal(HttpRequest request)
    {
        if (IsPublic)
        {
            return Problem.Of(StatusCodes.Status403Forbidden, KeyNeeded); // a host whose routes were mapped too late to be refused at start
        }

        if (!IsLoopback(request.HttpContext.Connection.RemoteIpAddress))
        {
            return Refusal("the request comes from another machine");
        }

        if (!IsLoopback(request.Host))
        {
            return Refusal("its Host is not localhost or a loopback address");
        }

        return FirstForwardingHeader(request) is { } header ? Refusal($"it came through a proxy (header {header})") : null;
    }

    private static Problem? JudgeSite(HttpRequest request)
    {
        var origin = request.Headers.Origin;
        if (origin.Count > 0 && !string.Equals(origin.ToString(), $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase))
        {
            return Refusal("its Origin is another site");
        }

        var site = request.Headers["Sec-Fetch-Site"];
        return site.Count > 0 && site.ToString() is not ("same-origin" or "none") ? Refusal("a browser says that another site sent it") : null;
    }

    private static Problem? JudgeMark(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || request.Headers.ContainsKey(MarkHeader)
            ? null
            : Problem.Of(StatusCodes.Status403Forbidden, $"Without RunnerFleet:Api:Key a {(HttpMethods.IsPost(request.Method) ? "POST" : "request that changes something")} needs the header {MarkHeader} with any value, such as '{MarkHeader}: 1', which no foreign web page can send.");

    private static Problem Refusal(string why) =>
        Problem.Of(StatusCodes.Status403Forbidden, $"Without RunnerFleet:Api:Key only this machine itself is answered, and {why}. Set RunnerFleet:Api:Key (at least 16 characters) on the host and send it in the header {KeyHeader}.");

    private static string? FirstForwardingHeader(HttpRequest request) =>
        ForwardingHeaders.FirstOrDefault(request.Headers.ContainsKey)
        ?? ForwardingPrefixes.Where(prefix => request.Headers.Keys.Any(name => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))).Select(prefix => prefix + "*").FirstOrDefault();

    private static bool IsLoopback(HostString host) =>
        host.HasValue
        && (host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Host, out var address) && IPAddress.IsLoopback(address)));

    private static bool IsLoopback(IPAddress? address) =>
        address is not null && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
