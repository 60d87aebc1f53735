using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace RunnerFleet.Testing.GitHub;

/// <summary>A request, whichever way it came.</summary>
internal sealed record StandInRequest(string Method, string Path, string Query, string? Authorization, ReadOnlyMemory<byte> Body, string BaseUrl)
{
    private Dictionary<string, StringValues>? _query;

    public string[] Segments { get; } = Path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    public string? Parameter(string name) => (_query ??= QueryHelpers.ParseQuery(Query)).TryGetValue(name, out var value) ? value.ToString() : null;

    public string? Bearer => Authorization is { } header && header.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space
        && header[..space].ToLowerInvariant() is "bearer" or "token"
        ? header[(header.IndexOf(' ', StringComparison.Ordinal) + 1)..].Trim()
        : null;

    /// <summary>The body as a JSON object; <see langword="null"/> when it is none.</summary>
    public JsonObject? Json()
    {
        try
        {
            return JsonNode.Parse(Body.Span) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }
}

/// <summary>An answer, whichever way it goes.</summary>
internal sealed record StandInReply(int Status, JsonNode? Body = null)
{
    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The connection breaks instead of carrying this answer.</summary>
    public bool IsLost { get; init; }

    public static StandInReply Error(int status, string message) => new(status, new JsonObject
    {
        ["message"] = message,
        ["documentation_url"] = "https://docs.github.com/rest",
        ["status"] = status.ToString(System.Globalization.CultureInfo.InvariantCulture),
    });

    public static StandInReply NotFound() => Error(404, "Not Found");
}
