using System.Text.Json;
using Amazon.Runtime;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Aws.Wire;
using RunnerFleet.Testing.Aws;

namespace RunnerFleet.Aws.Tests.CodeBuild;

/// <summary>The stand-in refuses what CodeBuild and ECR refuse, and behaves as they do.</summary>
public sealed class ImageStandInTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly AwsStandIn _aws;
    private readonly CodeBuildClient _codeBuild;
    private readonly EcrClient _ecr;
    private readonly RawClient _raw;

    public ImageStandInTests()
    {
        _aws = new AwsStandIn(_clock);
        _aws.CodeBuild.CreateProject("builder");
        _codeBuild = new CodeBuildClient(AwsStandIn.Credentials, Config(CodeBuildClient.Service));
        _ecr = new EcrClient(AwsStandIn.Credentials, Config(EcrClient.Service));
        _raw = new RawClient(CodeBuildClient.Service, AwsStandIn.Credentials, Config(CodeBuildClient.Service));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static CodeBuildStart Start { get; } = new() { ProjectName = "builder", IdempotencyToken = "token" };

    public void Dispose()
    {
        _codeBuild.Dispose();
        _ecr.Dispose();
        _raw.Dispose();
    }

    [Fact]
    public async Task A_token_holds_for_five_minutes()
    {
        var first = await _codeBuild.StartBuildAsync(Start, Cancel);
        _clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        Assert.Equal(first.Id, (await _codeBuild.StartBuildAsync(Start, Cancel)).Id);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotEqual(first.Id, (await _codeBuild.StartBuildAsync(Start, Cancel)).Id);
    }

    [Fact]
    public async Task A_token_with_other_parameters_is_a_mismatch()
    {
        await _codeBuild.StartBuildAsync(Start, Cancel);

        await RefusedAsync("InvalidInputException", "mismatch", () => _codeBuild.StartBuildAsync(Start with { SourceVersion = "other" }, Cancel));
        Assert.Single(_aws.CodeBuild.Builds);
    }

    public static TheoryData<string, string, string> Refused { get; } = new()
    {
        { """{"projectName":"builder"}""", "InvalidInputException", "idempotencyToken" },
        { """{"projectName":"b","idempotencyToken":"t"}""", "InvalidInputException", "Only alphanumeric" },
        { """{"projectName":"nowhere","idempotencyToken":"t"}""", "ResourceNotFoundException", "nowhere" },
        { """{"projectName":"builder","idempotencyToken":"t","timeoutInMinutesOverride":4}""", "InvalidInputException", "timeoutInMinutesOverride" },
        { """{"projectName":"builder","idempotencyToken":"t","timeoutInMinutesOverride":2161}""", "InvalidInputException", "timeoutInMinutesOverride" },
        { """{"projectName":"builder","idempotencyToken":"t","queuedTimeoutInMinutesOverride":481}""", "InvalidInputException", "queuedTimeoutInMinutesOverride" },
        { """{"projectName":"builder","idempotencyToken":"t","environmentTypeOverride":"ARM"}""", "InvalidInputException", "environmentTypeOverride" },
        { """{"projectName":"builder","idempotencyToken":"t","imageOverride":"my/image","imagePullCredentialsTypeOverride":"CODEBUILD"}""", "InvalidInputException", "my/image" },
        { """{"projectName":"builder","idempotencyToken":"t","environmentVariablesOverride":[{"name":"A B","value":""}]}""", "InvalidInputException", "A B" },
        { """{"projectName":"builder","idempotencyToken":"t","environmentVariablesOverride":[{"name":"CODEBUILD_X","value":""}]}""", "InvalidInputException", "reserved" },
        { """{"projectName":"builder","idempotencyToken":"t","environmentVariablesOverride":[{"name":"A","value":"1"},{"name":"A","value":"2"}]}""", "InvalidInputException", "twice" },
        { """{"projectName":"builder","idempotencyToken":"t","environmentVariablesOverride":[{"name":"A"}]}""", "InvalidInputException", "no value" },
        { """{"projectName":"builder","idempotencyToken":"t","environmentVariablesOverride":[{"name":"A","value":"1","type":"SECRET"}]}""", "InvalidInputException", "type" },
        { """{"projectName":"builder","idempotencyToken":"t","sourceVersionOverride":"x"}""", "InvalidInputException", "sourceVersionOverride" },
        { """{"projectName":"builder","idempotencyToken":7}""", "InvalidInputException", "idempotencyToken" },
    };

    [Theory, MemberData(nameof(Refused))]
    public async Task A_request_that_is_wrong_is_refused(string body, string code, string words)
    {
        await RefusedAsync(code, words, () => _raw.SendAsync("StartBuild", body, Cancel));

        Assert.Empty(_aws.CodeBuild.Builds);
    }

    [Fact]
    public async Task Builds_are_read_by_id_and_by_ARN_and_unknown_ones_are_named()
    {
        var build = await _codeBuild.StartBuildAsync(Start, Cancel);

        var answer = await _raw.SendAsync("BatchGetBuilds", $$"""{"ids":["{{build.Id}}","builder:none"]}""", Cancel);

        Assert.Equal([build.Id], answer.GetProperty("builds").EnumerateArray().Select(b => b.GetProperty("id").GetString()));
        Assert.Equal(["builder:none"], answer.GetProperty("buildsNotFound").EnumerateArray().Select(b => b.GetString()));
        Assert.Equal(build.Id, Assert.Single(await _codeBuild.BatchGetBuildsAsync([_aws.CodeBuild.Builds.Single().Arn], Cancel)).Id);
    }

    [Fact]
    public async Task No_more_than_a_hundred_are_read_at_once_and_no_fewer_than_one()
    {
        await RefusedAsync("InvalidInputException", "1 to 100", () => _codeBuild.BatchGetBuildsAsync([.. Enumerable.Range(0, 101).Select(i => $"builder:{i}")], Cancel));
        await RefusedAsync("InvalidInputException", "1 to 100", () => _codeBuild.BatchGetBuildsAsync([], Cancel));
        await RefusedAsync("InvalidInputException", "Invalid build ID", () => _codeBuild.BatchGetBuildsAsync(["builder"], Cancel));
    }

    [Fact]
    public async Task The_newest_builds_of_a_project_come_first()
    {
        _aws.CodeBuild.CreateProject("other");
        var one = await _codeBuild.StartBuildAsync(Start with { IdempotencyToken = "1" }, Cancel);
        await _codeBuild.StartBuildAsync(Start with { IdempotencyToken = "2", ProjectName = "other" }, Cancel);
        var three = await _codeBuild.StartBuildAsync(Start with { IdempotencyToken = "3" }, Cancel);

        Assert.Equal([three.Id, one.Id], await _codeBuild.ListBuildsForProjectAsync("builder", Cancel));
    }

    [Fact]
    public async Task Builds_wait_for_their_turn_and_go_on_as_others_end()
    {
        (_aws.CodeBuild.ConcurrentBuildLimit, _aws.CodeBuild.QueueLimit, _aws.CodeBuild.BuildDuration) = (1, 1, TimeSpan.FromMinutes(10));
        await _codeBuild.StartBuildAsync(Start with { IdempotencyToken = "1" }, Cancel);
        await _codeBuild.StartBuildAsync(Start with { IdempotencyToken = "2" }, Cancel);
        await RefusedAsync("AccountLimitExceededException", "Cannot have more than 1 builds in queue", () => _codeBuild.StartBuildAsync(Start with { IdempotencyToken = "3" }, Cancel));
        Assert.Equal(["BUILD", "QUEUED"], _aws.CodeBuild.Builds.Select(build => build.Phase));

        _clock.Advance(TimeSpan.FromMinutes(15));

        Assert.Equal(["SUCCEEDED", "IN_PROGRESS"], _aws.CodeBuild.Builds.Select(build => build.Status));
        Assert.Equal(_clock.GetUtcNow() - TimeSpan.FromMinutes(5), _aws.CodeBuild.Builds[1].BeganAt);
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.True(_aws.CodeBuild.Builds[1].IsComplete);
    }

    [Fact]
    public async Task A_limit_of_none_takes_no_build()
    {
        _aws.CodeBuild.ConcurrentBuildLimit = 0;

        await RefusedAsync("AccountLimitExceededException", "more than 0 builds", () => _codeBuild.StartBuildAsync(Start, Cancel));
    }

    [Fact]
    public async Task A_build_that_takes_too_long_is_ended_running_or_waiting()
    {
        _aws.CodeBuild.ConcurrentBuildLimit = 1;
        await _codeBuild.StartBuildAsync(Start with { IdempotencyToken = "1", TimeoutInMinutesOverride = 30 }, Cancel);
        await _codeBuild.StartBuildAsync(Start with { IdempotencyToken = "2", QueuedTimeoutInMinutesOverride = 5 }, Cancel);

        _clock.Advance(TimeSpan.FromMinutes(31));

        Assert.Equal([("TIMED_OUT", "BUILD"), ("TIMED_OUT", "QUEUED")], _aws.CodeBuild.Builds.Select(build => (build.Status, build.Phase)));
        Assert.Equal([30.0, 5.0], _aws.CodeBuild.Builds.Select(build => (build.EndTime!.Value - build.StartTime).TotalMinutes));
    }

    [Fact]
    public async Task A_build_that_succeeds_pushes_the_image_that_its_environment_names()
    {
        var uri = _aws.Ecr.CreateRepository("team/runners");
        var build = await _codeBuild.StartBuildAsync(Start with { EnvironmentVariablesOverride = new Dictionary<string, string> { ["RUNNERFLEET_REPOSITORY_URI"] = uri, ["RUNNERFLEET_IMAGE_TAG"] = "t-1" } }, Cancel);
        Assert.Empty(_aws.Ecr.ListImages("team/runners"));

        _aws.CodeBuild.Succeed(build.Id);

        Assert.Equal(["t-1"], Assert.Single(_aws.Ecr.ListImages("team/runners")).Tags);
        Assert.Throws<ArgumentException>(() => _aws.CodeBuild.Succeed(build.Id));
    }

    [Fact]
    public async Task A_build_that_cannot_push_fails()
    {
        var build = await _codeBuild.StartBuildAsync(Start with { EnvironmentVariablesOverride = new Dictionary<string, string> { ["RUNNERFLEET_REPOSITORY_URI"] = "x/nowhere", ["RUNNERFLEET_IMAGE_TAG"] = "t" } }, Cancel);

        _aws.CodeBuild.Succeed(build.Id);

        Assert.Equal("FAILED", Assert.Single(_aws.CodeBuild.Builds).Status);
    }

    [Fact]
    public async Task An_event_has_the_shape_of_AWS_s_own()
    {
        var build = await _codeBuild.StartBuildAsync(Start with { EnvironmentVariablesOverride = new Dictionary<string, string> { ["TEST"] = "TEST" } }, Cancel);
        _aws.CodeBuild.Succeed(build.Id);
        using var ours = JsonDocument.Parse(_aws.CodeBuild.CreateEvent(build.Id));
        var detail = ours.RootElement.GetProperty("detail");
        Assert.Equal(("SUCCEEDED", "builder", $"arn:aws:codebuild:eu-central-1:123456789012:build/{build.Id}"), (detail.GetProperty("build-status").GetString(), detail.GetProperty("project-name").GetString(), detail.GetProperty("build-id").GetString()));

        using var recorded = JsonDocument.Parse(Fixture("codebuild-build-state-change.json"));
        var theirs = Shape(recorded.RootElement, "").ToHashSet();
        Assert.All(Shape(ours.RootElement, ""), member => Assert.Contains(member, theirs));
        Assert.All((string[])["/detail-type String", "/source String", "/resources/[] String", "/detail/build-id String", "/detail/additional-information/logs/deep-link String"], member => Assert.Contains(member, Shape(ours.RootElement, "")));
    }

    [Fact]
    public async Task An_image_is_found_by_tag_and_by_digest_and_a_tag_moves()
    {
        _aws.Ecr.CreateRepository("r1");
        var first = _aws.Ecr.PutImage("r1", "t");
        _clock.Advance(TimeSpan.FromHours(1));
        var second = _aws.Ecr.PutImage("r1", "t");

        var found = await _ecr.DescribeImageAsync(new EcrImageQuery { RepositoryName = "r1", ImageTag = "t" }, Cancel);
        var old = await _ecr.DescribeImageAsync(new EcrImageQuery { RepositoryName = "r1", ImageDigest = first }, Cancel);

        Assert.Equal((second, _clock.GetUtcNow()), (found!.ImageDigest, found.ImagePushedAt));
        Assert.Equal((first, null), (old!.ImageDigest, old.ImageTags));
        Assert.True(found.ImageSizeInBytes > 0);
        Assert.True(_aws.Ecr.DeleteImage("r1", second));
        Assert.Null(await _ecr.DescribeImageAsync(new EcrImageQuery { RepositoryName = "r1", ImageTag = "t" }, Cancel));
    }

    [Fact]
    public void The_same_content_pushed_again_is_the_same_image_of_the_same_time()
    {
        _aws.Ecr.CreateRepository("r1");
        _aws.Ecr.PutImage("r1", "a", "content");
        _clock.Advance(TimeSpan.FromHours(1));
        _aws.Ecr.PutImage("r1", "b", "content");

        var image = Assert.Single(_aws.Ecr.ListImages("r1"));
        Assert.Equal((2, _clock.GetUtcNow() - TimeSpan.FromHours(1)), (image.Tags.Count, image.PushedAt));
    }

    [Theory]
    [InlineData("r1", "no tag", null, null, "InvalidParameterException")]
    [InlineData("r1", null, "sha256:short", null, "InvalidParameterException")]
    [InlineData("r1", null, null, null, "InvalidParameterException")]
    [InlineData("R1", "t", null, null, "InvalidParameterException")]
    [InlineData("r1", "t", null, "12", "InvalidParameterException")]
    [InlineData("nowhere", "t", null, null, "RepositoryNotFoundException")]
    [InlineData("r1", "t", null, "999999999999", "RepositoryNotFoundException")]
    public async Task ECR_refuses_what_is_wrong_and_tells_a_repository_from_an_image(string repository, string? tag, string? digest, string? registry, string code)
    {
        _aws.Ecr.CreateRepository("r1");

        await RefusedAsync(code, "", () => _ecr.DescribeImageAsync(new EcrImageQuery { RegistryId = registry, RepositoryName = repository, ImageTag = tag, ImageDigest = digest }, Cancel));
    }

    private static byte[] Fixture(string file)
    {
        var folder = Environment.GetEnvironmentVariable("RUNNERFLEET_FIXTURES") ?? Path.Combine(Repository.Root, "..", "shared", "fixtures");
        var path = Path.GetFullPath(Path.Combine(folder, "aws-events", file));
        Assert.SkipUnless(File.Exists(path), $"The fixture {path} is not there; RUNNERFLEET_FIXTURES may name the folder of the fixtures.");
        return File.ReadAllBytes(path);
    }

    /// <summary>Every member with its path and kind; the items of a list are one.</summary>
    private static IEnumerable<string> Shape(JsonElement element, string path) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => Shape(member.Value, $"{path}/{member.Name}")),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(item => Shape(item, $"{path}/[]")),
        JsonValueKind.True or JsonValueKind.False => [$"{path} Flag"],
        var kind => [$"{path} {kind}"],
    };

    private static async Task RefusedAsync(string code, string words, Func<Task> call)
    {
        var refused = await Assert.ThrowsAnyAsync<AmazonServiceException>(call);
        Assert.Equal(code, refused.ErrorCode);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    private AwsJsonConfig Config(AwsJsonService service)
    {
        var config = new AwsJsonConfig(service) { MaxErrorRetry = 0 };
        _aws.Connect(config);
        return config;
    }
}
