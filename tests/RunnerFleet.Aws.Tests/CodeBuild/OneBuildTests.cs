using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Images;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.Tests.CodeBuild;

/// <summary>One build for each image, however many ask, and whatever gets lost on the way.</summary>
public sealed class OneBuildTests : IDisposable
{
    private readonly CodeBuildWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Eight_that_ask_at_once_of_two_hosts_share_one_build()
    {
        CodeBuildImageBuilder[] hosts = [_world.AddHost(), _world.AddHost()];

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => hosts[i % 2].EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel))));

        var build = Assert.Single(_world.Builds);
        Assert.All(outcomes, outcome => Assert.Equal(build.Id, Assert.IsType<ImageOutcome.Building>(outcome).BuildId));
    }

    [Fact]
    public async Task Eight_that_ask_at_once_share_one_build_also_while_replies_are_lost()
    {
        CodeBuildImageBuilder[] hosts = [_world.AddHost(), _world.AddHost()];
        _world.Aws.LoseNextReplies(3, "StartBuild");

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => hosts[i % 2].EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel))));
        while (await hosts[0].ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel) is ImageOutcome.Missing)
        {
            await hosts[0].EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel);
        }

        var build = Assert.Single(_world.Builds);
        Assert.All(outcomes, outcome => Assert.True(outcome is ImageOutcome.Unknown || (outcome is ImageOutcome.Building building && building.BuildId == build.Id), outcome.GetType().Name));
        Assert.Equal(build.Id, Assert.IsType<ImageOutcome.Building>(await hosts[1].ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).BuildId);
    }

    [Fact]
    public async Task Whoever_claims_second_answers_with_the_build_of_the_first()
    {
        var (first, second) = (_world.AddHost(), _world.AddHost());
        ImageOutcome? meanwhile = null;
        _world.Store.BeforeCommit = async _ =>
        {
            _world.Store.BeforeCommit = null;
            meanwhile = await second.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel);
        };

        var outcome = await first.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel);

        Assert.Equal(Assert.IsType<ImageOutcome.Building>(meanwhile).BuildId, Assert.IsType<ImageOutcome.Building>(outcome).BuildId);
        Assert.Single(_world.Builds);
        Assert.Equal(1, _world.CallsOf("StartBuild"));
    }

    [Fact]
    public async Task A_build_whose_reply_was_lost_is_found_by_repeating_the_request_as_it_was()
    {
        var host = _world.AddHost();
        _world.Aws.LoseNextReplies(1, "StartBuild");
        Assert.IsType<ImageOutcome.Unknown>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.IsType<ImageOutcome.Missing>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel)); // so that the engine asks again

        _world.Clock.Advance(TimeSpan.FromMinutes(3));
        var other = _world.AddHost(o => o.BuildTimeoutMinutes = 45); // it would ask for something else
        var building = Assert.IsType<ImageOutcome.Building>(await other.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));

        Assert.Equal(Assert.Single(_world.Builds).Id, building.BuildId);
    }

    [Fact]
    public async Task A_reply_that_the_client_itself_asks_for_again_starts_one_build()
    {
        using var client = new CodeBuildClient(RunnerFleet.Testing.Aws.AwsStandIn.Credentials, _world.Config(CodeBuildClient.Service, retries: 2));
        var host = _world.AddHost(wrap: _ => client);
        _world.Aws.LoseNextReplies(2, "StartBuild");

        Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));

        Assert.Single(_world.Builds);
        Assert.Equal(3, _world.CallsOf("StartBuild"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(600)]
    public async Task A_host_that_dies_between_claim_and_start_leaves_an_image_that_the_next_one_builds(int minutes)
    {
        var dying = _world.AddHost(wrap: inner => new HookedCodeBuild(inner) { BeforeStart = () => throw new HostDied() });
        await Assert.ThrowsAsync<HostDied>(() => dying.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.Empty(_world.Builds);

        _world.Clock.Advance(TimeSpan.FromMinutes(minutes));
        var building = Assert.IsType<ImageOutcome.Building>(await _world.AddHost().EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));

        Assert.Equal(Assert.Single(_world.Builds).Id, building.BuildId);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(20)]
    public async Task A_host_that_dies_after_the_start_leaves_a_build_that_the_next_one_finds(int minutes)
    {
        await DieAfterStartAsync();
        var build = Assert.Single(_world.Builds);

        _world.Clock.Advance(TimeSpan.FromMinutes(minutes));
        var building = Assert.IsType<ImageOutcome.Building>(await _world.AddHost().EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));

        Assert.Equal(build.Id, building.BuildId);
        Assert.Single(_world.Builds);
    }

    [Fact]
    public async Task An_earlier_build_is_not_taken_for_the_one_that_is_sought()
    {
        var host = _world.AddHost();
        var first = Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        _world.Aws.CodeBuild.End(first.BuildId, "FAILED");
        await host.ReadBuildAsync(first.BuildId, _world.Cancel);
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        var dying = _world.AddHost(wrap: inner => new HookedCodeBuild(inner) { BeforeStart = () => throw new HostDied() });
        await Assert.ThrowsAsync<HostDied>(() => dying.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));

        _world.Clock.Advance(TimeSpan.FromMinutes(5));
        var second = Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));

        Assert.NotEqual(first.BuildId, second.BuildId);
        Assert.Equal(2, _world.Builds.Count);
    }

    [Fact]
    public async Task A_build_that_nobody_knew_of_and_that_failed_is_a_failure_like_any_other()
    {
        await DieAfterStartAsync();
        _world.Aws.CodeBuild.End(Assert.Single(_world.Builds).Id, "FAILED", "Reason: exit status 1");
        _world.Clock.Advance(TimeSpan.FromMinutes(20));

        var failed = Assert.IsType<ImageOutcome.Failed>(await _world.AddHost().EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));

        Assert.Contains("exit status 1", failed.Reason, StringComparison.Ordinal);
        Assert.Single(_world.Builds);
    }

    [Fact]
    public async Task A_build_that_nobody_knew_of_and_that_succeeded_has_left_its_image()
    {
        await DieAfterStartAsync();
        _world.Aws.CodeBuild.Succeed(Assert.Single(_world.Builds).Id);
        _world.Clock.Advance(TimeSpan.FromMinutes(20));

        Assert.IsType<ImageOutcome.Ready>(await _world.AddHost().EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.Single(_world.Builds);
    }

    [Fact]
    public async Task A_claim_without_an_answer_is_taken_up_without_a_search_once_its_build_must_have_ended()
    {
        await DieAfterStartAsync();
        _world.Aws.CodeBuild.End(Assert.Single(_world.Builds).Id, "STOPPED");
        _world.Clock.Advance(TimeSpan.FromMinutes(30 + 30 + 11)); // queue, build, margin

        Assert.IsType<ImageOutcome.Building>(await _world.AddHost().EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));

        Assert.Equal(2, _world.Builds.Count);
        Assert.Equal(0, _world.CallsOf("ListBuildsForProject"));
    }

    [Fact]
    public async Task A_refusal_of_a_repeated_request_does_not_hide_the_build_of_a_host_that_died()
    {
        await DieAfterStartAsync();
        var host = _world.AddHost();
        _world.Aws.FailNext(1, "StartBuild", "AccountLimitExceededException", "Cannot have more than 1 builds in queue for the account");
        Assert.IsType<ImageOutcome.Failed>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));

        _world.Clock.Advance(TimeSpan.FromMinutes(10));
        var building = Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));

        Assert.Equal(Assert.Single(_world.Builds).Id, building.BuildId);
    }

    [Fact]
    public async Task A_claim_that_cannot_be_searched_for_starts_nothing()
    {
        var dying = _world.AddHost(wrap: inner => new HookedCodeBuild(inner) { BeforeStart = () => throw new HostDied() });
        await Assert.ThrowsAsync<HostDied>(() => dying.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        _world.Clock.Advance(TimeSpan.FromMinutes(20));
        var host = _world.AddHost();

        _world.Aws.FailNext(1, "ListBuildsForProject", "InternalFailure", "No.", 500);
        Assert.IsType<ImageOutcome.Unknown>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        _world.Aws.FailNext(1, "ListBuildsForProject", "AccessDeniedException", "User is not authorized");
        var denied = Assert.IsType<ImageOutcome.Failed>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));

        Assert.Contains("codebuild:ListBuildsForProject", denied.Reason, StringComparison.Ordinal);
        Assert.NotNull(denied.RetryAfter);
        Assert.Empty(_world.Builds);
    }

    [Fact]
    public async Task A_claim_behind_a_hundred_newer_builds_is_unknown_until_its_build_must_have_ended()
    {
        var dying = _world.AddHost(wrap: inner => new HookedCodeBuild(inner) { BeforeStart = () => throw new HostDied() });
        await Assert.ThrowsAsync<HostDied>(() => dying.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        var host = _world.AddHost();
        for (var i = 0; i < 100; i++)
        {
            await host.EnsureAsync(CodeBuildWorld.Ubuntu with { BaseImage = $"docker.io/library/debian:{i}" }, _world.Cancel);
        }

        _world.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.IsType<ImageOutcome.Unknown>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.Equal(100, _world.Builds.Count);

        _world.Clock.Advance(TimeSpan.FromMinutes(66));
        Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
    }

    [Fact]
    public async Task A_store_that_fails_after_the_start_costs_nothing_but_a_repeated_request()
    {
        var host = _world.AddHost();
        _world.Store.AfterCommit = _ =>
        {
            _world.Store.AfterCommit = null;
            _world.Store.BeforeCommit = _ => throw new StoreUnavailableException();
            return Task.CompletedTask;
        };

        var building = Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        _world.Store.BeforeCommit = null;
        Assert.Equal(building.BuildId, Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).BuildId);
        _world.Aws.CodeBuild.Succeed(building.BuildId);

        Assert.IsType<ImageOutcome.Ready>(await host.ReadBuildAsync(building.BuildId, _world.Cancel));
        Assert.Single(_world.Builds);
    }

    [Fact]
    public async Task A_commit_whose_reply_was_lost_is_a_claim_all_the_same()
    {
        var host = _world.AddHost();
        _world.Store.AfterCommit = _ =>
        {
            _world.Store.AfterCommit = null;
            throw new StoreUnavailableException();
        };

        Assert.IsType<ImageOutcome.Unknown>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.Empty(_world.Builds);
        Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.Single(_world.Builds);
    }

    [Fact]
    public async Task Two_fleets_share_the_image_of_one_repository_and_neither_takes_the_other_s_build_for_its_own()
    {
        var (blue, green) = (_world.AddHost(fleet: "blue", store: new InMemoryRunnerStore()), _world.AddHost(fleet: "green", store: new InMemoryRunnerStore()));
        var blueBuild = Assert.IsType<ImageOutcome.Building>(await blue.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        var greenBuild = Assert.IsType<ImageOutcome.Building>(await green.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.NotEqual(blueBuild.BuildId, greenBuild.BuildId);
        Assert.Equal(["blue", "green"], _world.Builds.Select(build => build.EnvironmentVariables[BuildVariables.Fleet]));

        _world.Aws.CodeBuild.End(blueBuild.BuildId, "STOPPED");
        Assert.IsType<ImageOutcome.Failed>(await blue.ReadBuildAsync(blueBuild.BuildId, _world.Cancel));
        Assert.IsType<ImageOutcome.Building>(await green.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        _world.Aws.CodeBuild.Succeed(greenBuild.BuildId);

        Assert.IsType<ImageOutcome.Ready>(await green.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        Assert.IsType<ImageOutcome.Ready>(await blue.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel)); // what is there can be run, whoever built it
    }

    [Fact]
    public async Task Fleets_whose_projects_differ_share_nothing()
    {
        _world.Aws.CodeBuild.CreateProject("other-builder");
        await _world.BuildAsync(_world.AddHost());

        Assert.IsType<ImageOutcome.Missing>(await _world.AddHost(o => o.Project = "other-builder").ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
    }

    private async Task DieAfterStartAsync()
    {
        var dying = _world.AddHost(wrap: inner => new HookedCodeBuild(inner) { AfterStart = () => throw new HostDied() });
        await Assert.ThrowsAsync<HostDied>(() => dying.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
    }
}
