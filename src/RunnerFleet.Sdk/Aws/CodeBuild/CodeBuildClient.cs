using System.Diagnostics.CodeAnalysis;
using Amazon.Runtime;
using RunnerFleet.Aws.Wire;

namespace RunnerFleet.Aws.CodeBuild;

/// <summary>Our client of CodeBuild, as <c>AWSOptions.CreateServiceClient</c> makes clients.</summary>
internal interface ICodeBuildClient : IAmazonService, ICodeBuildApi, IDisposable
{
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties, typeof(AwsJsonConfig))]
    static ClientConfig IAmazonService.CreateDefaultClientConfig() => AwsPatience.Set(new AwsJsonConfig(CodeBuildClient.Service));

    static IAmazonService IAmazonService.CreateDefaultServiceClient(AWSCredentials awsCredentials, ClientConfig clientConfig) => new CodeBuildClient(awsCredentials, clientConfig);
}

internal sealed class CodeBuildClient(AWSCredentials? credentials, ClientConfig config) : AwsJsonClient(Service, credentials, config), ICodeBuildClient
{
    internal static AwsJsonService Service { get; } = new("CodeBuild", "codebuild", "CodeBuild_20161006", "2016-10-06");

    public async Task<CodeBuildBuild> StartBuildAsync(CodeBuildStart request, CancellationToken cancellationToken)
    {
        var answer = await CallAsync("StartBuild", StartBuildCall.Of(request), CodeBuildJson.Default.StartBuildCall, CodeBuildJson.Default.StartBuildAnswer, cancellationToken).ConfigureAwait(false);
        return answer.Build?.ToBuild() ?? throw new InvalidDataException("CodeBuild answered StartBuild without a build.");
    }

    public async Task<IReadOnlyList<CodeBuildBuild>> BatchGetBuildsAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var call = new BatchGetBuildsCall { Ids = ids };
        var answer = await CallAsync("BatchGetBuilds", call, CodeBuildJson.Default.BatchGetBuildsCall, CodeBuildJson.Default.BatchGetBuildsAnswer, cancellationToken).ConfigureAwait(false);
        return [.. answer.Builds?.Select(build => build.ToBuild()) ?? []];
    }

    public async Task<IReadOnlyList<string>> ListBuildsForProjectAsync(string projectName, CancellationToken cancellationToken)
    {
        var call = new ListBuildsForProjectCall { ProjectName = projectName };
        var answer = await CallAsync("ListBuildsForProject", call, CodeBuildJson.Default.ListBuildsForProjectCall, CodeBuildJson.Default.ListBuildsForProjectAnswer, cancellationToken).ConfigureAwait(false);
        return answer.Ids ?? [];
    }
}
