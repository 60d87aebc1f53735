using System.Text.Json;
using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Images;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.Tests.CodeBuild;

/// <summary>What is there, what is taken for there, and what is not known.</summary>
public sealed class ReadyImageTests : IDisposable
{
    private readonly CodeBuildWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_ready_image_is_named_by_its_digest_alone()
    {
        var image = await _world.BuildAsync(_world.AddHost());

        Assert.Equal($"{_world.RepositoryUri}@{_world.Aws.Ecr.ListImages(CodeBuildWorld.Repository).Single().Digest}", image);
    }

    [Fact]
    public async Task A_burst_of_runners_costs_one_look()
    {
        await _world.BuildAsync(_world.AddHost());
        var host = _world.AddHost();
        _world.Aws.ForgetCalls();

        for (var i = 0; i < 100; i++)
        {
            Assert.IsType<ImageOutcome.Ready>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        }

        Assert.Equal(["DescribeImages"], _world.Aws.Calls.Select(call => call.Operation));
        _world.Clock.Advance(TimeSpan.FromSeconds(300));
        await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel);
        Assert.Equal(2, _world.Aws.Calls.Count);
    }

    [Fact]
    public async Task An_image_that_somebody_pushed_by_hand_is_ready()
    {
        _world.Aws.Ecr.PutImage(CodeBuildWorld.Repository, TagOf(CodeBuildWorld.Ubuntu));

        Assert.IsType<ImageOutcome.Ready>(await _world.AddHost().ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.Empty(_world.Builds);
    }

    [Fact]
    public async Task An_image_that_was_removed_is_missing_when_it_is_looked_at_again_and_its_build_is_not_to_blame()
    {
        var host = _world.AddHost();
        await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel);
        _world.Aws.CodeBuild.Succeed(_world.Builds.Single().Id); // and nobody reads that
        _world.Clock.Advance(TimeSpan.FromDays(2));
        _world.Aws.Ecr.DeleteImage(CodeBuildWorld.Repository, _world.Aws.Ecr.ListImages(CodeBuildWorld.Repository).Single().Digest);

        Assert.IsType<ImageOutcome.Missing>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.Equal(2, _world.Builds.Count);
    }

    [Fact]
    public async Task An_image_seen_and_then_removed_soon_after_its_build_is_built_again_at_once()
    {
        var host = _world.AddHost(o => o.CacheSeconds = 0);
        await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel);
        _world.Aws.CodeBuild.Succeed(_world.Builds.Single().Id);
        Assert.IsType<ImageOutcome.Ready>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        _world.Clock.Advance(TimeSpan.FromMinutes(10));
        _world.Aws.Ecr.DeleteImage(CodeBuildWorld.Repository, _world.Aws.Ecr.ListImages(CodeBuildWorld.Repository).Single().Digest);

        Assert.IsType<ImageOutcome.Missing>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
    }

    [Theory]
    [InlineData("ServerException", 500)]
    [InlineData("AccessDeniedException", 400)]
    [InlineData("ExpiredTokenException", 403)]
    public async Task What_ECR_does_not_answer_is_unknown_and_not_missing_and_is_not_remembered(string code, int status)
    {
        await _world.BuildAsync(_world.AddHost());
        var host = _world.AddHost();
        _world.Aws.FailNext(2, "DescribeImages", code, "No.", status);

        Assert.Contains(code, Assert.IsType<ImageOutcome.Unknown>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).Reason, StringComparison.Ordinal);
        Assert.IsType<ImageOutcome.Unknown>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.IsType<ImageOutcome.Ready>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.Single(_world.Builds);
    }

    [Fact]
    public async Task An_answer_that_is_lost_is_unknown()
    {
        _world.Aws.LoseNextReplies(1, "DescribeImages");

        Assert.Contains("AWS did not answer", Assert.IsType<ImageOutcome.Unknown>(await _world.AddHost().ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_that_cannot_be_read_is_unknown_and_starts_no_second()
    {
        var host = _world.AddHost();
        var building = Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        _world.Aws.FailNext(3, "BatchGetBuilds", "InternalServerError", "No.", 500);

        Assert.IsType<ImageOutcome.Unknown>(await host.ReadBuildAsync(building.BuildId, _world.Cancel));
        Assert.IsType<ImageOutcome.Unknown>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.IsType<ImageOutcome.Unknown>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.Single(_world.Builds);
    }

    [Fact]
    public async Task A_store_that_is_away_makes_it_unknown_and_nothing_is_started()
    {
        _world.Store.BeforeCommit = _ => throw new StoreUnavailableException();

        Assert.Equal("the store could not be reached", Assert.IsType<ImageOutcome.Unknown>(await _world.AddHost().EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).Reason);
        Assert.Empty(_world.Builds);
    }

    [Fact]
    public async Task A_repository_that_is_not_there_is_told_with_its_cure()
    {
        var host = _world.AddHost(o => o.RepositoryUri = o.RepositoryUri.Replace("/runners", "/nowhere", StringComparison.Ordinal));

        var failed = Assert.IsType<ImageOutcome.Failed>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));

        Assert.Contains("no ECR repository nowhere", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMinutes(5), failed.RetryAfter);
        Assert.Empty(_world.Builds);
    }

    [Fact]
    public async Task A_build_is_read_by_its_id_and_by_the_ARN_that_events_carry()
    {
        var host = _world.AddHost();
        var building = Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        using var happened = JsonDocument.Parse(_world.Aws.CodeBuild.CreateEvent(building.BuildId));
        var arn = happened.RootElement.GetProperty("detail").GetProperty("build-id").GetString()!;
        Assert.StartsWith("arn:aws:codebuild:", arn, StringComparison.Ordinal);

        Assert.Equal(building.BuildId, Assert.IsType<ImageOutcome.Building>(await host.ReadBuildAsync(arn, _world.Cancel)).BuildId);
        Assert.Equal(building.BuildId, CodeBuildId.Read(arn));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no-such-build")]
    [InlineData("image-builder:")]
    [InlineData("image-builder:0f0f0f0f-0000-0000-0000-000000000000")]
    [InlineData("strangers-project:8745a7a9-c340-456a-9166-edf953571bEX")]
    [InlineData("arn:aws:codebuild:eu-central-1:123456789012:project/image-builder")]
    [InlineData("arn:aws:codebuild:eu-central-1:123456789012:build/image-builder:8745a7a9-c340-456a-9166-edf953571bEX\n")]
    public async Task A_build_that_is_not_ours_or_not_there_is_missing(string id) =>
        Assert.IsType<ImageOutcome.Missing>(await _world.AddHost().ReadBuildAsync(id, _world.Cancel));

    [Fact]
    public async Task A_build_of_our_project_for_something_else_is_missing()
    {
        using var client = new CodeBuildClient(RunnerFleet.Testing.Aws.AwsStandIn.Credentials, _world.Config(CodeBuildClient.Service));
        var build = await client.StartBuildAsync(new CodeBuildStart { ProjectName = CodeBuildWorld.Project, IdempotencyToken = "by hand" }, _world.Cancel);

        Assert.IsType<ImageOutcome.Missing>(await _world.AddHost().ReadBuildAsync(build.Id, _world.Cancel));
    }

    [Fact]
    public async Task A_build_whose_record_is_gone_still_says_how_it_ended()
    {
        var id = Assert.IsType<ImageOutcome.Building>(await _world.AddHost().EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).BuildId;
        _world.Aws.CodeBuild.End(id, "FAILED", "Reason: exit status 1");
        var forgetful = _world.AddHost(store: new InMemoryRunnerStore());

        var failed = Assert.IsType<ImageOutcome.Failed>(await forgetful.ReadBuildAsync(id, _world.Cancel));

        Assert.Contains("exit status 1", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMinutes(2), failed.RetryAfter);
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_is_begun_anew()
    {
        await _world.Store.CommitAsync(new StoreCommit { Entries = [new StoreEntry { Key = $"image/{TagOf(CodeBuildWorld.Ubuntu)}", Version = 1, Value = "{ of another time" }] }, _world.Cancel);

        Assert.IsType<ImageOutcome.Ready>(await ReadyAsync());

        async Task<ImageOutcome> ReadyAsync()
        {
            var host = _world.AddHost();
            await _world.BuildAsync(host);
            return await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel);
        }
    }

    private string TagOf(ImageRequest request) => ImageTarget.TryRead(request, _world.CreateOptions(), out var target, out _) ? target.Tag : throw new InvalidOperationException();
}
