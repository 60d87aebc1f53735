namespace RunnerFleet.RunnerImage.Tests;

/// <summary>Looks at processes by /proc (proc(5)).</summary>
internal static class Processes
{
    /// <summary>Whether it runs; one that has ended and waits for its parent to notice does not.</summary>
    public static bool IsAlive(string pid)
    {
        try
        {
            var state = File.ReadAllText($"/proc/{pid}/stat");
            return state[(state.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>What a process was started with: its environment, or its command line.</summary>
    public static string Read(int pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}").Replace('\0', '\n');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>A process and all that descend from it.</summary>
    public static IReadOnlyList<int> FamilyOf(int pid)
    {
        var parents = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Select(name => int.TryParse(name, out var id) ? id : 0).Where(id => id > 0)
            .Select(id => (Id: id, Stat: Read(id, "stat"))).Where(p => p.Stat.Length > 0)
            .ToLookup(p => int.Parse(p.Stat[(p.Stat.LastIndexOf(')') + 2)..].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), p => p.Id);
        return Descend(pid);

        List<int> Descend(int id) => [id, .. parents[id].SelectMany(Descend)];
    }
}
