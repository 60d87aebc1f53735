using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using RunnerFleet.Tests;

namespace RunnerFleet.Hosts.Tests.Docker;

/// <summary>An engine of one test, to be stopped and restarted as the shared one may not be. Its containers use the machine's own network only.</summary>
internal sealed class OwnEngine : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runnerfleet-engine-").FullName;
    private readonly StringBuilder _log = new();
    private Process? _process;

    private OwnEngine() { }

    public Uri Url => new($"unix://{_folder}/docker.sock");

    public static void Needs()
    {
        var lacks = !OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess ? "only root on Linux can start one"
            : !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "dockerd"))) ? "there is no dockerd on PATH" : null;
        DockerEngine.Need(lacks is null ? null : $"An engine of this test's own is needed, and {lacks}.");
    }

    public static async Task<OwnEngine> StartAsync()
    {
        var engine = new OwnEngine();
        await engine.RestartAsync();
        return engine;
    }

    public HttpClient CreateClient() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Url.LocalPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    }) { BaseAddress = new Uri("http://docker/v1.41/"), Timeout = TimeSpan.FromMinutes(5) };

    /// <summary>Copies an image from the shared engine.</summary>
    public async Task TakeImageAsync(string image)
    {
        using var shared = DockerEngine.CreateClient();
        using var own = CreateClient();
        using var saved = await shared.GetAsync(new Uri($"images/{image}/get", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        saved.EnsureSuccessStatusCode();
        using var content = new StreamContent(await saved.Content.ReadAsStreamAsync());
        content.Headers.ContentType = new("application/x-tar");
        using var loaded = await own.PostAsync(new Uri("images/load?quiet=true", UriKind.Relative), content);
        loaded.EnsureSuccessStatusCode();
        Assert.DoesNotContain("errorDetail", await loaded.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>Starts the engine, again over what it had.</summary>
    public async Task RestartAsync()
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("unshare",
            [
                "--mount", // what it mounts goes with it
                "dockerd", "--host", Url.OriginalString, "--data-root", Path.Combine(_folder, "data"), "--exec-root", Path.Combine(_folder, "exec"), "--pidfile", Path.Combine(_folder, "pid"),
                "--iptables=false", // not "--bridge none": such an engine deletes the interface docker0, which is the shared one's
            ]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false },
        };
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var client = CreateClient();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (!await AnswersAsync(client))
        {
            Assert.False(patience.IsCancellationRequested || _process.HasExited, $"The engine did not start: {_log}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>SIGTERM: it stops its containers and ends.</summary>
    public async Task StopAsync()
    {
        if (_process is not { HasExited: false })
        {
            return;
        }

        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<bool> AnswersAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri("_ping", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void Append(string? line)
    {
        lock (_log)
        {
            _log.AppendLine(line);
        }
    }
}
