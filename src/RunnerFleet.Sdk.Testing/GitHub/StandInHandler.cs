using System.Net;
using System.Text;

namespace RunnerFleet.Testing.GitHub;

/// <summary>Carries <see cref="HttpClient"/>'s requests to a stand-in in the same process.</summary>
internal sealed class StandInHandler(GitHubStandIn standIn) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var url = request.RequestUri ?? throw new InvalidOperationException("A request needs an address.");
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        var reply = await standIn.AnswerAsync(
            new(request.Method.Method, Uri.UnescapeDataString(url.AbsolutePath), url.Query, request.Headers.Authorization?.ToString(), body, url.GetLeftPart(UriPartial.Authority)),
            cancellationToken).ConfigureAwait(false);
        if (reply.IsLost)
        {
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "The answer was lost.");
        }

        var response = new HttpResponseMessage((HttpStatusCode)reply.Status)
        {
            RequestMessage = request,
            Content = reply.Body is null ? new ByteArrayContent([]) : new StringContent(reply.Body.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        foreach (var (name, value) in reply.Headers)
        {
            response.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }
}
