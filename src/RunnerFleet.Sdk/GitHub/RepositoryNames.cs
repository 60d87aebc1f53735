using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace RunnerFleet.GitHub;

/// <summary>How GitHub spells owners and repositories. They become parts of API paths, so <c>.</c> and <c>..</c> are none.</summary>
internal static class RepositoryNames
{
    private const int MaxLength = 100;

    private static readonly SearchValues<char> s_allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Whether the text is an owner's login or a repository's name.</summary>
    internal static bool IsPart([NotNullWhen(true)] string? text) =>
        text is { Length: > 0 and <= MaxLength } and not ("." or "..") && !text.AsSpan().ContainsAnyExcept(s_allowed);

    /// <summary>Whether the text is <c>owner/name</c>.</summary>
    internal static bool IsFullName([NotNullWhen(true)] string? text) =>
        text?.Split('/') is [var owner, var name] && IsPart(owner) && IsPart(name);
}
