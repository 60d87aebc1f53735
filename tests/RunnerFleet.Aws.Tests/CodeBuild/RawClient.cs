using System.Text.Json;
using System.Text.Json.Serialization;
using Amazon.Runtime;
using RunnerFleet.Aws.Wire;

namespace RunnerFleet.Aws.Tests.CodeBuild;

/// <summary>Sends a body as it is: what our clients would not say, and operations that only tests use.</summary>
internal sealed class RawClient(AwsJsonService service, AWSCredentials credentials, ClientConfig config) : AwsJsonClient(service, credentials, config)
{
    public async Task<JsonElement> SendAsync(string operation, string body, CancellationToken cancellationToken)
    {
        using var document = JsonDocument.Parse(body);
        var answer = await CallAsync(operation, document.RootElement, RawJson.Default.JsonElement, RawJson.Default.DictionaryStringJsonElement, cancellationToken);
        return JsonSerializer.SerializeToElement(answer, RawJson.Default.DictionaryStringJsonElement);
    }
}

[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(Dictionary<string, JsonElement>))]
internal sealed partial class RawJson : JsonSerializerContext;
