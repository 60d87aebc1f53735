using System.Diagnostics.CodeAnalysis;

namespace RunnerFleet.Images;

/// <summary>Which base images a job may name. Compared by registry and whole path, tag and digest being the job's choice.</summary>
internal sealed class ImagePolicy
{
    private const int Shown = 20;

    private static readonly string[] s_officialImages = ["docker.io/library/*", "public.ecr.aws/docker/library/*"];

    private readonly List<ImagePolicyEntry> _entries;

    private ImagePolicy(List<ImagePolicyEntry> entries) => _entries = entries;

    /// <summary>The policy that the options say. Entries that cannot be read allow nothing; validation refuses them at the start.</summary>
    internal static ImagePolicy Of(RunnerFleetOptions options)
    {
        var entries = new List<ImagePolicyEntry>();
        foreach (var text in options.Policy.Images is { Count: > 0 } configured ? configured : s_officialImages)
        {
            if (ImagePolicyEntry.TryParse(text, out var entry, out _))
            {
                entries.Add(entry);
            }
        }

        if (options.Labels.DefaultImage is { } defaultImage && ImageReference.TryParse(defaultImage, out var reference, out _))
        {
            entries.Add(ImagePolicyEntry.For(reference));
        }

        return new ImagePolicy(entries);
    }

    /// <summary>Whether a job may name the image.</summary>
    internal bool Allows(ImageReference image) => _entries.Exists(entry => entry.Covers(image));

    /// <summary>The entries, for people; of very many only the first.</summary>
    public override string ToString() => string.Join(", ", _entries.Take(Shown)) + (_entries.Count > Shown ? ", ..." : "");
}

/// <summary>One line of the allow-list: <c>registry/path</c>, <c>registry/path/*</c> for all below it, or <c>registry/*</c>.</summary>
internal sealed record ImagePolicyEntry
{
    private const string AllBelow = "/*";

    private readonly string _name;
    private readonly bool _allBelow;

    private ImagePolicyEntry(string name, bool allBelow) => (_name, _allBelow) = (name, allBelow);

    /// <summary>Reads an entry, written as an image reference is, or says in a sentence what is wrong with it.</summary>
    internal static bool TryParse(string text, [NotNullWhen(true)] out ImagePolicyEntry? entry, [NotNullWhen(false)] out string? error)
    {
        var allBelow = text.EndsWith(AllBelow, StringComparison.Ordinal);
        var isRead = allBelow ? TryReadFolder(text[..^AllBelow.Length], out var name, out error) : TryReadImage(text, out name, out error);
        entry = isRead ? new ImagePolicyEntry(name, allBelow) : null;
        return isRead;
    }

    private static bool TryReadFolder(string folder, out string name, [NotNullWhen(false)] out string? error)
    {
        if (!folder.Contains('/', StringComparison.Ordinal) && folder.AsSpan().ContainsAny('.', ':'))
        {
            name = ImageReference.NormaliseRegistry(folder);
            error = ImageReference.RegistryError(name);
            return error is null;
        }

        // An image below the folder is read in its place, so that the folder is spelled as its images are.
        const string Below = "/x";
        var isRead = ImageReference.TryParseName(folder + Below, out var registry, out var path, out error);
        name = isRead ? $"{registry}/{path}"[..^Below.Length] : "";
        return isRead;
    }

    private static bool TryReadImage(string text, out string name, [NotNullWhen(false)] out string? error)
    {
        if (text[(text.LastIndexOf('/') + 1)..].AsSpan().ContainsAny(':', '@'))
        {
            (name, error) = ("", "It names neither tag nor digest: every version of the image is meant.");
            return false;
        }

        var isRead = ImageReference.TryParseName(text, out var registry, out var path, out error);
        name = $"{registry}/{path}";
        return isRead;
    }

    /// <summary>The entry that allows one image with any tag.</summary>
    internal static ImagePolicyEntry For(ImageReference image) => new(image.Name, allBelow: false);

    /// <summary>Whether the image is the one named, or lies below it.</summary>
    internal bool Covers(ImageReference image) => _allBelow
        ? image.Name.StartsWith(_name + "/", StringComparison.Ordinal)
        : image.Name == _name;

    /// <summary>The entry in its normalised form.</summary>
    public override string ToString() => _allBelow ? _name + AllBelow : _name;
}
