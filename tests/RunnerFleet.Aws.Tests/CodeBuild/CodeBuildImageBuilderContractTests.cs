using System.Globalization;
using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Images;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Aws.Tests.CodeBuild;

public sealed class CodeBuildImageBuilderContractTests : ImageBuilderContract
{
    private readonly CodeBuildWorld _world = new();
    private int _requests;

    protected override ValueTask<IImageBuilder> CreateBuilderAsync() => new(_world.AddHost());

    protected override ImageRequest CreateRequest() => new() { BaseImage = string.Create(CultureInfo.InvariantCulture, $"docker.io/library/debian:{++_requests}"), Architecture = "x64" };

    protected override ImageRequest CreateUnbuildableRequest() => new() { BaseImage = "docker.io/library/alpine:3.20", Architecture = "x64" };

    protected override ValueTask LetBuildEndAsync(ImageRequest request, string buildId)
    {
        if (request == CreateUnbuildableRequest())
        {
            _world.Aws.CodeBuild.End(buildId, "FAILED", "Error while executing command: bash build-image.sh. Reason: exit status 65");
        }
        else
        {
            _world.Aws.CodeBuild.Succeed(buildId);
        }

        return default;
    }

    protected override int? CountBuilds(ImageRequest request) => _world.Builds.Count(build => build.EnvironmentVariables[BuildVariables.BaseImage] == request.BaseImage);

    protected override ValueTask CleanUpAsync()
    {
        _world.Dispose();
        return default;
    }
}
