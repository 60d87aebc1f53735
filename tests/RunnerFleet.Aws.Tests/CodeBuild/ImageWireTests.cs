using System.Text;
using System.Text.Json;
using Amazon;
using Amazon.Runtime;
using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Aws.Tests.Wire;
using RunnerFleet.Aws.Wire;

namespace RunnerFleet.Aws.Tests.CodeBuild;

/// <summary>What goes over the wire, and what comes back.</summary>
public sealed class ImageWireTests
{
    private static readonly BasicAWSCredentials s_credentials = new("AKIDEXAMPLE", "a secret key of the tests");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_build_is_started_with_what_is_set_and_nothing_else()
    {
        using var peer = new Peer(Peer.Answer(200, """{"build":{"id":"p:1","buildStatus":"IN_PROGRESS"}}"""));
        using var client = CodeBuild(peer);

        var build = await client.StartBuildAsync(new CodeBuildStart { ProjectName = "p", IdempotencyToken = "t", EnvironmentVariablesOverride = new Dictionary<string, string> { ["B"] = "2", ["A"] = "1" } }, Cancel);

        var sent = Assert.Single(peer.Requests);
        Assert.Equal(("p:1", "IN_PROGRESS", false), (build.Id, build.BuildStatus, build.BuildComplete));
        Assert.Equal(("https://codebuild.eu-central-1.amazonaws.com/", "CodeBuild_20161006.StartBuild"), (sent.Uri.AbsoluteUri, sent.Headers["x-amz-target"]));
        Assert.Contains("/eu-central-1/codebuild/aws4_request", sent.Headers["authorization"], StringComparison.Ordinal);
        Assert.Equal("""{"projectName":"p","idempotencyToken":"t","environmentVariablesOverride":[{"name":"A","value":"1","type":"PLAINTEXT"},{"name":"B","value":"2","type":"PLAINTEXT"}]}""", Encoding.UTF8.GetString(sent.Body));
    }

    [Theory]
    [InlineData("1762000000.25")]
    [InlineData("\"2025-11-01T12:26:40.250Z\"")]
    public async Task A_build_is_read_with_times_in_seconds_and_as_text(string time)
    {
        using var peer = new Peer(Peer.Answer(200, $$"""
            {"builds":[{"id":"p:1","arn":"arn:x","buildNumber":3,"buildStatus":"FAILED","buildComplete":true,"startTime":{{time}},"endTime":{{time}},"currentPhase":"COMPLETED","timeoutInMinutes":30,
              "phases":[{"phaseType":"BUILD","phaseStatus":"FAILED","durationInSeconds":7,"contexts":[{"statusCode":"COMMAND_EXECUTION_ERROR","message":"exit status 1"},{"message":""}]},{"phaseType":"COMPLETED"}],
              "environment":{"type":"LINUX_CONTAINER","privilegedMode":true,"environmentVariables":[{"name":"RUNNERFLEET_IMAGE_TAG","value":"x","type":"PLAINTEXT"}]},
              "logs":{"groupName":"g","deepLink":"https://console.aws.amazon.com/log"},"exportedEnvironmentVariables":[{"name":"RUNNERFLEET_FAILURE","value":"words"}]}],
             "buildsNotFound":["p:2"]}
            """));
        using var client = CodeBuild(peer);

        var build = Assert.Single(await client.BatchGetBuildsAsync(["p:1", "p:2"], Cancel));

        Assert.Equal(new DateTimeOffset(2025, 11, 1, 12, 26, 40, 250, TimeSpan.Zero), build.EndTime);
        Assert.Equal((true, "FAILED", "https://console.aws.amazon.com/log"), (build.BuildComplete, build.BuildStatus, build.LogsDeepLink));
        Assert.Equal(("x", "words"), (build.EnvironmentVariables["RUNNERFLEET_IMAGE_TAG"], build.ExportedEnvironmentVariables["RUNNERFLEET_FAILURE"]));
        Assert.Equal([("BUILD", "FAILED", "COMMAND_EXECUTION_ERROR: exit status 1"), ("COMPLETED", null, null)], build.Phases.Select(phase => (phase.PhaseType, phase.PhaseStatus, phase.Message)));
        Assert.Equal("""{"ids":["p:1","p:2"]}""", Encoding.UTF8.GetString(Assert.Single(peer.Requests).Body));
    }

    [Fact]
    public async Task Answers_with_nothing_in_them_are_empty()
    {
        using var peer = new Peer(Peer.Answer(200, "{}"));
        using var codeBuild = CodeBuild(peer);
        using var ecr = Ecr(peer);

        Assert.Empty(await codeBuild.BatchGetBuildsAsync(["p:1"], Cancel));
        Assert.Empty(await codeBuild.ListBuildsForProjectAsync("p", Cancel));
        Assert.Null(await ecr.DescribeImageAsync(new EcrImageQuery { RepositoryName = "r", ImageTag = "t" }, Cancel));
        await Assert.ThrowsAsync<InvalidDataException>(() => codeBuild.StartBuildAsync(new CodeBuildStart { ProjectName = "p", IdempotencyToken = "t" }, Cancel));
    }

    [Fact]
    public async Task The_newest_builds_come_first()
    {
        using var peer = new Peer(Peer.Answer(200, """{"ids":["p:2","p:1"],"nextToken":"more"}"""));
        using var client = CodeBuild(peer);

        Assert.Equal(["p:2", "p:1"], await client.ListBuildsForProjectAsync("p", Cancel));
        Assert.Equal("""{"projectName":"p","sortOrder":"DESCENDING"}""", Encoding.UTF8.GetString(Assert.Single(peer.Requests).Body));
    }

