using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text;

namespace RunnerFleet.Hosts.Tests;

/// <summary>samples/AspNetHost as a process of its own: a clean environment and only the settings given.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private HostProcess(Process process) => _process = process;

    public static string Dotnet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";

    public static string Program { get; } = Path.GetFullPath(
        typeof(HostProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "AspNetHost").Value!);

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <param name="folder">Its working directory and home.</param>
    /// <param name="settings">Its settings, as environment variables.</param>
    /// <param name="command">The program and its arguments, for <c>dotnet</c>.</param>
    public static HostProcess Start(string folder, IEnumerable<KeyValuePair<string, string>> settings, IEnumerable<string> command)
    {
        var start = new ProcessStartInfo(Dotnet) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var part in command)
        {
            start.ArgumentList.Add(part);
        }

        foreach (var name in start.Environment.Keys.Where(name => !IsNeeded(name)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["HOME"] = folder;
        start.Environment["AWS_EC2_METADATA_DISABLED"] = "true"; // the role of a machine in EC2 is none of a test's
        foreach (var (name, value) in settings)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var host = new HostProcess(new Process { StartInfo = start });
        host._process.OutputDataReceived += (_, line) => host.Append(line.Data);
        host._process.ErrorDataReceived += (_, line) => host.Append(line.Data);
        host._process.Start();
        host._process.BeginOutputReadLine();
        host._process.BeginErrorReadLine();
        return host;
    }

    public Task WaitForExitAsync() => _process.WaitForExitAsync(TestContext.Current.CancellationToken);

    /// <summary>SIGKILL (Windows: TerminateProcess), of this one process only.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM: the host ends in good order.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private static bool IsNeeded(string name) =>
        name is "PATH" or "TMPDIR" or "TEMP" or "TMP" or "DOTNET_ROOT" || (OperatingSystem.IsWindows() && !name.StartsWith("RunnerFleet", StringComparison.OrdinalIgnoreCase) && !name.StartsWith("ASPNETCORE", StringComparison.OrdinalIgnoreCase));

    private void Append(string? line)
    {
        if (line is not null)
        {
            lock (_output)
            {
                _output.AppendLine(line);
            }
        }
    }
}
