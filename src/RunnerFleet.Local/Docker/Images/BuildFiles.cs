using System.Text.Json;

namespace RunnerFleet.Local.Docker;

/// <summary>
/// What is kept of one image's builds: a lock, a log, the last failure. Whoever holds the lock builds; the system lets go of it however its process ends,
/// so that a crash leaves an image that is merely missing.
/// </summary>
internal sealed class BuildFiles(string folder, string image)
{
    // Two names that become one file still differ in their content's hash.
    private readonly string _stem = Path.GetFullPath(Path.Combine(folder, image.Replace("/", "_", StringComparison.Ordinal).Replace(":", "_", StringComparison.Ordinal)));

    public string Log => _stem + ".log";

    public string Tar => _stem + ".tar";

    public Uri LogLink => new(Log);

    private string Lock => _stem + ".lock";

    private string Failure => _stem + ".failed.json";

    /// <summary>Whether somebody builds it now, in whatever process.</summary>
    public bool IsHeld()
    {
        try
        {
            using var look = new FileStream(Lock, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return false;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Takes the lock; <see langword="null"/> when somebody else builds it.</summary>
    public FileStream? TryHold()
    {
        const int Tries = 100; // many looks could come between; a folder that takes no lock at all is not asked for ever
        Directory.CreateDirectory(Path.GetDirectoryName(Lock)!);
        for (var i = 1; ; i++)
        {
            try
            {
                return new FileStream(Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(Lock) && i < Tries)
            {
                // Somebody builds, or somebody only looked just now: then nobody would build, if this were taken for an answer.
                if (IsHeld())
                {
                    return null;
                }
            }
        }
    }

    public ImageFailure? ReadFailure()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Failure), ImageJson.Default.ImageFailure);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null; // none, or one that a power cut left without its content
        }
    }

    /// <summary>Under the lock only.</summary>
    public void WriteFailure(ImageFailure failure)
    {
        var temporary = Failure + ".tmp";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(failure, ImageJson.Default.ImageFailure));
        File.Move(temporary, Failure, overwrite: true);
    }

    /// <summary>Under the lock only.</summary>
    public void DeleteFailure() => File.Delete(Failure);
}
