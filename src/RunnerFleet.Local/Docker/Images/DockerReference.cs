using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace RunnerFleet.Local.Docker;

/// <summary>
/// The name of an image in Docker's grammar (distribution/reference), local registries included: which images a job may name is the fleet's policy, not the engine's.
/// What does not fit the grammar never reaches the engine, whose paths hold image names.
/// </summary>
internal sealed partial record DockerReference
{
    private const int MaxLength = 520; // name 255, tag 128, digest 135, and their signs

    private DockerReference(string name, string? tag, string? digest) => (Name, Tag, Digest) = (name, tag, digest);

    /// <summary>Registry, where one was given, and path.</summary>
    public string Name { get; }

    public string? Tag { get; }

    public string? Digest { get; }

    /// <summary>Reads a reference. Without tag and digest it means <c>latest</c>: a pull without either would take every tag there is.</summary>
    public static bool TryRead(string text, [NotNullWhen(true)] out DockerReference? reference)
    {
        reference = null;
        if (text.Length <= MaxLength && Grammar().Match(text) is { Success: true } match && match.Groups["name"].Length <= 255)
        {
            var (tag, digest) = (ValueOf(match.Groups["tag"]), ValueOf(match.Groups["digest"]));
            reference = new DockerReference(match.Groups["name"].Value, tag ?? (digest is null ? "latest" : null), digest);
        }

        return reference is not null;
    }

    public override string ToString() => Name + (Tag is null ? "" : ":" + Tag) + (Digest is null ? "" : "@" + Digest);

    /// <summary>The name as engines list it: without what Docker Hub's images may leave out.</summary>
    public string FamiliarName => WithoutStart(WithoutStart(Name, "docker.io/"), "library/");

    /// <summary>
    /// The name of the image that is made of this one: <c>runnerfleet/ubuntu-22.04:x64-3f1c09a2b7de</c>. The middle is for people; the content alone tells two images apart.
    /// </summary>
    public string ImageFor(string repository, string architecture, string content) => $"{repository}/{Readable()}:{architecture}-{content[..12]}";

    /// <summary>Path and tag as one part of a Docker path, which allows a-z and 0-9 with single separators between them.</summary>
    private string Readable()
    {
        const int Limit = 60;
        var source = WithoutRegistry(FamiliarName) + (Tag is null ? "" : "-" + Tag);
        var part = new StringBuilder(Limit);
        var separator = "";
        foreach (var character in source.ToLowerInvariant())
        {
            if (!char.IsAsciiLetterOrDigit(character))
            {
                separator = separator.Length == 0 && character == '.' ? "." : "-";
                continue;
            }

            if (part.Length + separator.Length >= Limit)
            {
                break;
            }

            part.Append(part.Length == 0 ? "" : separator).Append(character);
            separator = "";
        }

        return part.ToString();
    }

    private static string WithoutRegistry(string name) => name.Split('/', 2) is [var first, var path] && (first.AsSpan().ContainsAny('.', ':') || first == "localhost") ? path : name;

    private static string WithoutStart(string text, string start) => text.StartsWith(start, StringComparison.Ordinal) ? text[start.Length..] : text;

    private static string? ValueOf(Group group) => group.Success ? group.Value : null;

    [GeneratedRegex(
        @"\A(?<name>(?:(?=[^/]*[.:A-Z]|localhost/)[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?/)?"
        + @"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*)"
        + @"(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?\z")]
    private static partial Regex Grammar();
}
