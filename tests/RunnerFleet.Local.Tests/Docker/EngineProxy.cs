using System.Net.Sockets;
using System.Text;

namespace RunnerFleet.Local.Tests.Docker;

/// <summary>Stands between a launcher and the engine, and can hold a request back, lose the reply to it, or fail it.</summary>
internal sealed class EngineProxy : IAsyncDisposable
{
    private static readonly byte[] FullDisk = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: 40\r\nConnection: close\r\n\r\n{\"message\":\"no space left on device\"}   "u8.ToArray();

    private readonly string _folder = Directory.CreateTempSubdirectory("rf-proxy-").FullName;
    private readonly string _engine;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    public EngineProxy(string engineSocket)
    {
        _engine = engineSocket;
        var path = Path.Combine(_folder, "docker.sock");
        Endpoint = new Uri("unix://" + path);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public Uri Endpoint { get; }

    /// <summary>Called with the request line before it is passed on.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Whether the connection breaks as soon as the engine has answered this request line.</summary>
    public Func<string, bool> LosesReplyTo { get; set; } = _ => false;

    /// <summary>Which request lines fail unsent, as if the engine's disk were full.</summary>
    public Func<string, bool> Fails { get; set; } = _ => false;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stopping.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptAsync(_stopping.Token)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var engine = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (client)
        {
            var loses = false;
            try
            {
                await engine.ConnectAsync(new UnixDomainSocketEndPoint(_engine), _stopping.Token);
                await Task.WhenAny(PumpAsync(client, engine, async bytes =>
                {
                    var line = Encoding.ASCII.GetString(bytes.Span).Split("\r\n")[0];
                    if (line.EndsWith(" HTTP/1.1", StringComparison.Ordinal))
                    {
                        await Before(line);
                        loses = LosesReplyTo(line);
                        if (Fails(line))
                        {
                            await client.SendAsync(FullDisk, _stopping.Token);
                            await DrainAsync(client);
                            return false;
                        }
                    }

                    return true;
                }), PumpAsync(engine, client, _ => Task.FromResult(!loses)));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException)
            {
                // One side has gone: so does the other.
            }
        }
    }

    /// <summary>Takes what still comes, until the other side ends: a socket that is closed over unread bytes takes the answer with it.</summary>
    private async Task DrainAsync(Socket client)
    {
        client.Shutdown(SocketShutdown.Send);
        var buffer = new byte[64 * 1024];
        while (await client.ReceiveAsync(buffer, SocketFlags.None, _stopping.Token) > 0)
        {
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Func<ReadOnlyMemory<byte>, Task<bool>> passes)
    {
        try
        {
            var buffer = new byte[64 * 1024];
            while (await from.ReceiveAsync(buffer, SocketFlags.None, _stopping.Token) is > 0 and var count && await passes(buffer.AsMemory(0, count)))
            {
                await to.SendAsync(buffer.AsMemory(0, count), SocketFlags.None, _stopping.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side has gone.
        }
    }
}
