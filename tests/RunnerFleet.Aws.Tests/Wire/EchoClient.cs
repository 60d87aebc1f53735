using System.Text.Json.Serialization;
using Amazon;
using Amazon.Runtime;
using RunnerFleet.Aws.Wire;

namespace RunnerFleet.Aws.Tests.Wire;

/// <summary>A service with one operation, on our part of the AWS SDK's pipeline.</summary>
internal sealed class EchoClient : AwsJsonClient
{
    public static readonly AwsJsonService Service = new("Echo", "echo", "Echo_20261101", "2026-11-01");
    public static readonly BasicAWSCredentials Credentials = new("AKIDEXAMPLE", "a secret key of the tests");

    private EchoClient(AwsJsonConfig config) : base(Service, Credentials, config) { }

    /// <summary>A client whose requests go to <paramref name="peer"/>.</summary>
    public static EchoClient Of(HttpMessageHandler peer, Action<AwsJsonConfig>? configure = null)
    {
        var config = new AwsJsonConfig(Service)
        {
            RegionEndpoint = RegionEndpoint.EUCentral1,
            HttpClientFactory = new PeerFactory(peer),
        };
        configure?.Invoke(config);
        return new EchoClient(config);
    }

    public Task<EchoAnswer> EchoAsync(string text, CancellationToken cancellationToken) =>
        CallAsync("Echo", new EchoCall { Text = text }, EchoJson.Default.EchoCall, EchoJson.Default.EchoAnswer, cancellationToken);
}

internal sealed record EchoCall
{
    public required string Text { get; init; }
}

internal sealed record EchoAnswer
{
    public string? Text { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EchoCall))]
[JsonSerializable(typeof(EchoAnswer))]
internal sealed partial class EchoJson : JsonSerializerContext;

/// <summary>Gives the AWS SDK an HTTP client that speaks to a handler of the tests.</summary>
internal sealed class PeerFactory(HttpMessageHandler peer) : HttpClientFactory
{
    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(peer, disposeHandler: false);

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
}
