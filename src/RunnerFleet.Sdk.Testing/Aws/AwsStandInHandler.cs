using System.Net;
using System.Text;
using Amazon.Runtime;

namespace RunnerFleet.Testing.Aws;

/// <summary>Carries <see cref="HttpClient"/>'s requests to a stand-in in the same process.</summary>
internal sealed class AwsStandInHandler(AwsStandIn standIn) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var url = request.RequestUri ?? throw new InvalidOperationException("A request needs an address.");
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        var headers = request.Headers.Concat(request.Content?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>())
            .ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(",", header.Value), StringComparer.Ordinal);
        var reply = await standIn.AnswerAsync(new(request.Method.Method, url.IsDefaultPort ? url.Host : url.Authority, url.AbsolutePath, headers, body), cancellationToken).ConfigureAwait(false);
        return !reply.IsLost
            ? new((HttpStatusCode)reply.Status) { RequestMessage = request, Content = new StringContent(reply.Body, Encoding.UTF8, "application/x-amz-json-1.1") }
            : throw new HttpRequestException(HttpRequestError.ResponseEnded, "The answer was lost.", new IOException("The connection was reset."));
    }
}

/// <summary>Gives clients of the AWS SDK an HTTP client that speaks to a stand-in in the same process.</summary>
internal sealed class AwsStandInClientFactory(AwsStandIn standIn) : HttpClientFactory
{
    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(standIn.CreateHandler());

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
}
