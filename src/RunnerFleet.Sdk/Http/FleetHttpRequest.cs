using System.Globalization;

namespace RunnerFleet.Http;

/// <summary>A request as a host received it.</summary>
public abstract class FleetHttpRequest
{
    /// <summary>Such as <c>POST</c>.</summary>
    public abstract string Method { get; }

    /// <summary>The path below whatever prefix the host gives the routes, such as <c>/webhook</c>.</summary>
    public abstract string Path { get; }

    /// <summary>The values of a header, whose name is looked up without regard to case; none where the request has no such header.</summary>
    public abstract IReadOnlyList<string?> GetHeader(string name);

    /// <summary>Reads the whole body, but no more than a limit and no longer than a deadline.</summary>
    /// <param name="limit">The most bytes.</param>
    /// <param name="deadline">Ends the wait.</param>
    public abstract ValueTask<FleetHttpBody> ReadBodyAsync(int limit, CancellationToken deadline);

    /// <summary>The header as one text, as its values would stand in one line; <see langword="null"/> where there is none.</summary>
    internal string? HeaderLine(string name) => GetHeader(name) switch
    {
        [] => null,
        [var only] => only ?? "",
        var several => string.Join(",", several),
    };
}

/// <summary>A body that was read, or what to answer in its place.</summary>
public sealed class FleetHttpBody
{
    /// <summary>The bytes, as they were signed.</summary>
    public ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>Why there are none; <see langword="null"/> where the body was read.</summary>
    public FleetHttpResponse? Refusal { get; init; }

    /// <summary>The body is longer than what is taken.</summary>
    /// <param name="limit">The most bytes that are.</param>
    public static FleetHttpBody TooLarge(int limit) =>
        Refused(413, string.Create(CultureInfo.InvariantCulture, $"The body is larger than {limit} bytes, the most that this address takes."));

    /// <summary>The body could not be read.</summary>
    /// <param name="status">The status to answer.</param>
    /// <param name="detail">A sentence.</param>
    public static FleetHttpBody Refused(int status, string detail) => new() { Refusal = FleetHttpResponse.Problem(status, detail) };
}
