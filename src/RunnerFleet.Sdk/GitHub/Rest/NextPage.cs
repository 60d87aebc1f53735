using System.Net.Http.Headers;

namespace RunnerFleet.GitHub.Rest;

/// <summary>What a listing says of its next page.</summary>
internal readonly record struct NextPage(Uri? Url, string? Foreign)
{
    /// <summary>Reads the <c>Link</c> header. An address that is not on the API's own origin is named, never given as one to follow: the token would go there.</summary>
    public static NextPage Read(HttpResponseHeaders headers, Uri requested)
    {
        if (!headers.TryGetValues("Link", out var values))
        {
            return default;
        }

        foreach (var link in values.SelectMany(v => v.Split(',')))
        {
            var parts = link.Split(';');
            var target = parts[0].Trim();
            if (target.Length < 3 || target[0] != '<' || target[^1] != '>' || !parts.Skip(1).Any(IsNext))
            {
                continue;
            }

            return Uri.TryCreate(requested, target[1..^1], out var url) && Origin.Same(url, requested)
                ? new(url, null)
                : new(null, url?.Host ?? "an unreadable address");
        }

        return default;
    }

    private static bool IsNext(string parameter)
    {
        var text = parameter.Trim();
        return text.StartsWith("rel=", StringComparison.OrdinalIgnoreCase)
            && text[4..].Trim('"').Split(' ').Contains("next", StringComparer.OrdinalIgnoreCase);
    }
}

internal static class Origin
{
    /// <summary>Whether scheme, host and port are equal.</summary>
    public static bool Same(Uri one, Uri other) =>
        one.IsAbsoluteUri
        && string.Equals(one.Scheme, other.Scheme, StringComparison.OrdinalIgnoreCase)
        && string.Equals(one.IdnHost, other.IdnHost, StringComparison.OrdinalIgnoreCase)
        && one.Port == other.Port
        && one.UserInfo.Length == 0;
}
