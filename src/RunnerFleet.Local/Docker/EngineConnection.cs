using System.Net;
using System.Net.Sockets;
using Docker.DotNet;

namespace RunnerFleet.Local.Docker;

/// <summary>The way to one Docker engine, and how its failures are read.</summary>
internal sealed class EngineConnection : IDisposable
{
    public EngineConnection(Uri? endpoint)
    {
        Endpoint = endpoint ?? DefaultEndpoint;
        Client = new DockerClientBuilder().WithEndpoint(Endpoint).Build();
    }

    public Uri Endpoint { get; }

    public DockerClient Client { get; }

    /// <summary><c>DOCKER_HOST</c>, else the engine of this machine.</summary>
    public static Uri DefaultEndpoint => Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } given && Uri.TryCreate(given, UriKind.Absolute, out var uri)
        ? uri
        : new Uri(OperatingSystem.IsWindows() ? "npipe://./pipe/docker_engine" : "unix:///var/run/docker.sock");

    /// <summary>Whether nobody listens there, so that the request was not sent and nothing came of it.</summary>
    public static bool IsUnreachable(Exception exception) => exception switch
    {
        AggregateException { InnerExceptions: [var only] } => IsUnreachable(only),
        HttpRequestException { InnerException: SocketException socket } => IsUnreachable(socket),
        SocketException socket => socket.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable or SocketError.HostNotFound or SocketError.NetworkUnreachable or SocketError.HostUnreachable,
        _ => false,
    };

    /// <summary>Whether the engine said no such thing exists.</summary>
    public static bool IsNotFound(Exception exception) => exception is DockerApiException { StatusCode: HttpStatusCode.NotFound };

    /// <summary>What people read when it cannot be reached.</summary>
    public string UnreachableReason => $"The Docker engine cannot be reached at {Endpoint}. Is it running, and may this user open it?";

    public void Dispose() => Client.Dispose();
}
