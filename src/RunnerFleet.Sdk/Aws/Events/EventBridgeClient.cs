using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Amazon.Runtime;
using RunnerFleet.Aws.Wire;

namespace RunnerFleet.Aws.Events;

/// <summary>Our client of EventBridge, as <c>AWSOptions.CreateServiceClient</c> makes clients.</summary>
internal interface IEventBridgeClient : IAmazonService, IEventBridgeApi, IDisposable
{
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties, typeof(AwsJsonConfig))]
    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AwsJsonConfig(EventBridgeClient.Service);

    static IAmazonService IAmazonService.CreateDefaultServiceClient(AWSCredentials awsCredentials, ClientConfig clientConfig) => new EventBridgeClient(awsCredentials, clientConfig);
}

internal sealed class EventBridgeClient(AWSCredentials? credentials, ClientConfig config) : AwsJsonClient(Service, credentials, config), IEventBridgeClient
{
    internal static AwsJsonService Service { get; } = new("EventBridge", "events", "AWSEvents", "2015-10-07");

    public async Task<IReadOnlyList<EventBridgeResult>> PutEventsAsync(IReadOnlyList<EventBridgeEntry> entries, CancellationToken cancellationToken)
    {
        var call = new PutEventsCall
        {
            Entries = [.. entries.Select(entry => new PutEventsCallEntry(entry.Source, entry.DetailType, entry.Detail, entry.EventBusName, entry.Time?.ToUnixTimeMilliseconds() / 1000d))],
        };
        var answer = await CallAsync("PutEvents", call, EventBridgeJson.Default.PutEventsCall, EventBridgeJson.Default.PutEventsAnswer, cancellationToken).ConfigureAwait(false);
        return answer.Entries is { } results && results.Count == entries.Count ? results : throw new InvalidDataException($"EventBridge answered {answer.Entries?.Count ?? 0} results to {entries.Count} entries.");
    }
}

internal sealed record PutEventsCall
{
    public required IReadOnlyList<PutEventsCallEntry> Entries { get; init; }
}

internal sealed record PutEventsCallEntry(string Source, string DetailType, string Detail, string EventBusName, double? Time);

internal sealed record PutEventsAnswer
{
    public IReadOnlyList<EventBridgeResult>? Entries { get; init; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PutEventsCall))]
[JsonSerializable(typeof(PutEventsAnswer))]
internal sealed partial class EventBridgeJson : JsonSerializerContext;
