using System.Net;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RunnerFleet.GitHub.Rest;

/// <summary>Sends one request: credential, deadline, redirects on the same origin, bounded body. Throws only the caller's own cancellation.</summary>
internal sealed class GitHubTransport(IHttpClientFactory clients, IOptionsMonitor<RunnerFleetOptions> options, IGitHubCredentials credentials, TimeProvider clock, ILogger logger)
{
    private const int MostRedirects = 3;
    private const int LongestPath = 2000;
    private const int LargestBody = 8 * 1024 * 1024;
    private static readonly string Agent = $"RunnerFleet/{typeof(GitHubTransport).Assembly.GetCustomAttribute<AssemblyFileVersionAttribute>()?.Version ?? "0"}";

    /// <summary>Sends a request, or asks for a further page of one.</summary>
    public async Task<GitHubReply> SendAsync(GitHubRequest request, Uri? page, CancellationToken cancellationToken)
    {
        var reply = await SendCoreAsync(request, page, cancellationToken).ConfigureAwait(false);
        switch (reply.Status)
        {
            case GitHubStatus.Refused:
                logger.GitHubRefused(request.Method.Method, request.Path, reply.Reason);
                break;
            case GitHubStatus.Throttled:
                logger.GitHubThrottled(request.Method.Method, request.Path, reply.RetryAfter ?? TimeSpan.Zero, reply.Reason);
                break;
            case GitHubStatus.Unknown:
                logger.GitHubUnknown(request.Method.Method, request.Path, reply.Reason);
                break;
            default:
                logger.GitHubAnswered(request.Method.Method, request.Path, reply.StatusCode ?? 0);
                break;
        }

        return reply;
    }

    private async Task<GitHubReply> SendCoreAsync(GitHubRequest request, Uri? page, CancellationToken cancellationToken)
    {
        var gitHub = options.CurrentValue.GitHub;
        if (request.Path.Length > LongestPath || request.Path.Split('?')[0].Split('/').Any(s => s is "" or "." or ".."))
        {
            return Refused("The owner's or repository's name is none that GitHub gives: it is empty, made of dots, or far too long.");
        }

        if (gitHub.ApiUrl is not { IsAbsoluteUri: true } api || !(api.Scheme == Uri.UriSchemeHttps || (api.Scheme == Uri.UriSchemeHttp && api.IsLoopback)))
        {
            return Refused("RunnerFleet:GitHub:ApiUrl must be an https address (http only on loopback): the token would be readable on the way.");
        }

        var token = await credentials.GetTokenAsync(request.Scope, cancellationToken).ConfigureAwait(false);
        if (token is null)
        {
            return Refused("No GitHub token is configured. Set RunnerFleet:GitHub:Token to a token with " + request.Permission + ".");
        }

        if (token.Any(c => c is <= ' ' or > '~'))
        {
            return Refused("RunnerFleet:GitHub:Token holds a space, a line break or another character that no token has.");
        }

        var timeout = TimeSpan.FromSeconds(gitHub.RequestTimeoutSeconds);
        using var deadline = new CancellationTokenSource(timeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            var url = page ?? new Uri($"{api.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{request.Path}");
            return await FollowAsync(request, url, token, gitHub.ApiVersion, linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unknown($"GitHub did not answer within {timeout.TotalSeconds:0} s (RunnerFleet:GitHub:RequestTimeoutSeconds).");
        }
        catch (HttpRequestException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Unknown($"GitHub could not be reached at {api.Host}, or its answer broke off ({e.HttpRequestError}).");
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Unknown("GitHub's answer broke off.");
        }
    }

    private async Task<GitHubReply> FollowAsync(GitHubRequest request, Uri url, string token, string version, CancellationToken cancellationToken)
    {
        for (var hop = 0; hop <= MostRedirects; hop++)
        {
            using var message = new HttpRequestMessage(request.Method, url);
            message.Headers.TryAddWithoutValidation("Accept", "application/vnd.github+json");
            message.Headers.TryAddWithoutValidation("X-GitHub-Api-Version", version);
            message.Headers.TryAddWithoutValidation("User-Agent", Agent);
            message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
            if (request.Body is { } body)
            {
                message.Content = new ByteArrayContent(body);
                message.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json; charset=utf-8");
            }

            using var client = clients.CreateClient(RunnerFleetHttpClients.GitHub);
            using var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
            {
                if (response.Headers.Location is not { } location || !Uri.TryCreate(url, location, out var target))
                {
                    return Unknown($"GitHub redirects ({(int)response.StatusCode}) without saying where to.");
                }

                if (!Origin.Same(target, url))
                {
                    logger.ForeignAddress(request.Method.Method, request.Path, target.Host);
                    return Refused($"GitHub redirects to another host ({target.Host}), where the token must not go. Set RunnerFleet:GitHub:ApiUrl to the API's own address.");
                }

                url = target;
                continue;
            }

            return await ReadAsync(request, url, response, token, cancellationToken).ConfigureAwait(false);
        }

        return Unknown($"GitHub redirects more than {MostRedirects} times.");
    }

    private async Task<GitHubReply> ReadAsync(GitHubRequest request, Uri url, HttpResponseMessage response, string token, CancellationToken cancellationToken)
    {
        var code = (int)response.StatusCode;
        var body = await ReadBodyAsync(response.Content, cancellationToken).ConfigureAwait(false);
        if (code != request.Expected)
        {
            return GitHubReplies.Map(request, code, response.Headers, body ?? default, token, clock.GetUtcNow());
        }

        if (body is null)
        {
            return Unknown($"GitHub's answer is larger than {LargestBody / (1024 * 1024)} MiB.");
        }

        var next = NextPage.Read(response.Headers, url);
        if (next.Foreign is not null)
        {
            logger.ForeignAddress(request.Method.Method, request.Path, next.Foreign);
        }

        return new() { StatusCode = code, Status = GitHubStatus.Ok, Body = body.Value, Next = next };
    }

    /// <summary>The body, or <see langword="null"/> when it is larger than any that GitHub sends.</summary>
    private static async Task<ReadOnlyMemory<byte>?> ReadBodyAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var body = new MemoryStream();
            var buffer = new byte[16 * 1024];
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (body.Length + read > LargestBody)
                {
                    return null;
                }

                body.Write(buffer, 0, read);
            }

            return body.GetBuffer().AsMemory(0, (int)body.Length);
        }
    }

    private static GitHubReply Refused(string reason) => new() { Status = GitHubStatus.Refused, Reason = reason };

    private static GitHubReply Unknown(string reason) => new() { Status = GitHubStatus.Unknown, Reason = reason };
}
