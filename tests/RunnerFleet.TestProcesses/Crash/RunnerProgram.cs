using System.Runtime.InteropServices;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.TestProcesses.Crash;

/// <summary>A runner for the GitHub stand-in, as a program that ends on SIGTERM as the real one does.</summary>
internal static class RunnerProgram
{
    public static async Task<int> RunAsync()
    {
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        return await StandInRunner.RunAsync(Environment.GetEnvironmentVariable("ACTIONS_RUNNER_INPUT_JITCONFIG") ?? "", Console.Out, TimeProvider.System, stop.Token);
    }
}
