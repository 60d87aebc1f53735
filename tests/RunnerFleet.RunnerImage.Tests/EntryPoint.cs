using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace RunnerFleet.RunnerImage.Tests;

/// <summary><c>runner/entrypoint.sh</c> as a process, over a runner's home of its own with a <see cref="FakeListener"/> in it.</summary>
internal sealed class EntryPoint : IAsyncDisposable
{
    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly StringBuilder _output = new();
    private Process? _process;

    public EntryPoint(string listener)
    {
        Home = Directory.CreateTempSubdirectory("runnerfleet-image-").FullName;
        Directory.CreateDirectory(Path.Combine(Home, "bin"));
        WriteProgram("bin/Runner.Listener", FakeListener.Script(listener));
        Environment = new()
        {
            ["PATH"] = System.Environment.GetEnvironmentVariable("PATH")!,
            ["RUNNERFLEET_RUNNER_HOME"] = Home,
            ["RUNNERFLEET_RETRY_SECONDS"] = "1",
        };
    }

    public string Home { get; }

    /// <summary>All that it is started with.</summary>
    public Dictionary<string, string> Environment { get; }

    public int Id => _process!.Id;

    public bool HasExited => _process!.HasExited;

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

    /// <summary>A control plane's runner, ready to start.</summary>
    public static async Task<EntryPoint> ForAsync(ControlPlane plane, string listener, params IEnumerable<(string Name, string Value)> environment)
    {
        var entry = new EntryPoint(listener);
        foreach (var (name, value) in await plane.LaunchAsync())
        {
            entry.Environment[name] = value;
        }

        foreach (var (name, value) in environment)
        {
            entry.Environment[name] = value;
        }

        return entry;
    }

    /// <summary>The same, started.</summary>
    public static async Task<EntryPoint> StartAsync(ControlPlane plane, string listener, params IEnumerable<(string Name, string Value)> environment)
    {
        var entry = await ForAsync(plane, listener, environment);
        entry.Start();
        return entry;
    }

    public void Start()
    {
        _process?.Dispose();
        var start = new ProcessStartInfo("/bin/sh", [RunnerFolder.File("entrypoint.sh")]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment.Clear();
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Its exit code, once it and all that holds its output have ended.</summary>
    public async Task<int> EndAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        try
        {
            await _process!.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Not ended within 60 s (exited: {_process!.HasExited}):\n{Output}");
        }

        return _process.ExitCode;
    }

    public async Task EndsWithAsync(int code, params IEnumerable<string> saying)
    {
        var actual = await EndAsync();
        Assert.True(code == actual, $"{actual} instead of {code}:\n{Output}");
        Assert.All(saying, sentence => Assert.Contains(sentence, Output, StringComparison.Ordinal));
    }

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public Task UntilSaidAsync(string text) => Eventually.SoAsync(() => Output.Contains(text, StringComparison.Ordinal), () => $"the words '{text}' in:\n{Output}");

    /// <summary>Waits until the listener has noted this.</summary>
    public Task UntilSeenAsync(string name) => Eventually.SoAsync(() => File.Exists(PathOf("seen/" + name)), () => $"the listener's '{name}'; the output is:\n{Output}");

    /// <summary>What the listener noted.</summary>
    public string Seen(string name) => File.ReadAllText(PathOf("seen/" + name)).TrimEnd('\n');

    public string PathOf(string name) => Path.Combine(Home, name);

    public void WriteProgram(string name, string text)
    {
        File.WriteAllText(PathOf(name), text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(PathOf(name), Executable);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        Directory.Delete(Home, recursive: true);
    }

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
