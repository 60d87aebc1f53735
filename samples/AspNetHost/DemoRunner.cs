using System.Reflection;
using System.Runtime.InteropServices;
using RunnerFleet.Testing.GitHub;

namespace AspNetHost;

/// <summary>The demo's stand-in for GitHub's runner: this program, started again with one word.</summary>
internal static class DemoRunner
{
    private const string Word = "demo-runner";

    public static IReadOnlyList<string> Command
    {
        get
        {
            var program = Environment.ProcessPath ?? throw new InvalidOperationException("This program does not know its own path.");
            return Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase)
                ? [program, Assembly.GetEntryAssembly()!.Location, Word]
                : [program, Word];
        }
    }

    public static bool IsRequested(string[] args) => args is [Word];

    public static async Task<int> RunAsync()
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        var config = Environment.GetEnvironmentVariable("ACTIONS_RUNNER_INPUT_JITCONFIG") ?? "";
        return await StandInRunner.RunAsync(config, Console.Out, TimeProvider.System, stop.Token);
    }
}
