using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace RunnerFleet.Hosts.Tests;

/// <summary>The processes of one fleet's runners, found by the mark in their environment (Linux, proc(5)).</summary>
internal static class Leftovers
{
    public static IReadOnlyList<int> Of(string fleet)
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        var mark = Encoding.UTF8.GetBytes($"RUNNERFLEET_COMPUTE={fleet}/");
        return [.. Directory.EnumerateDirectories("/proc")
            .Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && Environ(pid).AsSpan().IndexOf(mark) >= 0)];
    }

    /// <summary>Ends what a failed test left, so that it does not disturb the others.</summary>
    public static void Kill(string fleet)
    {
        foreach (var pid in Of(fleet))
        {
            try
            {
                using var process = Process.GetProcessById(pid);
                process.Kill();
                process.WaitForExit();
            }
            catch (ArgumentException)
            {
                // it ended by itself
            }
        }
    }

    public static void NeedsProcessScan() =>
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Whether a process is left behind is looked up in /proc, and signals are sent with kill: Linux only.");

    private static byte[] Environ(int pid)
    {
        try
        {
            return File.ReadAllBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/environ"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
