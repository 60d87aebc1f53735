using System.Globalization;
using System.Text;

namespace RunnerFleet.Local.Processes;

/// <summary>Reads <c>/proc</c> (proc(5)).</summary>
internal static class LinuxProcesses
{
    /// <summary>All processes that carry the mark in their environment, and all their descendants, except this very process.</summary>
    public static IReadOnlyList<TreeMember> Find(string mark)
    {
        var members = FindOnce(mark);
        return members.Count > 0 ? members : FindOnce(mark); // "nobody" must be true twice: a process can fork while the list is read
    }

    /// <summary>When a process started, in clock ticks since boot; <see langword="null"/> when it does not live.</summary>
    public static long? StartOf(int pid) => ReadStat(pid)?.StartedAt;

    private static List<TreeMember> FindOnce(string mark)
    {
        var marked = Encoding.UTF8.GetBytes($"{ChildEnvironment.Marker}={mark}\0");
        var processes = new Dictionary<int, (int Parent, long StartedAt, bool IsMarked)>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && ReadStat(pid) is { } stat)
            {
                processes[pid] = (stat.Parent, stat.StartedAt, Contains(TryRead(pid, "environ"), marked));
            }
        }

        return
        [
            .. from process in processes
               where process.Key != Environment.ProcessId && Belongs(process.Key)
               select new TreeMember(process.Key, process.Value.StartedAt, IsRoot: !Belongs(process.Value.Parent)),
        ];

        bool Belongs(int pid)
        {
            for (var generations = 0; generations < processes.Count && processes.TryGetValue(pid, out var process); generations++)
            {
                if (process.IsMarked)
                {
                    return true;
                }

                pid = process.Parent;
            }

            return false;
        }
    }

    private static (int Parent, long StartedAt)? ReadStat(int pid)
    {
        // pid (name) state ppid …: the name may hold anything, so read on from its last parenthesis. Field 22 is the start.
        var text = Encoding.Latin1.GetString(TryRead(pid, "stat"));
        var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 19 && fields[0] is not ("Z" or "X")
            ? (int.Parse(fields[1], CultureInfo.InvariantCulture), long.Parse(fields[19], CultureInfo.InvariantCulture))
            : null;
    }

    private static bool Contains(ReadOnlySpan<byte> environ, ReadOnlySpan<byte> variable)
    {
        for (var at = environ.IndexOf(variable); at >= 0;)
        {
            if (at == 0 || environ[at - 1] == 0)
            {
                return true;
            }

            environ = environ[(at + 1)..];
            at = environ.IndexOf(variable);
        }

        return false;
    }

    private static byte[] TryRead(int pid, string file)
    {
        try
        {
            return File.ReadAllBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{file}"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return []; // it ended, or is another user's
        }
    }
}
