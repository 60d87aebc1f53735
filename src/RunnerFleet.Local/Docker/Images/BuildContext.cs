using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace RunnerFleet.Local.Docker;

/// <summary>One file of a build context.</summary>
internal sealed record ContextFile
{
    /// <summary>Its path in the context, with <c>/</c>.</summary>
    public required string Path { get; init; }

    public required bool IsExecutable { get; init; }

    /// <summary>SHA-256 of its bytes.</summary>
    public required string Digest { get; init; }

    public required Func<Stream> Open { get; init; }
}

/// <summary>What an image is built from. The same files give the same bytes, whatever machine, file system or package they come from.</summary>
internal sealed class BuildContext
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly ContextFile[] _files;

    public BuildContext(IEnumerable<ContextFile> files) => _files = [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];

    public IReadOnlyList<ContextFile> Files => _files;

    /// <summary>Names the image by all that goes into it: base, architecture, files with their executable bits, build arguments.</summary>
    public string ContentOf(string baseImage, string architecture, IEnumerable<KeyValuePair<string, string>> buildArguments)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add("runnerfleet image 1"); // raise the number when images are to be built anew for a reason that none of the rest shows
        Add(baseImage);
        Add(architecture);
        foreach (var file in _files)
        {
            Add(file.Path);
            Add(file.IsExecutable ? "x" : "-");
            Add(file.Digest);
        }

        foreach (var (name, value) in buildArguments.OrderBy(argument => argument.Key, StringComparer.Ordinal))
        {
            Add("argument");
            Add(name);
            Add(value);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        // Each with its length before it, so that no two lists run together into the same bytes.
        void Add(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes((long)bytes.Length));
            hash.AppendData(bytes);
        }
    }

    /// <summary>Packs it. No time, owner or order of the file system gets in. GNU format: .NET writes its process id into the headers of the other one that knows long names.</summary>
    public async Task WriteTarAsync(Stream target, CancellationToken cancellationToken)
    {
        using var writer = new TarWriter(target, TarEntryFormat.Gnu, leaveOpen: true);
        var folders = _files.SelectMany(file => FoldersOf(file.Path)).Distinct().ToDictionary(folder => folder, _ => (ContextFile?)null);
        var entries = folders.Concat(_files.Select(file => KeyValuePair.Create(file.Path, (ContextFile?)file))).OrderBy(entry => entry.Key, StringComparer.Ordinal);
        foreach (var (path, file) in entries)
        {
            using var content = file?.Open();
            var entry = new GnuTarEntry(file is null ? TarEntryType.Directory : TarEntryType.RegularFile, path)
            {
                Mode = file is null or { IsExecutable: true } ? Executable : Readable,
                ModificationTime = DateTimeOffset.UnixEpoch,
                AccessTime = DateTimeOffset.UnixEpoch,
                ChangeTime = DateTimeOffset.UnixEpoch,
            };
            if (content is not null)
            {
                entry.DataStream = content; // a folder's entry takes none, not even null
            }

            await writer.WriteEntryAsync(entry, cancellationToken).ConfigureAwait(false);
        }
    }

    private static IEnumerable<string> FoldersOf(string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            yield return path[..(slash + 1)];
        }
    }
}
