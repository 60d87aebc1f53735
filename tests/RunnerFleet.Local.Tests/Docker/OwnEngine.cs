using System.Diagnostics;
using System.Net.Sockets;
using RunnerFleet.Tests;

namespace RunnerFleet.Local.Tests.Docker;

/// <summary>
/// A Docker engine for one test, which may end it. It lives in a network namespace of its own: an engine without a bridge deletes the interface docker0
/// that it finds, which would be that of the machine's own engine. Its containers share that empty network.
/// </summary>
internal sealed class OwnEngine : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("rf-engine-").FullName;
    private Process? _process;

    public Uri Endpoint => new("unix://" + SocketPath);

    public string SocketPath => Path.Combine(_folder, "docker.sock");

    /// <summary>Starts one that has an image of the tests' engine.</summary>
    public static async Task<OwnEngine> StartAsync(string image)
    {
        var isThere = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "dockerd")));
        DockerEngine.Need(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && isThere ? null : "Only root on Linux can start an engine of its own, and dockerd must be on PATH.");
        var engine = new OwnEngine();
        try
        {
            await engine.BeginAsync();
            using var from = DockerEngine.CreateClient();
            using var to = engine.CreateClient();
            await using var archive = await from.GetStreamAsync(new Uri($"images/{image}/get", UriKind.Relative));
            using var content = new StreamContent(archive);
            content.Headers.ContentType = new("application/x-tar");
            using var loaded = await to.PostAsync(new Uri("images/load", UriKind.Relative), content);
            loaded.EnsureSuccessStatusCode();
            Assert.Contains("Loaded image", await loaded.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    public HttpClient CreateClient() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    }) { BaseAddress = new Uri("http://docker/"), Timeout = TimeSpan.FromMinutes(2) };

    public async Task BeginAsync()
    {
        var start = new ProcessStartInfo("unshare", ["--net", "--mount", "dockerd", "--host", Endpoint.ToString(), "--data-root", In("data"), "--exec-root", In("exec"), "--pidfile", In("pid"), "--bridge", "none", "--iptables=false"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!await AnswersAsync())
        {
            Assert.False(_process.HasExited, "The engine ended at its start.");
            Assert.False(patience.IsCancellationRequested, "The engine did not start.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>Ends it as a machine that shuts down does: its containers are stopped.</summary>
    public async Task EndAsync()
    {
        using (_process)
        {
            using var kill = Process.Start("kill", [_process!.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
            await _process.WaitForExitAsync().WaitAsync(Patience, TimeProvider.System);
        }

        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await EndAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = CreateClient();
            using var answer = await client.GetAsync(new Uri("_ping", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private string In(string name) => Path.Combine(_folder, name);
}
