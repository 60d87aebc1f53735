using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Docker.DotNet;

namespace RunnerFleet.Local.Docker;

/// <summary>The way to one Docker engine, and how its failures are read.</summary>
/// <remarks>
/// Requests name no API version unless <c>DOCKER_API_VERSION</c> does: the engine then answers in its own newest one
/// (<see href="https://docs.docker.com/reference/api/engine/#versioned-api-and-sdk"/>). So an old engine and one that refuses old versions are both
/// understood, also when the engine is replaced while this host runs.
/// </remarks>
internal sealed class EngineConnection : IDisposable
{
    private const int MaxWords = 500;

    private string? _id;

    public EngineConnection(Uri? endpoint)
    {
        Endpoint = endpoint ?? DefaultEndpoint;
        Client = new DockerClientBuilder().WithEndpoint(Endpoint).WithApiVersion(RequestedApiVersion).Build();
    }

    public Uri Endpoint { get; }

    public DockerClient Client { get; }

    /// <summary><c>DOCKER_HOST</c>, else the engine of this machine.</summary>
    public static Uri DefaultEndpoint => Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } given && Uri.TryCreate(given, UriKind.Absolute, out var uri)
        ? uri
        : new Uri(OperatingSystem.IsWindows() ? "npipe://./pipe/docker_engine" : "unix:///var/run/docker.sock");

    private static Version? RequestedApiVersion => Version.TryParse(Environment.GetEnvironmentVariable("DOCKER_API_VERSION"), out var version) ? version : null;

    /// <summary>Whether nobody listens there, so that the request was not sent and nothing came of it.</summary>
    public static bool IsUnreachable(Exception exception) => exception switch
    {
        AggregateException several => several.InnerExceptions.All(IsUnreachable), // one for each address of a name
        HttpRequestException { InnerException: SocketException socket } => IsUnreachable(socket),
        SocketException socket => socket.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable or SocketError.AccessDenied
            or SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NetworkUnreachable or SocketError.HostUnreachable,
        _ => false,
    };

    /// <summary>Whether the exception tells of the engine or the way to it, and not of a mistake in this program.</summary>
    public static bool IsTrouble(Exception exception) => exception switch
    {
        AggregateException several => several.InnerExceptions.All(IsTrouble),
        DockerApiException or HttpRequestException or IOException or SocketException or TimeoutException or OperationCanceledException or JsonException => true,
        _ => false,
    };

    /// <summary>Whether the engine said no such thing exists.</summary>
    public static bool IsNotFound(Exception exception) => exception is DockerApiException { StatusCode: HttpStatusCode.NotFound };

    /// <summary>Whether the engine said that the thing is in another state than the request needs, or has that name already.</summary>
    public static bool IsConflict(Exception exception) => exception is DockerApiException { StatusCode: HttpStatusCode.Conflict };

    /// <summary>The engine's own words where it answered, fit to be stored and shown.</summary>
    public static string WordsOf(DockerApiException exception)
    {
        try
        {
            using var body = JsonDocument.Parse(exception.ResponseBody ?? "");
            if (body.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("message", out var message) && message.GetString() is { Length: > 0 } words)
            {
                return words.ToOneLine(MaxWords).Trim();
            }
        }
        catch (JsonException)
        {
            // Not an engine's answer: whatever stands between.
        }

        return $"status {(int)exception.StatusCode}";
    }

    /// <summary>What people read when it cannot be reached.</summary>
    public string UnreachableReason => $"The Docker engine cannot be reached at {Endpoint}. Is it running, and may this user open it?";

    /// <summary>What people read when something went wrong on the way to it.</summary>
    public string TroubleReason(Exception exception) => exception switch
    {
        _ when IsUnreachable(exception) => UnreachableReason,
        DockerApiException answer => $"The Docker engine at {Endpoint} answered: {WordsOf(answer)}",
        _ => $"The Docker engine at {Endpoint} did not answer ({exception.GetType().Name}).",
    };

    /// <summary>
    /// The engine's own id: equal for all its hosts, whatever way they reach it, and kept over its restarts. Two machines with the same path to a socket have
    /// two engines, and what is absent on one may run on the other: so the address would not do.
    /// </summary>
    public async Task<string> GetIdAsync(CancellationToken cancellationToken) =>
        _id ??= (await Client.System.GetSystemInfoAsync(cancellationToken).ConfigureAwait(false)).ID ?? "";

    /// <summary>After a failure another engine may be there.</summary>
    public void ForgetId() => _id = null;

    public void Dispose() => Client.Dispose();
}
