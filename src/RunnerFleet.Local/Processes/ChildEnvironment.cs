using System.Diagnostics;

namespace RunnerFleet.Local.Processes;

/// <summary>What a runner inherits of the host's environment: little, for the host's holds its secrets.</summary>
internal static class ChildEnvironment
{
    /// <summary>Marks every process of a compute's tree, and so lets them be found when their supervisor is dead.</summary>
    public const string Marker = "RUNNERFLEET_COMPUTE";

    private static readonly string[] Needed =
    [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "DOTNET_ROOT", "DOTNET_ROOT_X64", "DOTNET_ROOT_ARM64", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT",
        "SystemRoot", "SystemDrive", "windir", "ComSpec", "PATHEXT", "OS", "USERNAME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "ALLUSERSPROFILE", "ProgramData",
        "ProgramFiles", "ProgramFiles(x86)", "ProgramW6432", "CommonProgramFiles", "PROCESSOR_ARCHITECTURE", "NUMBER_OF_PROCESSORS",
    ];

    /// <summary>Leaves in a child's environment only what any program needs, and what <paramref name="passed"/> names.</summary>
    public static void Reduce(ProcessStartInfo start, IEnumerable<string> passed)
    {
        var comparer = OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        var kept = Needed.Concat(passed).ToHashSet(comparer);
        foreach (var name in start.Environment.Keys.Where(name => !kept.Contains(name)).ToList())
        {
            start.Environment.Remove(name);
        }
    }
}
