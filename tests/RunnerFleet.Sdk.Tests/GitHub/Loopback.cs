using System.Net;

namespace RunnerFleet.Tests.GitHub;

/// <summary>A few bytes of HTTP on a free port of 127.0.0.1: each request gets a status, perhaps a Location, and a body.</summary>
internal sealed class Loopback : IAsyncDisposable
{
    private readonly System.Net.Sockets.TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    private Loopback(System.Net.Sockets.TcpListener listener, Func<string, (int Status, string? Location, string Body)> answer)
    {
        _listener = listener;
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        _serving = ServeAsync(answer);
    }

    public Uri Url { get; }

    public static Task<Loopback> StartAsync(Func<string, (int Status, string? Location, string Body)> answer)
    {
        var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return Task.FromResult(new Loopback(listener, answer));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync(Func<string, (int Status, string? Location, string Body)> answer)
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var stream = client.GetStream();
                var request = new byte[16 * 1024];
                var length = await stream.ReadAsync(request, _stop.Token);
                var (status, location, body) = answer(System.Text.Encoding.ASCII.GetString(request, 0, length));
                var head = $"HTTP/1.1 {status} Answer\r\nConnection: close\r\nContent-Length: {body.Length}\r\n{(location is null ? "" : $"Location: {location}\r\n")}\r\n{body}";
                await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(head), _stop.Token);
            }
        }
        catch (Exception e) when (_stop.IsCancellationRequested && e is OperationCanceledException or System.Net.Sockets.SocketException)
        {
            // Stopped.
        }
    }
}
