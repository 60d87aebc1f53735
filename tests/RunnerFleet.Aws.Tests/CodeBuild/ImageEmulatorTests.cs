using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Amazon.Runtime;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NSubstitute;
using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Tests.Aws;
using RunnerFleet.Aws.Wire;
using RunnerFleet.Images;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.Tests.CodeBuild;

/// <summary>The clients and the builder against an AWS that was not made for them. It builds nothing: a build has succeeded as soon as it is read, and its environment is not kept.</summary>
public sealed class ImageEmulatorTests(AwsEndpoint aws)
{
    private const string Region = "ap-south-2";

    private static readonly string s_run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)); // an emulator may outlive a run of the tests

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Builds_are_started_read_and_listed()
    {
        using var client = new CodeBuildClient(AwsEndpoint.Credentials, await ConfigAsync(CodeBuildClient.Service));
        var project = await CreateProjectAsync("builds");

        var first = await client.StartBuildAsync(Start(project, "1"), Cancel);
        var second = await client.StartBuildAsync(Start(project, "2"), Cancel);
        var read = await client.BatchGetBuildsAsync([first.Id, second.Id], Cancel);

        Assert.StartsWith(project + ":", first.Id, StringComparison.Ordinal);
        Assert.Equal(first.Id, CodeBuildId.Read(first.Id));
        Assert.Equal([first.Id, second.Id], read.Select(build => build.Id));
        Assert.All(read, build => Assert.False(build.IsRunning()));
        Assert.All(read, build => Assert.InRange(build.StartTime!.Value, TimeProvider.System.GetUtcNow().AddMinutes(-10), TimeProvider.System.GetUtcNow().AddMinutes(10)));
        Assert.All(read, build => Assert.NotNull(build.Link()));
        Assert.Equal(new HashSet<string> { first.Id, second.Id }, [.. await client.ListBuildsForProjectAsync(project, Cancel)]);
    }

    [Fact]
    public async Task A_project_that_is_not_there_is_an_error_with_its_code()
    {
        using var client = new CodeBuildClient(AwsEndpoint.Credentials, await ConfigAsync(CodeBuildClient.Service));

        var refused = await Assert.ThrowsAnyAsync<AmazonServiceException>(() => client.StartBuildAsync(Start("nowhere", "1"), Cancel));

        Assert.Equal("ResourceNotFoundException", refused.ErrorCode);
    }

    [Fact]
    public async Task Images_are_found_by_tag_and_digest_and_missing_ones_told_from_missing_repositories()
    {
        using var client = new EcrClient(AwsEndpoint.Credentials, await ConfigAsync(EcrClient.Service));
        var (name, _) = await CreateRepositoryAsync("images");
        var digest = await PutImageAsync(name, "t-1");

        var byTag = await client.DescribeImageAsync(new EcrImageQuery { RegistryId = "123456789012", RepositoryName = name, ImageTag = "t-1" }, Cancel);
        var byDigest = await client.DescribeImageAsync(new EcrImageQuery { RepositoryName = name, ImageDigest = digest }, Cancel);

        Assert.Equal((digest, digest), (byTag!.ImageDigest, byDigest!.ImageDigest));
        Assert.Equal(["t-1"], byDigest.ImageTags);
        Assert.NotNull(byTag.ImagePushedAt);
        Assert.Null(await client.DescribeImageAsync(new EcrImageQuery { RepositoryName = name, ImageTag = "t-2" }, Cancel));
        var nowhere = await Assert.ThrowsAnyAsync<AmazonServiceException>(() => client.DescribeImageAsync(new EcrImageQuery { RepositoryName = "nowhere", ImageTag = "t" }, Cancel));
        Assert.Equal("RepositoryNotFoundException", nowhere.ErrorCode);
    }

    [Fact]
    public async Task An_image_is_missing_then_built_and_then_ready()
    {
        using var codeBuild = new CodeBuildClient(AwsEndpoint.Credentials, await ConfigAsync(CodeBuildClient.Service));
        using var ecr = new EcrClient(AwsEndpoint.Credentials, await ConfigAsync(EcrClient.Service));
        var (name, uri) = await CreateRepositoryAsync("whole");
        var options = new CodeBuildImageOptions { Project = await CreateProjectAsync("whole"), RepositoryUri = uri };
        var fleet = Substitute.For<IOptionsMonitor<RunnerFleetOptions>>();
        fleet.CurrentValue.Returns(new RunnerFleetOptions());
        var builder = new CodeBuildImageBuilder(codeBuild, ecr, new InMemoryRunnerStore(), Options.Create(options), fleet, TimeProvider.System, NullLogger<CodeBuildImageBuilder>.Instance);

        Assert.IsType<ImageOutcome.Missing>(await builder.ResolveAsync(CodeBuildWorld.Ubuntu, Cancel));
        var building = Assert.IsType<ImageOutcome.Building>(await builder.EnsureAsync(CodeBuildWorld.Ubuntu, Cancel));
        Assert.Equal(building.BuildId, Assert.IsType<ImageOutcome.Building>(await builder.ResolveAsync(CodeBuildWorld.Ubuntu, Cancel)).BuildId);
        Assert.True(ImageTarget.TryRead(CodeBuildWorld.Ubuntu, options, out var target, out _));
        var digest = await PutImageAsync(name, target.Tag);

        Assert.Equal($"{uri}@{digest}", Assert.IsType<ImageOutcome.Ready>(await builder.ResolveAsync(CodeBuildWorld.Ubuntu, Cancel)).Image);
        await builder.ImageUnavailableAsync($"{uri}@{digest}", Cancel);
        Assert.IsType<ImageOutcome.Missing>(await builder.ResolveAsync(CodeBuildWorld.Ubuntu, Cancel));
    }

    private static CodeBuildStart Start(string project, string token) => new() { ProjectName = project, IdempotencyToken = token, PrivilegedModeOverride = true };

    private async Task<AwsJsonConfig> ConfigAsync(AwsJsonService service) => await aws.ConnectAsync(new AwsJsonConfig(service), Region);

    private async Task<string> CreateProjectAsync(string name)
    {
        using var client = new RawClient(CodeBuildClient.Service, AwsEndpoint.Credentials, await ConfigAsync(CodeBuildClient.Service));
        var project = $"{name}-{s_run}";
        var body = new JsonObject
        {
            ["name"] = project,
            ["source"] = new JsonObject { ["type"] = "S3", ["location"] = "bucket/runner.zip" },
            ["artifacts"] = new JsonObject { ["type"] = "NO_ARTIFACTS" },
            ["environment"] = new JsonObject { ["type"] = "LINUX_CONTAINER", ["image"] = "aws/codebuild/standard:7.0", ["computeType"] = "BUILD_GENERAL1_SMALL" },
            ["serviceRole"] = "arn:aws:iam::123456789012:role/builder",
        };
        await client.SendAsync("CreateProject", body.ToJsonString(), Cancel);
        return project;
    }

    private async Task<(string Name, string Uri)> CreateRepositoryAsync(string name)
    {
        using var client = new RawClient(EcrClient.Service, AwsEndpoint.Credentials, await ConfigAsync(EcrClient.Service));
        var repository = $"{name}-{s_run}";
        var answer = await client.SendAsync("CreateRepository", new JsonObject { ["repositoryName"] = repository }.ToJsonString(), Cancel);
        return (repository, answer.GetProperty("repository").GetProperty("repositoryUri").GetString()!);
    }

    private async Task<string> PutImageAsync(string repository, string tag)
    {
        using var client = new RawClient(EcrClient.Service, AwsEndpoint.Credentials, await ConfigAsync(EcrClient.Service));
        var layer = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(repository + tag)));
        var manifest = string.Create(CultureInfo.InvariantCulture, $$$"""
            {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":2,"digest":"{{{layer}}}"},"layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":7,"digest":"{{{layer}}}"}]}
            """);
        var answer = await client.SendAsync("PutImage", new JsonObject { ["repositoryName"] = repository, ["imageTag"] = tag, ["imageManifest"] = manifest }.ToJsonString(), Cancel);
        return answer.GetProperty("image").GetProperty("imageId").GetProperty("imageDigest").GetString()!;
    }
}
