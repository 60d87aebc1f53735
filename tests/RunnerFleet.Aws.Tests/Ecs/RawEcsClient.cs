using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using RunnerFleet.Aws.Wire;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.Aws.Tests.Ecs;

/// <summary>Sends ECS whatever a test writes, to see what it makes of it.</summary>
internal sealed class RawEcsClient : AwsJsonClient
{
    private static readonly AwsJsonService s_service = new("ECS", "ecs", "AmazonEC2ContainerServiceV20141113", "2014-11-13");

    private RawEcsClient(AwsJsonConfig config) : base(s_service, AwsStandIn.Credentials, config) { }

    public static RawEcsClient Of(AwsStandIn aws)
    {
        var config = new AwsJsonConfig(s_service) { MaxErrorRetry = 0 };
        aws.Connect(config);
        return new RawEcsClient(config);
    }

    public async Task<JsonObject> CallAsync(string operation, JsonObject body, CancellationToken cancellationToken) =>
        (await CallAsync(operation, body, RawJson.Default.JsonObject, RawJson.Default.RawAnswer, cancellationToken)).Members;
}

internal sealed class RawAnswer
{
    [JsonExtensionData]
    public JsonObject Members { get; set; } = [];
}

[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(RawAnswer))]
internal sealed partial class RawJson : JsonSerializerContext;
