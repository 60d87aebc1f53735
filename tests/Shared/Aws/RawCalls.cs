using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace RunnerFleet.Tests.Aws;

/// <summary>Asks an emulator without any client: it looks at no signature, only at the region in it.</summary>
internal static class RawCalls
{
    public static async Task<JsonNode> CallAsync(this HttpClient http, string region, string service, string target, JsonObject body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/", UriKind.Relative)) { Content = new StringContent(body.ToJsonString()) };
        request.Headers.Authorization = new AuthenticationHeaderValue("AWS4-HMAC-SHA256", $"Credential=test/20261101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0");
        request.Headers.Add("X-Amz-Target", target);
        request.Content.Headers.ContentType = new("application/x-amz-json-1.1");
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, text);
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }
}
