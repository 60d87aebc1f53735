using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Images;

namespace RunnerFleet.Aws.Tests.CodeBuild;

/// <summary>Images that have grown old, and images that could not be pulled: both are built anew, at most once at a time.</summary>
public sealed class RefreshTests : IDisposable
{
    private readonly CodeBuildWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task An_old_image_goes_on_being_ready_and_is_built_anew_under_the_same_tag()
    {
        var host = _world.AddHost();
        var old = await _world.BuildAsync(host);
        _world.Clock.Advance(TimeSpan.FromDays(21) - TimeSpan.FromSeconds(1));
        Assert.False(Assert.IsType<ImageOutcome.Ready>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).IsStale);
        _world.Clock.Advance(TimeSpan.FromMinutes(6));

        var stale = Assert.IsType<ImageOutcome.Ready>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.Equal((old, true), (stale.Image, stale.IsStale));
        Assert.Single(_world.Builds); // to resolve starts nothing
        Assert.Equal(old, Assert.IsType<ImageOutcome.Ready>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).Image);

        Assert.Equal(2, _world.Builds.Count);
        Assert.Equal(_world.Builds[0].EnvironmentVariables[BuildVariables.ImageTag], _world.Builds[1].EnvironmentVariables[BuildVariables.ImageTag]);
        Assert.Equal("true", _world.Builds[1].EnvironmentVariables[BuildVariables.NoCache]); // from its base up
        Assert.False(_world.Builds[0].EnvironmentVariables.ContainsKey(BuildVariables.NoCache));
        _world.Aws.CodeBuild.Succeed(_world.Builds[1].Id);
        _world.Clock.Advance(TimeSpan.FromMinutes(6));
        var renewed = Assert.IsType<ImageOutcome.Ready>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.NotEqual(old, renewed.Image);
        Assert.False(renewed.IsStale);
    }

    [Fact]
    public async Task An_old_image_is_built_anew_once_however_many_hosts_ask_and_asking_costs_little()
    {
        var host = _world.AddHost();
        await _world.BuildAsync(host);
        _world.Clock.Advance(TimeSpan.FromDays(22));
        CodeBuildImageBuilder[] hosts = [host, _world.AddHost()];

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => hosts[i % 2].EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel))));
        await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel);
        _world.Aws.ForgetCalls();
        for (var i = 0; i < 10; i++)
        {
            Assert.IsType<ImageOutcome.Ready>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
            Assert.IsType<ImageOutcome.Ready>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        }

        Assert.Equal(2, _world.Builds.Count);
        Assert.Empty(_world.Aws.Calls);
    }

    [Fact]
    public async Task A_refresh_that_fails_leaves_the_image_ready_and_is_tried_again_later_and_later()
    {
        var host = _world.AddHost(o => o.CacheSeconds = 0);
        await _world.BuildAsync(host);
        _world.Clock.Advance(TimeSpan.FromDays(22));
        await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel);
        _world.Aws.CodeBuild.End(_world.Builds[1].Id, "FAILED");

        for (var i = 0; i < 5; i++)
        {
            Assert.True(Assert.IsType<ImageOutcome.Ready>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).IsStale);
        }

        Assert.Equal(2, _world.Builds.Count);
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel);
        Assert.Equal(3, _world.Builds.Count);
    }

    [Theory]
    [InlineData("AccountLimitExceededException")]
    [InlineData("ServiceUnavailable")]
    public async Task A_refresh_that_cannot_be_started_leaves_the_image_ready(string code)
    {
        var host = _world.AddHost();
        var old = await _world.BuildAsync(host);
        _world.Clock.Advance(TimeSpan.FromDays(22));
        _world.Aws.FailNext(1, "StartBuild", code);

        var outcome = await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel);

        Assert.True(outcome is ImageOutcome.Unknown || (outcome is ImageOutcome.Ready ready && ready.Image == old), outcome.GetType().Name);
        Assert.Equal(old, Assert.IsType<ImageOutcome.Ready>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).Image);
    }

    [Fact]
    public async Task A_refresh_that_found_nothing_new_is_not_made_again_the_next_minute()
    {
        _world.Aws.CodeBuild.Push = build => _world.Aws.Ecr.PutImage(CodeBuildWorld.Repository, build.EnvironmentVariables[BuildVariables.ImageTag], "always the same");
        var host = _world.AddHost(o => o.CacheSeconds = 0);
        await _world.BuildAsync(host);
        _world.Clock.Advance(TimeSpan.FromDays(22));
        await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel);
        _world.Aws.CodeBuild.Succeed(_world.Builds[1].Id);

        Assert.False(Assert.IsType<ImageOutcome.Ready>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).IsStale);
        _world.Clock.Advance(TimeSpan.FromDays(20));
        Assert.False(Assert.IsType<ImageOutcome.Ready>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).IsStale);
        Assert.Equal(2, _world.Builds.Count);
        _world.Clock.Advance(TimeSpan.FromDays(1));
        await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel);
        Assert.Equal(3, _world.Builds.Count);
    }

    [Fact]
    public async Task Zero_days_is_never()
    {
        var host = _world.AddHost(o => o.RefreshAfterDays = 0);
        await _world.BuildAsync(host);
        _world.Clock.Advance(TimeSpan.FromDays(400));

        Assert.False(Assert.IsType<ImageOutcome.Ready>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).IsStale);
    }

    [Fact]
    public async Task An_image_that_could_not_be_pulled_and_is_gone_is_missing_by_itself()
    {
        var host = _world.AddHost();
        var image = await _world.BuildAsync(host);
        _world.Aws.Ecr.DeleteImage(CodeBuildWorld.Repository, image.Split('@')[1]);
        Assert.IsType<ImageOutcome.Ready>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel)); // remembered

        await host.ImageUnavailableAsync(image, _world.Cancel);

        Assert.IsType<ImageOutcome.Missing>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
    }

    [Fact]
    public async Task An_image_that_could_not_be_pulled_though_ECR_has_it_is_missing_once()
    {
        var host = _world.AddHost();
        var image = await _world.BuildAsync(host);

        await host.ImageUnavailableAsync(image, _world.Cancel);
        Assert.IsType<ImageOutcome.Missing>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.IsType<ImageOutcome.Missing>(await _world.AddHost().ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        var rebuild = Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.Equal("true", _world.Builds[1].EnvironmentVariables[BuildVariables.NoCache]);
        await host.ImageUnavailableAsync(image, _world.Cancel); // the other runners of that launch
        Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        _world.Clock.Advance(TimeSpan.FromMinutes(5));
        _world.Aws.CodeBuild.Succeed(rebuild.BuildId);
        var renewed = Assert.IsType<ImageOutcome.Ready>(await host.ReadBuildAsync(rebuild.BuildId, _world.Cancel)).Image;
        await host.ImageUnavailableAsync(image, _world.Cancel); // a late one

        Assert.NotEqual(image, renewed);
        Assert.Equal(renewed, Assert.IsType<ImageOutcome.Ready>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).Image);
        Assert.Equal(2, _world.Builds.Count);
    }

    [Fact]
    public async Task A_rebuild_that_brings_the_very_same_image_is_not_made_again()
    {
        _world.Aws.CodeBuild.Push = build => _world.Aws.Ecr.PutImage(CodeBuildWorld.Repository, build.EnvironmentVariables[BuildVariables.ImageTag], "always the same");
        var host = _world.AddHost();
        var image = await _world.BuildAsync(host);
        await host.ImageUnavailableAsync(image, _world.Cancel);
        _world.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(image, await _world.BuildAsync(host));
        await host.ImageUnavailableAsync(image, _world.Cancel);
        Assert.Equal(image, Assert.IsType<ImageOutcome.Ready>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).Image);
        Assert.Equal(2, _world.Builds.Count);
    }

    [Fact]
    public async Task Where_one_new_image_after_another_cannot_be_pulled_no_more_are_built_for_a_time()
    {
        var host = _world.AddHost(o => (o.MaxTries, o.GiveUpHours) = (3, 6));
        var image = await _world.BuildAsync(host);
        for (var i = 0; i < 3; i++)
        {
            await host.ImageUnavailableAsync(image, _world.Cancel);
            _world.Clock.Advance(TimeSpan.FromMinutes(1));
            image = await _world.BuildAsync(host);
        }

        await host.ImageUnavailableAsync(image, _world.Cancel);
        Assert.IsType<ImageOutcome.Ready>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel)); // the pull's own words are the reason
        Assert.Equal(4, _world.Builds.Count);

        _world.Clock.Advance(TimeSpan.FromHours(7));
        await host.ImageUnavailableAsync(image, _world.Cancel);
        Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
    }

    [Fact]
    public async Task A_build_that_had_ended_before_does_not_clear_the_mark()
    {
        var host = _world.AddHost();
        var building = Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        _world.Aws.CodeBuild.Succeed(building.BuildId); // and nobody has read it yet
        var image = _world.Aws.Ecr.ListImages(CodeBuildWorld.Repository).Single();
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await host.ImageUnavailableAsync($"{_world.RepositoryUri}@{image.Digest}", _world.Cancel);

        Assert.IsType<ImageOutcome.Missing>(await host.ReadBuildAsync(building.BuildId, _world.Cancel));
        Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.Equal(2, _world.Builds.Count);
    }

    [Fact]
    public async Task A_rebuild_that_fails_is_a_failure_like_any_other()
    {
        var host = _world.AddHost();
        await host.ImageUnavailableAsync(await _world.BuildAsync(host), _world.Cancel);
        var rebuild = Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        _world.Aws.CodeBuild.End(rebuild.BuildId, "FAILED");

        Assert.Equal(TimeSpan.FromMinutes(2), Assert.IsType<ImageOutcome.Failed>(await host.ReadBuildAsync(rebuild.BuildId, _world.Cancel)).RetryAfter);
    }

    [Theory]
    [InlineData("docker.io/library/ubuntu:22.04")]
    [InlineData("123456789012.dkr.ecr.eu-central-1.amazonaws.com/runners:latest")]
    [InlineData("123456789012.dkr.ecr.eu-central-1.amazonaws.com/runners@sha256:short")]
    [InlineData("999999999999.dkr.ecr.eu-central-1.amazonaws.com/runners@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task An_image_that_is_not_of_this_builder_is_none_of_its_business(string image)
    {
        await _world.AddHost().ImageUnavailableAsync(image, _world.Cancel);

        Assert.Empty(_world.Aws.Calls);
    }

    [Fact]
    public async Task Tags_of_others_in_the_repository_are_left_alone()
    {
        var digest = _world.Aws.Ecr.PutImage(CodeBuildWorld.Repository, "latest");

        await _world.AddHost().ImageUnavailableAsync($"{_world.RepositoryUri}@{digest}", _world.Cancel);

        Assert.Empty(await _world.Store.ListEntriesAsync("image/", 10, _world.Cancel));
    }
}
