using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace RunnerFleet.Local.Processes;

[UnsupportedOSPlatform("windows")]
internal static partial class UnixCalls
{
    public const int Kill = 9;
    public const int Terminate = 15;

    private const int SetChildSubreaper = 36; // prctl(2): PR_SET_CHILD_SUBREAPER

    public static void Signal(int pid, int signal) => _ = SendSignal(pid, signal);

    /// <summary>Leaves the terminal's session, so that Ctrl+C for the host is none for its runners.</summary>
    public static void LeaveSession() => _ = SetSid();

    /// <summary>Becomes the parent of descendants whose own parent ends, so that they stay in the tree.</summary>
    [SupportedOSPlatform("linux")]
    public static void AdoptOrphans() => _ = ProcessControl(SetChildSubreaper, 1, 0, 0, 0);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int SetSid();

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int ProcessControl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);
}
