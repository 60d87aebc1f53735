using System.Collections.Concurrent;
using System.IO.Enumeration;
using System.Reflection;
using System.Security.Cryptography;

namespace RunnerFleet.Local.Docker;

/// <summary>Where a build context comes from: a folder, or the runner folder that is in this assembly.</summary>
internal sealed class ContextSource(string? folder)
{
    private const string Packaged = "runner/";
    private const long LargeBytes = 1 << 20;

    private static readonly Assembly s_assembly = typeof(ContextSource).Assembly;

    private readonly ConcurrentDictionary<string, (long Length, DateTime Changed, string Digest)> _large = new();

    /// <summary>Whether this assembly was built with the runner folder in it.</summary>
    public static bool IsPackaged => s_assembly.GetManifestResourceNames().Contains(Packaged + "Dockerfile");

    /// <summary>Reads it as it is now.</summary>
    public BuildContext Read() => new(folder is null ? ReadPackage() : ReadFolder(folder));

    // Links are left out: what they point at may lie elsewhere.
    private IEnumerable<ContextFile> ReadFolder(string path) =>
        new FileSystemEnumerable<string>(path, (ref FileSystemEntry entry) => entry.ToFullPath(), new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
        }.Select(file => new ContextFile
        {
            Path = Path.GetRelativePath(path, file).Replace(Path.DirectorySeparatorChar, '/'),
            IsExecutable = IsExecutable(file, () => File.OpenRead(file)) || IsMarkedExecutable(file),
            Digest = DigestOf(file),
            Open = () => File.OpenRead(file),
        });

    private static IEnumerable<ContextFile> ReadPackage() => s_assembly.GetManifestResourceNames().Where(name => name.StartsWith(Packaged, StringComparison.Ordinal)).Select(name => new ContextFile
    {
        Path = name[Packaged.Length..].Replace('\\', '/'),
        IsExecutable = IsExecutable(name, () => s_assembly.GetManifestResourceStream(name)!),
        Digest = DigestOf(() => s_assembly.GetManifestResourceStream(name)!),
        Open = () => s_assembly.GetManifestResourceStream(name)!,
    });

    /// <summary>Windows and packages keep no executable bit, so a script is known by its name or by how it begins.</summary>
    private static bool IsExecutable(string name, Func<Stream> open)
    {
        using var stream = open();
        return name.EndsWith(".sh", StringComparison.Ordinal) || (stream.ReadByte() == '#' && stream.ReadByte() == '!');
    }

    private static bool IsMarkedExecutable(string file) => !OperatingSystem.IsWindows() && File.GetUnixFileMode(file).HasFlag(UnixFileMode.UserExecute);

    /// <summary>A runner's archive has some hundred MB: it is read again only when its length or its time changed. Everything else is small, and read each time.</summary>
    private string DigestOf(string file)
    {
        var info = new FileInfo(file);
        if (info.Length < LargeBytes)
        {
            return DigestOf(() => File.OpenRead(file));
        }

        if (!_large.TryGetValue(file, out var known) || (known.Length, known.Changed) != (info.Length, info.LastWriteTimeUtc))
        {
            known = _large[file] = (info.Length, info.LastWriteTimeUtc, DigestOf(() => File.OpenRead(file)));
        }

        return known.Digest;
    }

    private static string DigestOf(Func<Stream> open)
    {
        using var stream = open();
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
