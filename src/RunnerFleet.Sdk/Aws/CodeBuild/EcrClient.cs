using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Amazon.Runtime;
using RunnerFleet.Aws.Wire;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>Our client of ECR, as <c>AWSOptions.CreateServiceClient</c> makes clients.</summary>
internal interface IEcrClient : IAmazonService, IEcrApi, IDisposable
{
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties, typeof(AwsJsonConfig))]
    static ClientConfig IAmazonService.CreateDefaultClientConfig() => AwsPatience.Set(new AwsJsonConfig(EcrClient.Service));

    static IAmazonService IAmazonService.CreateDefaultServiceClient(AWSCredentials awsCredentials, ClientConfig clientConfig) => new EcrClient(awsCredentials, clientConfig);
}

internal sealed class EcrClient(AWSCredentials? credentials, ClientConfig config) : AwsJsonClient(Service, credentials, config), IEcrClient
{
    internal static AwsJsonService Service { get; } = new("ECR", "ecr", "AmazonEC2ContainerRegistry_V20150921", "2015-09-21")
    {
        HostPrefix = "api.ecr", // beside the registry itself, which has other hosts
        DualStackHostPrefix = "ecr",
    };

    public async Task<EcrImage?> DescribeImageAsync(EcrImageQuery query, CancellationToken cancellationToken)
    {
        var call = new DescribeImagesCall
        {
            RegistryId = query.RegistryId,
            RepositoryName = query.RepositoryName,
            ImageIds = [new() { ImageTag = query.ImageTag, ImageDigest = query.ImageDigest }],
        };
        try
        {
            var answer = await CallAsync("DescribeImages", call, EcrJson.Default.DescribeImagesCall, EcrJson.Default.DescribeImagesAnswer, cancellationToken).ConfigureAwait(false);
            return answer.ImageDetails is [var image, ..] ? image : null;
        }
        catch (AmazonServiceException error) when (error.ErrorCode == "ImageNotFoundException")
        {
            return null;
        }
    }
}

internal sealed record DescribeImagesCall
{
    public string? RegistryId { get; init; }

    public required string RepositoryName { get; init; }

    public required IReadOnlyList<EcrImageId> ImageIds { get; init; }
}

internal sealed record EcrImageId
{
    public string? ImageTag { get; init; }

    public string? ImageDigest { get; init; }
}

internal sealed record DescribeImagesAnswer
{
    public IReadOnlyList<EcrImage>? ImageDetails { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(AwsTimeConverter)])]
[JsonSerializable(typeof(DescribeImagesCall))]
[JsonSerializable(typeof(DescribeImagesAnswer))]
internal sealed partial class EcrJson : JsonSerializerContext;
