using System.ComponentModel;
using System.Diagnostics;

namespace RunnerFleet.Local.Processes;

/// <summary>One process of a compute. The time of its start tells it from another that later got the same id.</summary>
internal readonly record struct TreeMember(int Pid, long StartedAt, bool IsRoot);

/// <summary>
/// Finds, asks and kills the processes of one compute. On Linux all of them are found, whoever their parent is by now: by the mark in their environment,
/// and by descent from those that have it. Elsewhere only the supervisor and the runner are, by the records of them, and their descendants while they live:
/// on Windows a job object ends the others together with their supervisor; on macOS, processes that outlive both a killed supervisor and their runner stay unnoticed.
/// </summary>
internal static class ProcessTree
{
    private static readonly TimeSpan StartTolerance = TimeSpan.FromSeconds(2);

    /// <summary>All that live, except this very process.</summary>
    public static IReadOnlyList<TreeMember> Find(string mark, IEnumerable<ProcessRecord?> records) =>
        OperatingSystem.IsLinux() ? LinuxProcesses.Find(mark) : [.. records.OfType<ProcessRecord>().Select(AsMember).OfType<TreeMember>()];

    /// <summary>Asks those without a parent among them to end, where the system has such a thing.</summary>
    public static void Ask(IReadOnlyList<TreeMember> members)
    {
        foreach (var member in members.Where(member => member.IsRoot && IsStill(member)))
        {
            if (!OperatingSystem.IsWindows())
            {
                UnixCalls.Signal(member.Pid, UnixCalls.Terminate);
            }
        }
    }

    /// <summary>Kills them.</summary>
    public static void Kill(IReadOnlyList<TreeMember> members)
    {
        foreach (var member in members.Where(IsStill))
        {
            if (OperatingSystem.IsLinux())
            {
                UnixCalls.Signal(member.Pid, UnixCalls.Kill);
            }
            else
            {
                KillWithDescendants(member);
            }
        }
    }

    private static bool IsStill(TreeMember member) =>
        OperatingSystem.IsLinux() ? LinuxProcesses.StartOf(member.Pid) == member.StartedAt : StartOf(member.Pid)?.UtcTicks == member.StartedAt;

    private static TreeMember? AsMember(ProcessRecord record) =>
        record.Pid != Environment.ProcessId && StartOf(record.Pid) is { } start && (start - record.ProcessStartedAt).Duration() < StartTolerance
            ? new TreeMember(record.Pid, start.UtcTicks, IsRoot: true)
            : null;

    private static DateTimeOffset? StartOf(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return process.HasExited ? null : process.StartTime;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }

    private static void KillWithDescendants(TreeMember member)
    {
        try
        {
            using var process = Process.GetProcessById(member.Pid);
            process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended by itself, or some of it cannot be killed: the next look shows.
        }
    }
}
