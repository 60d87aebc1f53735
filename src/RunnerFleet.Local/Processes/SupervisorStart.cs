using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using RunnerFleet.Compute;

namespace RunnerFleet.Local.Processes;

/// <summary>How the launcher starts a supervisor.</summary>
internal sealed class SupervisorStart(ProcessLauncherOptions options)
{
    /// <summary>Starts the supervisor of a folder and tells it what to run. Its output is ours to read and to dispose of.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The program could not be started.</exception>
    public async Task<Process> StartAsync(ComputeFolder folder, LaunchRequest request)
    {
        var process = new Process { StartInfo = Describe(folder) };
        process.Start();
        try
        {
            var input = process.StandardInput;
            await using (input.ConfigureAwait(false))
            {
                await input.BaseStream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(HandOverOf(request), ProcessJson.Default.HandOver)).ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // It ended before it listened: whoever waits for it sees that.
        }

        return process;
    }

    private ProcessStartInfo Describe(ComputeFolder folder)
    {
        var command = options.Supervisor.Count > 0 ? [.. options.Supervisor] : ThisProgram();
        var start = new ProcessStartInfo(command[0], [.. command.Skip(1), RunnerSupervisor.Verb, folder.Path])
        {
            WorkingDirectory = folder.Path,
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (OperatingSystem.IsWindows())
        {
            start.CreateNewProcessGroup = true; // Ctrl+C for the host is none for its runners
        }

        ChildEnvironment.Reduce(start, options.PassEnvironment);
        start.Environment[ChildEnvironment.Marker] = folder.Identity.Token;
        return start;
    }

    /// <summary>The program that runs now: its own executable, or <c>dotnet</c> with its assembly.</summary>
    private static List<string> ThisProgram()
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("This program's own path is not known. Set the process launcher's Supervisor.");
        return Path.GetFileNameWithoutExtension(program) == "dotnet" && Assembly.GetEntryAssembly()?.Location is { Length: > 0 } assembly
            ? [program, assembly]
            : [program];
    }

    private HandOver HandOverOf(LaunchRequest request) => new()
    {
        Identity = request.Identity,
        Environment = request.Environment,
        RunnerFolder = options.RunnerFolder is { } runner ? Path.GetFullPath(runner) : null,
        Command = [.. options.Command],
        StopGraceSeconds = options.StopGraceSeconds,
    };
}
