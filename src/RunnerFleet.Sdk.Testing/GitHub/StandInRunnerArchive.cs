using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace RunnerFleet.Testing.GitHub;

/// <summary>
/// An archive in the form of those that GitHub's runner is released as, with a listener that speaks to a <see cref="GitHubStandIn"/>: what a runner image is built with where no GitHub is.
/// Its one program, <c>bin/Runner.Listener</c>, does in a POSIX shell with curl and jq what <see cref="StandInRunner"/> does, and runs the job's hooks.
/// </summary>
public static class StandInRunnerArchive
{
    /// <summary>The version that it goes by, in file names and build arguments. No release of GitHub's has it.</summary>
    public const string Version = "0.0.0-stand-in";

    private const string Script = "RunnerFleet.Testing.GitHub.StandInListener.sh";

    private static readonly Lazy<byte[]> s_bytes = new(Make);

    /// <summary>The name that a release of GitHub's would have.</summary>
    /// <param name="architecture"><c>x64</c> or <c>arm64</c>; the content is the same.</param>
    public static string FileName(string architecture) => $"actions-runner-linux-{architecture}-{Version}.tar.gz";

    /// <summary>The SHA-256 of the archive, in lower case hexadecimal digits. Equal content has an equal one.</summary>
    public static string Sha256 => Convert.ToHexStringLower(SHA256.HashData(s_bytes.Value));

    /// <summary>Writes the archive, a <c>tar.gz</c>.</summary>
    /// <param name="destination">Where to; it is left open.</param>
    public static void WriteTo(Stream destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        destination.Write(s_bytes.Value);
    }

    private static byte[] Make()
    {
        using var script = typeof(StandInRunnerArchive).Assembly.GetManifestResourceStream(Script)!;
        using var archive = new MemoryStream();
        using (var zip = new GZipStream(archive, CompressionLevel.NoCompression)) // small, and compressors differ in their output
        using (var tar = new TarWriter(zip, TarEntryFormat.Ustar))
        {
            var listener = Entry(TarEntryType.RegularFile, "bin/Runner.Listener");
            listener.DataStream = script;
            tar.WriteEntry(Entry(TarEntryType.Directory, "bin/"));
            tar.WriteEntry(listener);
        }

        return archive.ToArray();
    }

    // Nothing of the moment or the machine: equal content has equal bytes.
    private static UstarTarEntry Entry(TarEntryType type, string name) => new(type, name)
    {
        ModificationTime = DateTimeOffset.UnixEpoch,
        Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute,
    };
}
