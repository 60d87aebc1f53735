using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Amazon;
using Amazon.Runtime;
using RunnerFleet.Aws.Wire;

namespace RunnerFleet.Aws.Tests.Wire;

public sealed class AwsJsonClientTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_is_one_signed_request_and_its_answer_is_read()
    {
        using var peer = new Peer(Peer.Answer(200, """{"text":"back","more":1}"""));
        using var client = EchoClient.Of(peer);

        var answer = await client.EchoAsync("there", Cancel);

        var sent = Assert.Single(peer.Requests);
        Assert.Equal("back", answer.Text);
        Assert.Equal(("POST", "https://echo.eu-central-1.amazonaws.com/"), (sent.Method, sent.Uri.AbsoluteUri));
        Assert.Equal("Echo_20261101.Echo", sent.Headers["x-amz-target"]);
        Assert.Equal("application/x-amz-json-1.1", sent.Headers["content-type"]);
        Assert.Equal("""{"text":"there"}""", Encoding.UTF8.GetString(sent.Body));
        Assert.Equal(Recompute(sent, "eu-central-1", "echo"), sent.Headers["authorization"]);
    }

    [Fact]
    public async Task A_request_to_an_address_of_its_own_is_signed_for_the_region_of_the_client()
    {
        using var peer = new Peer(Peer.Answer(200, "{}"));
        using var client = EchoClient.Of(peer, config =>
        {
            config.ServiceURL = "http://127.0.0.1:9/";
            config.AuthenticationRegion = "ap-south-1";
        });

        await client.EchoAsync("x", Cancel);

        var sent = Assert.Single(peer.Requests);
        Assert.Equal("http://127.0.0.1:9/", sent.Uri.AbsoluteUri);
        Assert.Equal(Recompute(sent, "ap-south-1", "echo"), sent.Headers["authorization"]);
    }

    [Fact]
    public async Task An_empty_answer_is_an_empty_result()
    {
        using var peer = new Peer(Peer.Answer(200, ""));
        using var client = EchoClient.Of(peer);

        Assert.Null((await client.EchoAsync("x", Cancel)).Text);
    }

    [Theory]
    [InlineData("""{"__type":"ClusterNotFoundException","message":"Cluster not found."}""", "ClusterNotFoundException", "Cluster not found.")]
    [InlineData("""{"__type":"com.amazonaws.ecs#ConflictException:http://x/","Message":"Taken.","resourceIds":["arn:1","arn:2"]}""", "ConflictException", "Taken.")]
    [InlineData("<html>bad gateway</html>", "BadRequest", "AWS answered 400.")]
    [InlineData("", "BadRequest", "AWS answered 400.")]
    [InlineData("[1]", "BadRequest", "AWS answered 400.")]
    [InlineData("""{"__type":7,"message":null}""", "BadRequest", "AWS answered 400.")]
    public async Task An_error_is_an_exception_with_its_code(string body, string code, string message)
    {
        using var peer = new Peer(Peer.Answer(400, body, ("x-amzn-RequestId", "r-1")));
        using var client = EchoClient.Of(peer);

        var error = await Assert.ThrowsAsync<AwsJsonException>(() => client.EchoAsync("x", Cancel));

        Assert.Equal((code, message, HttpStatusCode.BadRequest, "r-1"), (error.ErrorCode, error.Message, error.StatusCode, error.RequestId));
        Assert.Equal(body.Contains("arn:1", StringComparison.Ordinal) ? ["arn:1", "arn:2"] : [], error.ResourceIds);
        Assert.Single(peer.Requests);
    }

    [Fact]
    public async Task Throttling_and_reset_connections_are_tried_again_with_the_same_bytes()
    {
        using var peer = new Peer(
            Peer.Answer(400, """{"__type":"ThrottlingException","message":"Rate exceeded"}"""),
            Peer.Reset(),
            Peer.Answer(200, """{"text":"at last"}"""));
        using var client = EchoClient.Of(peer, config => config.MaxErrorRetry = 5);

        Assert.Equal("at last", (await client.EchoAsync("x", Cancel)).Text);

        Assert.Equal(3, peer.Requests.Count);
        Assert.Single(peer.Requests.Select(r => Convert.ToHexString(r.Body)).Distinct());
        Assert.Single(peer.Requests.Select(r => r.Headers["amz-sdk-invocation-id"]).Distinct());
    }

    [Fact]
    public async Task A_call_can_be_cancelled_while_it_waits_to_be_tried_again()
    {
        using var peer = new Peer(Peer.Answer(503, "{}"));
        using var client = EchoClient.Of(peer, config => config.MaxErrorRetry = 50);
        using var stop = new CancellationTokenSource();
        var call = client.EchoAsync("x", stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    // Hosts as botocore's endpoint rule sets name them (botocore 1.43).
    [Theory]
    [InlineData("us-east-1", false, false, "https://x.us-east-1.amazonaws.com/")]
    [InlineData("us-east-1", true, false, "https://x-fips.us-east-1.amazonaws.com/")]
    [InlineData("us-east-1", false, true, "https://x.us-east-1.api.aws/")]
    [InlineData("us-east-1", true, true, "https://x-fips.us-east-1.api.aws/")]
    [InlineData("cn-north-1", false, false, "https://x.cn-north-1.amazonaws.com.cn/")]
    [InlineData("cn-north-1", false, true, "https://x.cn-north-1.api.amazonwebservices.com.cn/")]
    [InlineData("us-gov-west-1", false, true, "https://x.us-gov-west-1.api.aws/")]
    [InlineData("us-iso-east-1", false, false, "https://x.us-iso-east-1.c2s.ic.gov/")]
    [InlineData("eusc-de-east-1", false, false, "https://x.eusc-de-east-1.amazonaws.eu/")]
    public void A_host_is_of_its_partition(string region, bool fips, bool dualStack, string url) =>
        Assert.Equal(url, AwsHost.UrlOf(new AwsJsonService("X", "x", "X", "1"), RegionEndpoint.GetBySystemName(region), fips, dualStack));

    [Fact]
    public void EventBridge_has_no_second_host_in_GovCloud() =>
        Assert.Equal("https://events.us-gov-east-1.amazonaws.com/", AwsHost.UrlOf(new AwsJsonService("EventBridge", "events", "AWSEvents", "1"), RegionEndpoint.GetBySystemName("us-gov-east-1"), fips: true, dualStack: false));

    /// <summary>Signature Version 4 by its description (AWS IAM User Guide, "Create a signed AWS API request"), from the request as it was sent.</summary>
    private static string Recompute(Sent sent, string region, string service)
    {
        var signed = sent.Headers["authorization"].Split("SignedHeaders=")[1].Split(',')[0];
        var host = sent.Uri.IsDefaultPort ? sent.Uri.Host : sent.Uri.Authority;
        var headers = string.Concat(signed.Split(';').Select(name => $"{name}:{(name == "host" ? host : sent.Headers[name].Trim())}\n"));
        var canonical = string.Join('\n', sent.Method, sent.Uri.AbsolutePath, "", headers, signed, Hex(SHA256.HashData(sent.Body)));
        var time = sent.Headers["x-amz-date"];
        var scope = $"{time[..8]}/{region}/{service}/aws4_request";
        var text = string.Join('\n', "AWS4-HMAC-SHA256", time, scope, Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical))));
        var key = scope.Split('/').Aggregate(Encoding.UTF8.GetBytes("AWS4" + EchoClient.Credentials.GetCredentials().SecretKey), (k, part) => HMACSHA256.HashData(k, Encoding.UTF8.GetBytes(part)));
        Assert.True(DateTime.TryParseExact(time, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.None, out _));
        return $"AWS4-HMAC-SHA256 Credential={EchoClient.Credentials.GetCredentials().AccessKey}/{scope}, SignedHeaders={signed}, Signature={Hex(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)))}";
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
