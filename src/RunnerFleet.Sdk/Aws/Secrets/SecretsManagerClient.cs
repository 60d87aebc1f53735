using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Amazon.Runtime;
using RunnerFleet.Aws.Wire;

namespace RunnerFleet.Aws.Secrets;

/// <summary>Our client of Secrets Manager, as <c>AWSOptions.CreateServiceClient</c> makes clients.</summary>
internal interface ISecretsManagerClient : IAmazonService, ISecretsManagerApi, IDisposable
{
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties, typeof(AwsJsonConfig))]
    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AwsJsonConfig(SecretsManagerClient.Service);

    static IAmazonService IAmazonService.CreateDefaultServiceClient(AWSCredentials awsCredentials, ClientConfig clientConfig) => new SecretsManagerClient(awsCredentials, clientConfig);
}

internal sealed class SecretsManagerClient(AWSCredentials? credentials, ClientConfig config) : AwsJsonClient(Service, credentials, config), ISecretsManagerClient
{
    internal static AwsJsonService Service { get; } = new("Secrets Manager", "secretsmanager", "secretsmanager", "2017-10-17");

    public Task<SecretValue> GetSecretValueAsync(string secretId, CancellationToken cancellationToken) =>
        CallAsync("GetSecretValue", new GetSecretValueCall { SecretId = secretId }, SecretsManagerJson.Default.GetSecretValueCall, SecretsManagerJson.Default.SecretValue, cancellationToken);
}

internal sealed record GetSecretValueCall
{
    public required string SecretId { get; init; }
}

[JsonSerializable(typeof(GetSecretValueCall))]
[JsonSerializable(typeof(SecretValue))]
internal sealed partial class SecretsManagerJson : JsonSerializerContext;
