using System.Diagnostics;
using System.Reflection;

namespace RunnerFleet.Cli.Tests;

/// <summary>The tool as a process of its own: a home of its own, and only the variables given.</summary>
internal sealed class ToolProcess : IDisposable
{
    private static readonly string[] s_kept = ["PATH", "DOTNET_ROOT", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LANG"];

    private const string Script = "/usr/bin/script";

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("runnerfleet-cli");

    public static string Dotnet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";

    public static string Tool { get; } = Path.GetFullPath(typeof(ToolProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Tool").Value!);

    public Dictionary<string, string> Variables { get; } = new() { ["RUNNER_TABLE"] = CliWorld.Table, ["AWS_EC2_METADATA_DISABLED"] = "true" };

    /// <summary>The variables with which it reaches an account that stands in.</summary>
    public void Reach(Uri url, string accessKey, string secretKey, string region) =>
        (Variables["AWS_ENDPOINT_URL"], Variables["AWS_ACCESS_KEY_ID"], Variables["AWS_SECRET_ACCESS_KEY"], Variables["AWS_REGION"]) = (url.AbsoluteUri, accessKey, secretKey, region);

    /// <summary>Writes a file below the home folder.</summary>
    public void Write(string path, string content)
    {
        var file = Path.Combine(_home.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
    }

    public async Task<ToolRun> RunAsync(params string[] arguments) => await EndAsync(Start(Dotnet, [Tool, .. arguments]));

    public static bool CanMakeTerminals => OperatingSystem.IsLinux() && File.Exists(Script);

    /// <summary>What somebody at a terminal sees, who types something.</summary>
    public async Task<string> RunAtTerminalAsync(string typed, params string[] arguments)
    {
        var process = Start(Script, ["-qec", string.Join(' ', new[] { Dotnet, Tool }.Concat(arguments).Select(part => $"'{part}'")), "/dev/null"]);
        await process.StandardInput.WriteAsync(typed);
        await process.StandardInput.FlushAsync();
        return (await EndAsync(process)).Output;
    }

    /// <summary>Starts a program with the tool's surroundings.</summary>
    public Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _home.FullName, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => !s_kept.Contains(name, StringComparer.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["HOME"] = start.Environment["USERPROFILE"] = _home.FullName;
        foreach (var (name, value) in Variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    public static async Task<ToolRun> EndAsync(Process process)
    {
        using (process)
        {
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
            try
            {
                await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }

            return new((ExitCode)process.ExitCode, await output, await error);
        }
    }

    public void Dispose() => _home.Delete(recursive: true);
}
