using System.Net.Sockets;
using System.Security.Cryptography;
using RunnerFleet.Tests;

namespace RunnerFleet.Hosts.Tests.Docker;

/// <summary>Another way to the engine of the tests, shut at first: to a host behind it the engine is down.</summary>
internal sealed class EngineDoor : IAsyncDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"runnerfleet-{RandomNumberGenerator.GetHexString(10, lowercase: true)}.sock");
    private readonly CancellationTokenSource _shut = new();
    private readonly List<Task> _passages = [];
    private Socket? _listener;
    private Task _listening = Task.CompletedTask;

    public Uri Url => new("unix://" + _path);

    public void Open()
    {
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(_path));
        _listener.Listen();
        _listening = ListenAsync(_listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _shut.CancelAsync();
        await _listening;
        await Task.WhenAll(_passages);
        _listener?.Dispose();
        _shut.Dispose();
        File.Delete(_path);
    }

    private async Task ListenAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                _passages.Add(PassAsync(await listener.AcceptAsync(_shut.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            // shut
        }
    }

    private async Task PassAsync(Socket inside)
    {
        using var outside = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (inside)
        {
            try
            {
                await outside.ConnectAsync(new UnixDomainSocketEndPoint(DockerEngine.SocketPath), _shut.Token);
                await Task.WhenAll(CopyAsync(inside, outside), CopyAsync(outside, inside));
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
            {
                // one of the two has left
            }
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        await using var source = new NetworkStream(from, ownsSocket: false);
        await using var target = new NetworkStream(to, ownsSocket: false);
        await source.CopyToAsync(target, _shut.Token);
        to.Shutdown(SocketShutdown.Send);
    }
}
