namespace RunnerFleet.Local.Processes;

/// <summary>A runner's own copy of the GitHub Actions runner: the runner writes its registration and its work beside its program.</summary>
internal static class RunnerCopy
{
    // What an earlier use of the folder left is not copied: registrations, logs, work.
    private static readonly HashSet<string> NotCopied = new(StringComparer.OrdinalIgnoreCase)
    {
        "_work", "_diag", ".runner", ".credentials", ".credentials_rsaparams", ".service",
    };

    /// <summary>The runner's program in a runner folder. It is started itself, not through run.sh, which hides its exit code and does not pass signals on.</summary>
    public static string ListenerOf(string folder) => Path.Combine(folder, "bin", OperatingSystem.IsWindows() ? "Runner.Listener.exe" : "Runner.Listener");

    /// <summary>Copies a runner folder.</summary>
    public static void Make(string source, string target, CancellationToken cancellationToken) => Copy(new DirectoryInfo(source), target, NotCopied, cancellationToken);

    private static void Copy(DirectoryInfo source, string target, HashSet<string> except, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(target);
        foreach (var entry in source.EnumerateFileSystemInfos().Where(entry => !except.Contains(entry.Name)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var copy = Path.Combine(target, entry.Name);
            if (entry.LinkTarget is { } link)
            {
                File.CreateSymbolicLink(copy, link);
            }
            else if (entry is DirectoryInfo directory)
            {
                Copy(directory, copy, [], cancellationToken);
            }
            else
            {
                File.Copy(entry.FullName, copy); // shares blocks where the file system can
            }
        }
    }
}
