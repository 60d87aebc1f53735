using System.Globalization;
using System.Security.Cryptography;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Local.Processes;

/// <summary>Where the folders of computes are: <c>&lt;root&gt;/&lt;fleet&gt;/&lt;runner&gt;-&lt;attempt&gt;</c>. Only names of that form ever become paths.</summary>
internal sealed class ComputeFolders
{
    private const int RunnerIdLength = 26;

    public ComputeFolders(string root)
    {
        Root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        MakePrivate(Root);
    }

    public string Root { get; }

    /// <summary>Gets the folder of an attempt, whether or not it exists; <see langword="null"/> where no compute can have such a name.</summary>
    public ComputeFolder? FolderOf(ComputeIdentity identity) =>
        IsFleet(identity.Fleet) && RunnerName.IsId(identity.RunnerId) && identity.Attempt >= 1
            ? new ComputeFolder(Path.Combine(Root, identity.Fleet, NameOf(identity)), identity)
            : null;

    /// <summary>Gets the folder that an id names; <see langword="null"/> where no compute can have such an id.</summary>
    public ComputeFolder? FolderOf(string id) => id.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash ? FolderOf(id[..slash], id[(slash + 1)..]) : null;

    /// <summary>What <see cref="ComputeRef.Id"/> says of a folder.</summary>
    public static string IdOf(ComputeIdentity identity) => $"{identity.Fleet}/{NameOf(identity)}";

    /// <summary>Lists a fleet's folders by name.</summary>
    public IReadOnlyList<ComputeFolder> ListFleet(string fleet)
    {
        if (!IsFleet(fleet))
        {
            throw new ArgumentException($"'{fleet}' is not a fleet's name.", nameof(fleet));
        }

        RequireRoot();
        try
        {
            return
            [
                .. new DirectoryInfo(Path.Combine(Root, fleet)).EnumerateDirectories()
                    .Select(directory => FolderOf(fleet, directory.Name))
                    .OfType<ComputeFolder>()
                    .OrderBy(folder => NameOf(folder.Identity), StringComparer.Ordinal),
            ];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Makes a folder with its first file, in one step. <see langword="false"/> when it is there already.</summary>
    public bool TryCreate(ComputeFolder folder, Action<ComputeFolder> writeFirstFile)
    {
        if (folder.Exists)
        {
            return false;
        }

        var fleet = Path.Combine(Root, folder.Identity.Fleet);
        MakePrivate(fleet);
        var unfinished = Path.Combine(fleet, $".new-{RandomNumberGenerator.GetHexString(16)}");
        MakePrivate(unfinished);
        try
        {
            writeFirstFile(new ComputeFolder(unfinished, folder.Identity));
            Directory.Move(unfinished, folder.Path); // fails where a folder with files is: of many that try, one wins
            return true;
        }
        catch (IOException) when (folder.Exists)
        {
            return false;
        }
        finally
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }
    }

    /// <summary>Removes a folder, so that it is there as a whole or not at all.</summary>
    public void Remove(ComputeFolder folder)
    {
        var gone = Path.Combine(Root, folder.Identity.Fleet, $".gone-{RandomNumberGenerator.GetHexString(16)}");
        Directory.Move(folder.Path, gone);
        Directory.Delete(gone, recursive: true);
    }

    /// <summary>Without the root nothing may be concluded: a disk may be missing.</summary>
    public void RequireRoot()
    {
        if (!Directory.Exists(Root))
        {
            throw new DirectoryNotFoundException($"The process launcher's folder {Root} is not there any more.");
        }
    }

    private static string NameOf(ComputeIdentity identity) => string.Create(CultureInfo.InvariantCulture, $"{identity.RunnerId}-{identity.Attempt}");

    private ComputeFolder? FolderOf(string fleet, string name)
    {
        if (name.Length < RunnerIdLength + 2 || name[RunnerIdLength] != '-'
            || !int.TryParse(name.AsSpan(RunnerIdLength + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var attempt))
        {
            return null;
        }

        var identity = new ComputeIdentity { Fleet = fleet, RunnerId = name[..RunnerIdLength], Attempt = attempt };
        return NameOf(identity) == name ? FolderOf(identity) : null;
    }

    private static bool IsFleet(string fleet) =>
        fleet.Length is > 0 and <= 16 && fleet.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static void MakePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
