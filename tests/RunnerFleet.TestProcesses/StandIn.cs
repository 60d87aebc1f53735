using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace RunnerFleet.TestProcesses;

/// <summary>Stands in for a runner's program. The variable <c>STAND_IN</c> says what it does.</summary>
internal static class StandIn
{
    public static async Task<int> RunAsync()
    {
        var (verb, argument) = Environment.GetEnvironmentVariable("STAND_IN")!.Split(' ', 2) is [var first, .. var rest] ? (first, rest.FirstOrDefault("")) : ("", "");
        switch (verb)
        {
            case "exit":
                return int.Parse(argument, CultureInfo.InvariantCulture);
            case "wait":
                return await WaitAsync();
            case "job":
                Console.WriteLine("Listening for Jobs");
                Console.WriteLine("2026-01-01 00:00:00Z: Running job: build");
                return await WaitAsync();
            case "stubborn":
                using (PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => context.Cancel = true))
                {
                    Console.WriteLine("Running job: stuck");
                    return await WaitAsync();
                }

            case "family": // a child with a child of its own, and a daemon whose parent is gone
                Start("parent wait");
                Start("daemon");
                return await WaitAsync();
            case "parent":
                Start(argument);
                return await WaitAsync();
            case "daemon":
                Start("wait");
                return 0;
            case "environment":
                await File.WriteAllLinesAsync(argument, Environment.GetEnvironmentVariables().Keys.Cast<string>().Select(name => $"{name}={Environment.GetEnvironmentVariable(name)}"));
                return 0;
            default:
                return 64;
        }
    }

    private static async Task<int> WaitAsync()
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);
        return 0;
    }

    private static void Start(string mode)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["stand-in"]);
        start.Environment["STAND_IN"] = mode;
        Process.Start(start)!.Dispose();
    }
}
