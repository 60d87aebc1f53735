using System.Net;
using System.Text.Json;
using Amazon.Runtime;

namespace RunnerFleet.Aws.Wire;

/// <summary>An error that a service answered. Callers go by <see cref="AmazonServiceException.ErrorCode"/>.</summary>
internal sealed class AwsJsonException : AmazonServiceException
{
    public AwsJsonException(string message, Exception innerException, ErrorType errorType, string errorCode, string? requestId, HttpStatusCode statusCode)
        : base(message, innerException, errorType, errorCode, requestId, statusCode)
    {
    }

    /// <summary>What a ConflictException of ECS names: the tasks that the token already stands for.</summary>
    public IReadOnlyList<string> ResourceIds { get; init; } = [];

    /// <summary>Whether an earlier send of the same request broke off: this refusal speaks of the last send only, and that one may have taken effect.</summary>
    public bool IsInDoubt { get; set; }
}

/// <summary>The body of an error. Proxies and load balancers answer for a service too, so it may be anything.</summary>
internal readonly record struct AwsJsonError(string? Code, string? Message, IReadOnlyList<string> ResourceIds)
{
    public static AwsJsonError Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object ? Read(document.RootElement) : new(null, null, []);
        }
        catch (JsonException)
        {
            return new(null, null, []);
        }
    }

    /// <summary>The code alone, of <c>namespace#Code:url</c>.</summary>
    public static string? Plain(string? code)
    {
        var plain = code?.Split(':', 2)[0];
        plain = plain?[(plain.LastIndexOf('#') + 1)..];
        return string.IsNullOrEmpty(plain) ? null : plain;
    }

    private static AwsJsonError Read(JsonElement error)
    {
        string? code = null, message = null;
        List<string> resourceIds = [];
        foreach (var member in error.EnumerateObject())
        {
            switch (member.Name)
            {
                case "__type" or "code" when member.Value.ValueKind == JsonValueKind.String:
                    code ??= Plain(member.Value.GetString());
                    break;
                case "message" or "Message" or "errorMessage" when member.Value.ValueKind == JsonValueKind.String:
                    message ??= member.Value.GetString();
                    break;
                case "resourceIds" when member.Value.ValueKind == JsonValueKind.Array:
                    resourceIds.AddRange(member.Value.EnumerateArray().Where(id => id.ValueKind == JsonValueKind.String).Select(id => id.GetString()!));
                    break;
            }
        }

        return new(code, message, resourceIds);
    }
}
