using System.Net;
using System.Text;

namespace RunnerFleet.Aws.Tests.Wire;

/// <summary>The other end: keeps what was sent, and answers in turn. The last answer goes on for ever.</summary>
internal sealed class Peer(params Func<HttpResponseMessage>[] answers) : HttpMessageHandler
{
    public List<Sent> Requests { get; } = [];

    public static Func<HttpResponseMessage> Answer(int status, string body, params (string Name, string Value)[] headers) => () =>
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/x-amz-json-1.1") };
        foreach (var (name, value) in headers)
        {
            response.Headers.Add(name, value);
        }

        return response;
    };

    public static Func<HttpResponseMessage> Reset() => () => throw new HttpRequestException(HttpRequestError.ResponseEnded, "The connection was reset.", new IOException("reset"));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        var headers = request.Headers.Concat(request.Content?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>())
            .ToDictionary(h => h.Key.ToLowerInvariant(), h => string.Join(",", h.Value), StringComparer.Ordinal);
        Requests.Add(new Sent(request.Method.Method, request.RequestUri!, headers, body));
        return answers[Math.Min(Requests.Count, answers.Length) - 1]();
    }
}

internal sealed record Sent(string Method, Uri Uri, IReadOnlyDictionary<string, string> Headers, byte[] Body);
