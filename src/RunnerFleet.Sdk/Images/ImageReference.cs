using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace RunnerFleet.Images;

/// <summary>
/// The name of an image, written out in full as Docker understands it (distribution/reference): <c>ubuntu</c> is <c>docker.io/library/ubuntu:latest</c>.
/// Narrower than Docker: the registry must be a host name with a dot, so that a name can point neither to an address nor into the local network.
/// </summary>
internal sealed partial record ImageReference
{
    private const string DockerHub = "docker.io";
    private const string DockerHubAlias = "index.docker.io";
    private const string OfficialImages = "library";

    /// <summary>Docker's limit for registry and path.</summary>
    private const int MaxNameLength = 255;

    /// <summary>The longest name, tag (128) and digest (sha512) with their signs.</summary>
    private const int MaxLength = MaxNameLength + 1 + 128 + 1 + 135;

    private ImageReference(string registry, string path, string? tag, string? digest)
    {
        Registry = registry;
        Path = path;
        Tag = tag;
        Digest = digest;
    }

    /// <summary>The registry's host, lower case, with its port where one was given.</summary>
    public string Registry { get; }

    /// <summary>The whole path within the registry.</summary>
    public string Path { get; }

    /// <summary>The tag; <see langword="null"/> only beside a digest.</summary>
    public string? Tag { get; }

    /// <summary>The digest with its algorithm; <see langword="null"/> where none was given.</summary>
    public string? Digest { get; }

    /// <summary>Registry and path, by which policy compares.</summary>
    public string Name => $"{Registry}/{Path}";

    /// <summary>The normalised form.</summary>
    public override string ToString() => (Tag, Digest) switch
    {
        (null, var digest) => $"{Name}@{digest}",
        (var tag, null) => $"{Name}:{tag}",
        var (tag, digest) => $"{Name}:{tag}@{digest}",
    };

    /// <summary>Reads a reference, or says in a sentence what is wrong with it.</summary>
    internal static bool TryParse(string text, [NotNullWhen(true)] out ImageReference? reference, [NotNullWhen(false)] out string? error)
    {
        reference = null;
        error = text switch
        {
            "" => "The image reference is empty.",
            { Length: > MaxLength } => "The image reference is too long.",
            _ when LooksLikeId().IsMatch(text) => "An image id is no image reference: write registry/path:tag, or registry/path@sha256:...",
            _ => null,
        };
        if (error is not null)
        {
            return false;
        }

        var (name, tag, digest) = Split(text);
        error = tag is not null && !TagGrammar().IsMatch(tag) ? "A tag has 1 to 128 of A-Z a-z 0-9 _ . - and begins with neither . nor -."
            : digest is not null && !DigestGrammar().IsMatch(digest) ? "A digest is sha256: with 64, or sha512: with 128, of 0-9 a-f."
            : null;
        if (error is null && TryParseName(name, out var registry, out var path, out error))
        {
            reference = new ImageReference(registry, path, tag ?? (digest is null ? "latest" : null), digest);
        }

        return reference is not null;
    }

    /// <summary>Reads registry and path, without tag and digest.</summary>
    internal static bool TryParseName(string name, out string registry, out string path, [NotNullWhen(false)] out string? error)
    {
        (registry, path) = SplitRegistry(name);
        error = RegistryError(registry)
            ?? PathError(path)
            ?? (registry.Length + 1 + path.Length > MaxNameLength ? "Registry and path together have at most 255 characters." : null);
        return error is null;
    }

    /// <summary>Says what is wrong with a registry's host; <see langword="null"/> when nothing is.</summary>
    internal static string? RegistryError(string registry)
    {
        var (host, port) = registry.Split(':') switch
        {
            [var only] => (only, null),
            [var first, var second] => (first, second),
            _ => ("", null),
        };
        if (!HostGrammar().IsMatch(host) || host.EndsWith(".localhost", StringComparison.Ordinal))
        {
            return "The registry must be a host name with a dot, such as ghcr.io; addresses and local names are refused.";
        }

        return port is null || (PortGrammar().IsMatch(port) && int.Parse(port, CultureInfo.InvariantCulture) <= 65535)
            ? null
            : "The registry's port must be 1 to 65535.";
    }

    /// <summary>The one spelling of a registry's host.</summary>
    internal static string NormaliseRegistry(string registry)
    {
        var lower = registry.ToLowerInvariant();
        return lower == DockerHubAlias ? DockerHub : lower;
    }

    private static string? PathError(string path)
    {
        if (path.Split('/').All(part => PathPartGrammar().IsMatch(part)))
        {
            return null;
        }

        return path.Any(char.IsAsciiLetterUpper)
            ? "An image's path is written in lower case."
            : "Each part of an image's path has a-z and 0-9, with single . or _, double __ or any number of - between them.";
    }

    private static (string Name, string? Tag, string? Digest) Split(string text)
    {
        string? digest = null;
        if (text.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at)
        {
            (text, digest) = (text[..at], text[(at + 1)..]);
        }

        // A colon before the last slash belongs to the registry's port.
        var colon = text.LastIndexOf(':');
        return colon > text.LastIndexOf('/') ? (text[..colon], text[(colon + 1)..], digest) : (text, null, digest);
    }

    /// <summary>Docker's rule: what stands before the first slash is a registry if it cannot be part of a path.</summary>
    private static (string Registry, string Path) SplitRegistry(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : name[..slash];
        var hasRegistry = slash >= 0 && (first.AsSpan().ContainsAny('.', ':') || first == "localhost" || first.Any(char.IsAsciiLetterUpper));
        var (registry, path) = hasRegistry ? (NormaliseRegistry(first), name[(slash + 1)..]) : (DockerHub, name);
        return (registry, registry == DockerHub && !path.Contains('/', StringComparison.Ordinal) ? $"{OfficialImages}/{path}" : path);
    }

    /// <summary>At least two labels; the last begins with a letter and is no hexadecimal number, so that no form of an IP address fits.</summary>
    [GeneratedRegex(@"\A(?=.{1,253}\z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\z")]
    private static partial Regex HostGrammar();

    [GeneratedRegex(@"\A[1-9][0-9]{0,4}\z")]
    private static partial Regex PortGrammar();

    [GeneratedRegex(@"\A[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*\z")]
    private static partial Regex PathPartGrammar();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex TagGrammar();

    [GeneratedRegex(@"\A(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})\z")]
    private static partial Regex DigestGrammar();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z")]
    private static partial Regex LooksLikeId();
}