    [Fact]
    public async Task An_image_is_looked_at_by_tag_or_digest_in_its_account()
    {
        using var peer = new Peer(Peer.Answer(200, """{"imageDetails":[{"registryId":"123456789012","repositoryName":"r","imageDigest":"sha256:aa","imageTags":["t"],"imageSizeInBytes":7,"imagePushedAt":1762000000.0,"imageStatus":"ACTIVE"}]}"""));
        using var client = Ecr(peer);

        var image = await client.DescribeImageAsync(new EcrImageQuery { RegistryId = "123456789012", RepositoryName = "r", ImageTag = "t" }, Cancel);
        await client.DescribeImageAsync(new EcrImageQuery { RepositoryName = "r", ImageDigest = "sha256:aa" }, Cancel);

        Assert.Equal(("sha256:aa", 7L, "ACTIVE", DateTimeOffset.FromUnixTimeSeconds(1762000000)), (image!.ImageDigest, image.ImageSizeInBytes, image.ImageStatus, image.ImagePushedAt));
        Assert.Equal("""{"registryId":"123456789012","repositoryName":"r","imageIds":[{"imageTag":"t"}]}""", Encoding.UTF8.GetString(peer.Requests[0].Body));
        Assert.Equal("""{"repositoryName":"r","imageIds":[{"imageDigest":"sha256:aa"}]}""", Encoding.UTF8.GetString(peer.Requests[1].Body));
        Assert.Equal(("https://api.ecr.eu-central-1.amazonaws.com/", "AmazonEC2ContainerRegistry_V20150921.DescribeImages"), (peer.Requests[0].Uri.AbsoluteUri, peer.Requests[0].Headers["x-amz-target"]));
        Assert.Contains("/eu-central-1/ecr/aws4_request", peer.Requests[0].Headers["authorization"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_is_not_there_is_an_answer_and_a_repository_that_is_not_there_an_error()
    {
        using var missing = new Peer(Peer.Answer(400, """{"__type":"ImageNotFoundException","message":"no image"}"""));
        using var nowhere = new Peer(Peer.Answer(400, """{"__type":"RepositoryNotFoundException","message":"no repository"}"""));
        using var one = Ecr(missing);
        using var two = Ecr(nowhere);
        var query = new EcrImageQuery { RepositoryName = "r", ImageTag = "t" };

        Assert.Null(await one.DescribeImageAsync(query, Cancel));
        Assert.Equal("RepositoryNotFoundException", (await Assert.ThrowsAnyAsync<AmazonServiceException>(() => two.DescribeImageAsync(query, Cancel))).ErrorCode);
    }

    // Hosts as botocore's endpoint rule set of ECR names them (botocore 1.43).
    [Theory]
    [InlineData("us-east-1", false, false, "https://api.ecr.us-east-1.amazonaws.com/")]
    [InlineData("us-east-1", true, false, "https://api.ecr-fips.us-east-1.amazonaws.com/")]
    [InlineData("us-east-1", false, true, "https://ecr.us-east-1.api.aws/")]
    [InlineData("us-east-1", true, true, "https://ecr-fips.us-east-1.api.aws/")]
    [InlineData("us-gov-west-1", true, false, "https://api.ecr-fips.us-gov-west-1.amazonaws.com/")]
    [InlineData("us-gov-west-1", true, true, "https://ecr-fips.us-gov-west-1.api.aws/")]
    [InlineData("cn-north-1", false, true, "https://ecr.cn-north-1.api.amazonwebservices.com.cn/")]
    [InlineData("us-iso-east-1", false, false, "https://api.ecr.us-iso-east-1.c2s.ic.gov/")]
    [InlineData("eusc-de-east-1", true, true, "https://ecr-fips.eusc-de-east-1.api.amazonwebservices.eu/")]
    public void ECR_has_hosts_of_its_own_kind(string region, bool fips, bool dualStack, string url) =>
        Assert.Equal(url, AwsHost.UrlOf(EcrClient.Service, RegionEndpoint.GetBySystemName(region), fips, dualStack));

    [Fact]
    public void A_request_that_is_stored_is_read_again_as_it_was()
    {
        var request = new CodeBuildStart
        {
            ProjectName = "p",
            IdempotencyToken = "t",
            SourceVersion = "v",
            EnvironmentVariablesOverride = new Dictionary<string, string> { ["B"] = "ü\"$", ["A"] = "" },
            EnvironmentTypeOverride = "ARM_CONTAINER",
            ImageOverride = "i",
            ImagePullCredentialsTypeOverride = "CODEBUILD",
            PrivilegedModeOverride = true,
            TimeoutInMinutesOverride = 5,
            QueuedTimeoutInMinutesOverride = 6,
        };
        var record = new ImageRecord { Number = 1, ClaimedAt = DateTimeOffset.UnixEpoch, Request = request };

        var text = JsonSerializer.Serialize(record, ImageRecordJson.Default.ImageRecord);
        var read = JsonSerializer.Deserialize(text, ImageRecordJson.Default.ImageRecord)!;

        Assert.Equal(Sent(request), Sent(read.Request!));
        Assert.Equal(text, JsonSerializer.Serialize(read, ImageRecordJson.Default.ImageRecord));

        static string Sent(CodeBuildStart start) => JsonSerializer.Serialize(StartBuildCall.Of(start), CodeBuildJson.Default.StartBuildCall);
    }

    private static CodeBuildClient CodeBuild(HttpMessageHandler peer) => new(s_credentials, Config(CodeBuildClient.Service, peer));

    private static EcrClient Ecr(HttpMessageHandler peer) => new(s_credentials, Config(EcrClient.Service, peer));

    private static AwsJsonConfig Config(AwsJsonService service, HttpMessageHandler peer) => new(service) { RegionEndpoint = RegionEndpoint.EUCentral1, HttpClientFactory = new PeerFactory(peer) };
}
