using System.Text.RegularExpressions;
using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Images;

namespace RunnerFleet.Aws.Tests.CodeBuild;

/// <summary>What an image is called, and what its build is told.</summary>
public sealed partial class ImageTargetTests
{
    private static CodeBuildImageOptions Options { get; } = new() { Project = "image-builder", RepositoryUri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/runners" };

    [Theory]
    [InlineData("ubuntu:22.04", "x64", @"ubuntu-22\.04-x64-[0-9a-f]{24}")]
    [InlineData("docker.io/library/ubuntu:22.04", "arm64", @"ubuntu-22\.04-arm64-[0-9a-f]{24}")]
    [InlineData("ghcr.io/acme/tools/Build_Box", "x64", null)]
    [InlineData("ghcr.io/acme/tools/build__box:V1_2", "x64", @"acme-tools-build__box-V1_2-x64-[0-9a-f]{24}")]
    [InlineData("ubuntu@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "x64", @"ubuntu-x64-[0-9a-f]{24}")]
    public void A_tag_can_be_read_and_ends_in_its_content(string image, string architecture, string? tag)
    {
        var isRead = ImageTarget.TryRead(new ImageRequest { BaseImage = image, Architecture = architecture }, Options, out var target, out var refusal);

        Assert.Equal(tag is not null, isRead);
        Assert.Equal(tag is null, refusal is not null);
        if (tag is not null)
        {
            Assert.Matches($@"\A{tag}\z", target!.Tag);
        }
    }

    [Fact]
    public void The_longest_name_makes_a_tag_that_ECR_takes()
    {
        var longest = $"ghcr.io/{string.Join('/', Enumerable.Repeat("abcdefghij", 21))}:{new string('T', 128)}";

        var tag = TagOf(longest);

        Assert.InRange(tag.Length, 1, 128);
        Assert.Matches(EcrTag(), tag);
        Assert.True(ImageTarget.IsTag(tag));
    }

    [Fact]
    public void Names_that_read_alike_are_different_images()
    {
        string[] alike = ["ghcr.io/acme/app:1", "ghcr.io/acme-app:1", "quay.io/acme/app:1", "ghcr.io/acme/app-1:latest", "ghcr.io/acme/app:1@sha256:" + new string('a', 64)];

        Assert.Equal(alike.Length, alike.Select(TagOf).Distinct().Count());
    }

    [Fact]
    public void One_image_under_two_spellings_is_one_image() =>
        Assert.Equal(TagOf("ubuntu:22.04"), TagOf("index.docker.io/library/ubuntu:22.04"));

    [Fact]
    public void All_that_goes_into_an_image_makes_another_one()
    {
        Action<CodeBuildImageOptions>[] changes =
        [
            _ => { },
            o => o.SourceVersion = "1",
            o => o.SourceVersion = "2",
            o => o.RunnerVersion = "2.338.0",
            o => o.RunnerVersion = "2.339.0",
            o => o.BuildArguments["A"] = "1",
            o => o.BuildArguments["A"] = "2",
            o => o.BuildArguments["A1"] = "",
            o => o.Project = "another-builder",
        ];

        Assert.Equal(changes.Length, changes.Select(change => TagOf("ubuntu:22.04", change)).Distinct().Count());
        Assert.NotEqual(TagOf("ubuntu:22.04"), TagOf("ubuntu:22.04", architecture: "arm64"));
    }

    [Fact]
    public void What_does_not_go_into_an_image_makes_no_other()
    {
        Action<CodeBuildImageOptions>[] changes = [o => o.BuildTimeoutMinutes = 90, o => o.MaxTries = 9, o => o.RefreshAfterDays = 0, o => o.ArmProject = "arm-builder", o => o.CacheSeconds = 1];

        Assert.All(changes, change => Assert.Equal(TagOf("ubuntu:22.04"), TagOf("ubuntu:22.04", change)));
    }

    [Theory]
    [InlineData("", "x64")]
    [InlineData("ubuntu;rm -rf /", "x64")]
    [InlineData("ubuntu:$(id)", "x64")]
    [InlineData("ubuntu:22.04\n", "x64")]
    [InlineData("localhost/ubuntu", "x64")]
    [InlineData("169.254.169.254/ubuntu", "x64")]
    [InlineData("--build-arg=x", "x64")]
    [InlineData("ubuntu:22.04", "riscv64")]
    [InlineData("ubuntu:22.04", "")]
    public async Task What_is_no_image_is_refused_at_this_edge_too_and_nothing_is_asked(string image, string architecture)
    {
        using var world = new CodeBuildWorld();
        var host = world.AddHost();
        var request = new ImageRequest { BaseImage = image, Architecture = architecture };

        Assert.Null(Assert.IsType<ImageOutcome.Failed>(await host.ResolveAsync(request, world.Cancel)).RetryAfter);
        Assert.IsType<ImageOutcome.Failed>(await host.EnsureAsync(request, world.Cancel));
        Assert.Empty(world.Aws.Calls);
    }

    [Fact]
    public async Task A_build_is_told_what_to_build_by_our_names_and_by_those_of_the_original_project()
    {
        using var world = new CodeBuildWorld();
        await world.AddHost(o =>
        {
            (o.SourceVersion, o.RunnerVersion, o.BuildTimeoutMinutes, o.QueueTimeoutMinutes) = ("v1", "2.338.0", 15, 20);
            o.BuildArguments["RUNNER_SHA256_X64"] = "abc \"quoted\" $HOME";
        }, fleet: "blue").EnsureAsync(CodeBuildWorld.Ubuntu, world.Cancel);

        var build = Assert.Single(world.Builds);
        var tag = build.EnvironmentVariables["TAG"];
        Assert.True(ImageTarget.IsTag(tag));
        Assert.Equal(
            new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["BASE_IMAGE"] = "docker.io/library/ubuntu:22.04",
                ["REPO_URI"] = world.RepositoryUri,
                ["RUNNERFLEET_ARCHITECTURE"] = "x64",
                ["RUNNERFLEET_BASE_IMAGE"] = "docker.io/library/ubuntu:22.04",
                ["RUNNERFLEET_BUILD_NUMBER"] = "1",
                ["RUNNERFLEET_BUILD_ARG_RUNNER_SHA256_X64"] = "abc \"quoted\" $HOME",
                ["RUNNERFLEET_FLEET"] = "blue",
                ["RUNNERFLEET_IMAGE_TAG"] = tag,
                ["RUNNERFLEET_REPOSITORY_URI"] = world.RepositoryUri,
                ["RUNNERFLEET_RUNNER_VERSION"] = "2.338.0",
                ["TAG"] = tag,
            },
            new SortedDictionary<string, string>(build.EnvironmentVariables.ToDictionary(), StringComparer.Ordinal));
        Assert.Equal((CodeBuildWorld.Project, "v1", "LINUX_CONTAINER", true), (build.ProjectName, build.SourceVersion, build.EnvironmentType, build.PrivilegedMode));
        Assert.Equal((TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(20)), (build.Timeout, build.QueuedTimeout));
    }

    [Theory]
    [InlineData(null, "aws/codebuild/amazonlinux-aarch64-standard:3.0", CodeBuildWorld.Project, "ARM_CONTAINER", "aws/codebuild/amazonlinux-aarch64-standard:3.0")]
    [InlineData(null, "123456789012.dkr.ecr.eu-central-1.amazonaws.com/builder:arm", CodeBuildWorld.Project, "ARM_CONTAINER", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/builder:arm")]
    [InlineData("arm-builder", "of/no:effect", "arm-builder", "LINUX_CONTAINER", "aws/codebuild/standard:7.0")]
    public async Task An_ARM_image_is_built_on_an_ARM_machine_or_by_a_project_of_its_own(string? armProject, string armImage, string project, string type, string image)
    {
        using var world = new CodeBuildWorld();
        world.Aws.CodeBuild.CreateProject("arm-builder");
        var host = world.AddHost(o => (o.ArmProject, o.ArmImage) = (armProject, armImage));

        var ready = await world.BuildAsync(host, CodeBuildWorld.Ubuntu with { Architecture = "arm64" });

        var build = Assert.Single(world.Builds);
        Assert.StartsWith(world.RepositoryUri, ready, StringComparison.Ordinal);
        Assert.Equal((project, type, image, "arm64"), (build.ProjectName, build.EnvironmentType, build.Image, build.EnvironmentVariables[BuildVariables.Architecture]));
    }

    private static string TagOf(string image) => TagOf(image, null);

    private static string TagOf(string image, Action<CodeBuildImageOptions>? change = null, string architecture = "x64")
    {
        var options = new CodeBuildImageOptions { Project = Options.Project, RepositoryUri = Options.RepositoryUri };
        change?.Invoke(options);
        return ImageTarget.TryRead(new ImageRequest { BaseImage = image, Architecture = architecture }, options, out var target, out var refusal) ? target.Tag : throw new InvalidOperationException(refusal.Reason);
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex EcrTag();
}
