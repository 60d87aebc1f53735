using System.Text;
using System.Text.Json;
using LambdaHost.Runtime;
using RunnerFleet.Http;

namespace LambdaHost.Http;

/// <summary>A request as API Gateway (HTTP API, payload 2.0; REST API, payload 1.0) or a function URL (2.0) hands it over.</summary>
internal sealed class HttpEvent : FleetHttpRequest, IDisposable
{
    private readonly JsonDocument _document;
    private readonly JsonElement _root;

    private HttpEvent(JsonDocument document, string method, string path) => (_document, _root, Method, Path) = (document, document.RootElement, method, path);

    public override string Method { get; }

    public override string Path { get; }

    /// <summary>Of a request, what it is; <see langword="null"/> for anything else. No caller of an address has a hand in what decides: the members at the top are made by AWS.</summary>
    /// <param name="payload">The payload of an invocation.</param>
    /// <param name="publicUrl">The address of the fleet; a path in it goes before those of the routes.</param>
    public static HttpEvent? TryRead(ReadOnlyMemory<byte> payload, string? publicUrl)
    {
        JsonDocument? document = null;
        HttpEvent? request = null;
        try
        {
            document = JsonDocument.Parse(payload);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("requestContext", out var context) && context.ValueKind == JsonValueKind.Object)
            {
                request = ReadSecond(root, context) is { } second ? new(document, second.Method, Below(second.Path, publicUrl))
                    : TextOf(root, "httpMethod") is { } method && TextOf(root, "path") is { } path ? new(document, method, Below(path, publicUrl))
                    : null;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: a text that is no Unicode
        {
            request = null;
        }

        if (request is null)
        {
            document?.Dispose();
        }

        return request;
    }

    public override IReadOnlyList<string?> GetHeader(string name)
    {
        if (Member("multiValueHeaders", name) is { ValueKind: JsonValueKind.Array } several)
        {
            return [.. several.EnumerateArray().Where(value => value.ValueKind == JsonValueKind.String).Select(value => value.GetString())];
        }

        return Member("headers", name) is { ValueKind: JsonValueKind.String } one ? [one.GetString()] : [];
    }

    public override ValueTask<FleetHttpBody> ReadBodyAsync(int limit, CancellationToken deadline) => new(ReadBody(limit));

    /// <summary>The answer in the shape that both payload versions take.</summary>
    public static FunctionAnswer Write(FleetHttpResponse response)
    {
        using var buffer = new MemoryStream(response.Body.Length + 512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("statusCode", response.Status);
            json.WriteStartObject("headers");
            foreach (var (name, value) in response.Headers)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
            json.WriteString("body", response.Body.Span);
            json.WriteBoolean("isBase64Encoded", false);
            json.WriteEndObject();
        }

        return FunctionAnswer.Of(buffer.ToArray());
    }

    public void Dispose() => _document.Dispose();

    private FleetHttpBody ReadBody(int limit)
    {
        try
        {
            if (!_root.TryGetProperty("body", out var body) || body.ValueKind != JsonValueKind.String)
            {
                return new();
            }

            var isBase64 = _root.TryGetProperty("isBase64Encoded", out var encoded) && encoded.ValueKind == JsonValueKind.True;
            var bytes = isBase64 ? body.GetBytesFromBase64() : Encoding.UTF8.GetBytes(body.GetString()!);
            return bytes.Length > limit ? FleetHttpBody.TooLarge(limit) : new() { Bytes = bytes };
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            return FleetHttpBody.Refused(400, "The body could not be read: it is neither base64 nor a text, as was announced.");
        }
    }

    private JsonElement? Member(string map, string name)
    {
        if (_root.TryGetProperty(map, out var members) && members.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in members.EnumerateObject())
            {
                if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return member.Value;
                }
            }
        }

        return null;
    }

    /// <summary>Payload 2.0: its path begins with the name of the stage, unless that is the default one.</summary>
    private static (string Method, string Path)? ReadSecond(JsonElement root, JsonElement context)
    {
        if (!context.TryGetProperty("http", out var http) || TextOf(http, "method") is not { } method || TextOf(root, "rawPath") is not { } path)
        {
            return null;
        }

        return (method, TextOf(context, "stage") is { Length: > 0 } stage and not "$default" ? Without("/" + stage, path) : path);
    }

    private static string Below(string path, string? publicUrl) =>
        Uri.TryCreate(publicUrl, UriKind.Absolute, out var url) && url.AbsolutePath.TrimEnd('/') is { Length: > 0 } prefix ? Without(prefix, path) : path;

    private static string Without(string prefix, string path) =>
        path.StartsWith(prefix, StringComparison.Ordinal) && path.Length > prefix.Length && path[prefix.Length] == '/' ? path[prefix.Length..] : path;

    private static string? TextOf(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
