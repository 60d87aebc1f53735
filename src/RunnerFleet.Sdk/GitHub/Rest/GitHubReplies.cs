using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace RunnerFleet.GitHub.Rest;

/// <summary>Turns status code, headers and message into one of the statuses that <see cref="GitHubStatus"/> documents.</summary>
internal static class GitHubReplies
{
    // GitHub's own advice where it names no time (REST API, best practices).
    private static readonly TimeSpan ShortestUnsaidWait = TimeSpan.FromMinutes(1);

    // A header that asks for more is broken, or somebody else's.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(2);

    private const int LongestMessage = 300;

    public static GitHubReply Map(GitHubRequest request, int code, HttpResponseHeaders headers, ReadOnlyMemory<byte> body, string token, DateTimeOffset now)
    {
        var message = ReadMessage(body.Span, token);
        var (status, sentence) = code switch
        {
            401 => (GitHubStatus.Refused, "GitHub does not accept the token in RunnerFleet:GitHub:Token (401): it is wrong, expired or revoked."),
            403 or 429 when IsLimited(code, headers, message) => (GitHubStatus.Throttled, $"GitHub's rate limit is reached ({code})."),
            403 => (GitHubStatus.Refused, $"GitHub does not allow it (403): the token needs {Permission(request, headers)}."),
            404 when request.NotFoundIsRefusal => (GitHubStatus.Refused, $"GitHub answers 404: there is no such {request.What}, or the token may not see it and needs {Permission(request, headers)}."),
            404 => (GitHubStatus.NotFound, $"GitHub answers 404: it is not there, or the token may not see it and needs {Permission(request, headers)}."),
            409 => (GitHubStatus.Conflict, "GitHub answers 409: it is in conflict with what is there."),
            422 when request.Method == HttpMethod.Delete => (GitHubStatus.Busy, "GitHub answers 422: the runner runs a job and cannot be deleted."),
            408 => (GitHubStatus.Unknown, "GitHub answers 408: the request took too long to arrive."),
            >= 400 and < 500 => (GitHubStatus.Refused, $"GitHub refuses the request ({code})."),
            _ => (GitHubStatus.Unknown, $"GitHub answers {code}, which says nothing of what was done."),
        };

        return new()
        {
            StatusCode = code,
            Status = status,
            Reason = message is null ? sentence : $"{sentence} GitHub says: {message}",
            RetryAfter = status == GitHubStatus.Throttled ? ReadWait(headers, now) : null,
        };
    }

    private static bool IsLimited(int code, HttpResponseHeaders headers, string? message) =>
        code == 429
        || headers.RetryAfter is not null
        || First(headers, "x-ratelimit-remaining") == "0"
        || (message is not null && (message.Contains("secondary rate limit", StringComparison.OrdinalIgnoreCase)
            || message.Contains("API rate limit exceeded", StringComparison.OrdinalIgnoreCase)));

    private static TimeSpan ReadWait(HttpResponseHeaders headers, DateTimeOffset now)
    {
        var wait = ShortestUnsaidWait;
        if (headers.RetryAfter is { } retry)
        {
            wait = retry.Delta ?? retry.Date - now ?? wait;
        }
        else if (First(headers, "x-ratelimit-remaining") == "0"
            && long.TryParse(First(headers, "x-ratelimit-reset"), NumberStyles.None, CultureInfo.InvariantCulture, out var reset)
            && reset is > 0 and < 253_402_300_800)
        {
            wait = DateTimeOffset.FromUnixTimeSeconds(reset) - now;
        }

        return TimeSpan.FromSeconds(Math.Clamp(wait.TotalSeconds, 1, LongestWait.TotalSeconds));
    }

    private static string Permission(GitHubRequest request, HttpResponseHeaders headers) =>
        First(headers, "X-Accepted-GitHub-Permissions") is { Length: > 0 } named ? $"{request.Permission} (GitHub names {Clean(named)})" : request.Permission;

    private static string? ReadMessage(ReadOnlySpan<byte> body, string token)
    {
        try
        {
            var message = JsonSerializer.Deserialize(body, GitHubJson.Default.ErrorBody)?.Message;
            return string.IsNullOrWhiteSpace(message) ? null : Clean(message.Replace(token, "***", StringComparison.Ordinal));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Text from outside, made fit for a log line and a page: no control characters, of bounded length.</summary>
    private static string Clean(string text)
    {
        var clean = new StringBuilder(Math.Min(text.Length, LongestMessage));
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, LongestMessage)))
        {
            clean.Append(char.IsControl(c) ? ' ' : c);
        }

        return clean.ToString();
    }

    private static string? First(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.FirstOrDefault()?.Trim() : null;
}
