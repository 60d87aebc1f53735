using Microsoft.AspNetCore.Http;

namespace RunnerFleet.AspNetCore.Http;

internal static class Bearer
{
    private const string Scheme = "Bearer ";

    /// <summary>Reads the token of <c>Authorization: Bearer</c>; <see langword="null"/> where there is none, or more than one.</summary>
    public static string? Of(HttpRequest request) =>
        request.Headers.Authorization is [{ } header]
        && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && header[Scheme.Length..].Trim() is { Length: > 0 } token
        && !token.Contains(' ', StringComparison.Ordinal)
            ? token
            : null;
}
