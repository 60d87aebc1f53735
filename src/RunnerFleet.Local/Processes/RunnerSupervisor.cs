using System.Text.Json;

namespace RunnerFleet.Local.Processes;

/// <summary>
/// Looks after one runner, in a process of its own that outlives the host: claims the registration, starts the runner, and ends its whole process tree.
/// The process launcher starts it from the host's own program, which therefore begins with:
/// <code>if (RunnerSupervisor.IsRequested(args)) return await RunnerSupervisor.RunAsync(args);</code>
/// </summary>
public static class RunnerSupervisor
{
    internal const string Verb = "runnerfleet-supervise";

    private static volatile bool s_entryPointIsAble;

    /// <summary>Whether this program asks <see cref="IsRequested"/>; started anew, it would otherwise be a second host.</summary>
    internal static bool IsEntryPointAble => s_entryPointIsAble;

    /// <summary>Says whether this process was started to be a supervisor.</summary>
    /// <param name="args">The arguments of the program.</param>
    public static bool IsRequested(string[] args)
    {
        s_entryPointIsAble = true;
        return args is [Verb, ..];
    }

    /// <summary>Is the supervisor, until its runner has ended.</summary>
    /// <param name="args">The arguments of the program.</param>
    /// <returns>The exit code for the process.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [Verb, var path])
        {
            await Console.Error.WriteLineAsync($"Usage: {Verb} <folder>. The process launcher calls this; people do not.").ConfigureAwait(false);
            return SupervisorExitCodes.BadCall;
        }

        StandAlone();
        if (await ReadHandOverAsync().ConfigureAwait(false) is not { } handOver)
        {
            await Console.Error.WriteLineAsync("The supervisor was not told what to run: its launcher ended too early.").ConfigureAwait(false);
            return SupervisorExitCodes.BadCall;
        }

        using var supervision = new Supervision(new ComputeFolder(path, handOver.Identity), handOver, TimeProvider.System);
        return await supervision.RunAsync().ConfigureAwait(false);
    }

    private static void StandAlone()
    {
        if (OperatingSystem.IsWindows())
        {
            WindowsJob.Enter();
            return;
        }

        UnixCalls.LeaveSession();
        if (OperatingSystem.IsLinux())
        {
            UnixCalls.AdoptOrphans();
        }
    }

    private static async Task<HandOver?> ReadHandOverAsync()
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(Console.OpenStandardInput(), ProcessJson.Default.HandOver).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
