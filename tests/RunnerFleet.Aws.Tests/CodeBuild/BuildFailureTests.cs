using RunnerFleet.Aws.CodeBuild;
using RunnerFleet.Images;

namespace RunnerFleet.Aws.Tests.CodeBuild;

/// <summary>Builds that fail, and builds that CodeBuild refuses to start: each with its reason, and with a time after which it is tried again.</summary>
public sealed class BuildFailureTests : IDisposable
{
    private readonly CodeBuildWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_failed_build_tells_its_phase_CodeBuild_s_words_and_its_log()
    {
        var host = _world.AddHost();
        var id = await StartAsync(host);
        _world.Aws.CodeBuild.End(id, "FAILED", "Error while executing command: bash build-image.sh.\nReason: exit status 1");

        var failed = Assert.IsType<ImageOutcome.Failed>(await host.ReadBuildAsync(id, _world.Cancel));

        Assert.Equal($"The CodeBuild build {id} failed in its phase BUILD: COMMAND_EXECUTION_ERROR: Error while executing command: bash build-image.sh. Reason: exit status 1.", failed.Reason);
        Assert.StartsWith("https://console.aws.amazon.com/cloudwatch/", failed.Link!.AbsoluteUri, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMinutes(2), failed.RetryAfter);
    }

    [Fact]
    public async Task What_the_build_says_of_itself_comes_before_CodeBuild_s_words()
    {
        var host = _world.AddHost();
        var id = await StartAsync(host);
        _world.Aws.CodeBuild.End(id, "FAILED", "Reason: exit status 1", exportedVariables: new Dictionary<string, string> { [BuildVariables.Failure] = "\u001b[31mtoomanyrequests: " + new string('x', 1000) });

        var failed = Assert.IsType<ImageOutcome.Failed>(await host.ReadBuildAsync(id, _world.Cancel));

        Assert.Contains("toomanyrequests", failed.Reason, StringComparison.Ordinal);
        Assert.InRange(failed.Reason.Length, 300, 450);
        Assert.DoesNotContain(failed.Reason, char.IsControl);
    }

    [Theory]
    [InlineData("FAULT", "broke off for a fault of CodeBuild")]
    [InlineData("TIMED_OUT", "took too long")]
    [InlineData("STOPPED", "was stopped")]
    public async Task Every_bad_end_has_its_words(string status, string words)
    {
        var host = _world.AddHost();
        var id = await StartAsync(host);
        _world.Aws.CodeBuild.End(id, status);

        Assert.Contains(words, Assert.IsType<ImageOutcome.Failed>(await host.ReadBuildAsync(id, _world.Cancel)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_status_that_nobody_knows_yet_is_a_failure_only_when_the_build_is_complete()
    {
        Assert.True(new CodeBuildBuild { Id = "p:1", BuildStatus = "PAUSED" }.IsRunning());
        var ended = new CodeBuildBuild { Id = "p:1", BuildStatus = "REJECTED", BuildComplete = true };
        Assert.False(ended.IsRunning());
        Assert.Equal("The CodeBuild build p:1 ended as 'REJECTED'.", ended.Explain().Reason);
    }

    [Theory]
    [InlineData("http://console.example/log")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/relative")]
    [InlineData(null)]
    public void A_log_s_address_is_shown_only_where_a_browser_may_go(string? link) =>
        Assert.Null(new CodeBuildBuild { Id = "p:1", LogsDeepLink = link }.Link());

    [Fact]
    public async Task A_failure_stands_for_all_who_ask_until_its_time_is_over_and_the_times_grow()
    {
        var host = _world.AddHost(o => o.MaxTries = 5);
        foreach (var minutes in (int[])[2, 4, 8, 16])
        {
            var id = await StartAsync(host);
            _world.Aws.CodeBuild.End(id, "FAILED", "Reason: exit status 1");
            Assert.Equal(TimeSpan.FromMinutes(minutes), Assert.IsType<ImageOutcome.Failed>(await host.ReadBuildAsync(id, _world.Cancel)).RetryAfter);

            _world.Clock.Advance(TimeSpan.FromMinutes(minutes) - TimeSpan.FromSeconds(1));
            Assert.Equal(TimeSpan.FromSeconds(1), Assert.IsType<ImageOutcome.Failed>(await _world.AddHost().ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).RetryAfter);
            Assert.IsType<ImageOutcome.Failed>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
            Assert.IsType<ImageOutcome.Missing>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        }

        Assert.Equal(4, _world.Builds.Count);
    }

    [Fact]
    public async Task A_build_s_end_counts_once_however_many_read_it()
    {
        CodeBuildImageBuilder[] hosts = [_world.AddHost(), _world.AddHost()];
        var id = await StartAsync(hosts[0]);
        _world.Aws.CodeBuild.End(id, "FAILED");

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => hosts[i % 2].ReadBuildAsync(id, _world.Cancel))));

        Assert.All(outcomes, outcome => Assert.Equal(TimeSpan.FromMinutes(2), Assert.IsType<ImageOutcome.Failed>(outcome).RetryAfter));
    }

    [Fact]
    public async Task After_so_many_failures_in_a_row_an_image_is_given_up_for_a_time()
    {
        var host = _world.AddHost(o => (o.MaxTries, o.GiveUpHours) = (2, 6));
        await FailAsync(host);
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        var last = await FailAsync(host);
        Assert.Null(last.RetryAfter);
        Assert.Contains("failed 2 times in a row", last.Reason, StringComparison.Ordinal);
        Assert.Contains("2026-11-01 18:02:00Z", last.Reason, StringComparison.Ordinal);

        _world.Clock.Advance(TimeSpan.FromHours(6) - TimeSpan.FromSeconds(1));
        Assert.Null(Assert.IsType<ImageOutcome.Failed>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).RetryAfter);
        Assert.Equal(2, _world.Builds.Count);

        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromMinutes(2), (await FailAsync(host)).RetryAfter); // as if none had failed
    }

    [Fact]
    public async Task A_change_of_content_tries_again_at_once_what_was_given_up()
    {
        await FailAsync(_world.AddHost(o => o.MaxTries = 1));

        Assert.IsType<ImageOutcome.Building>(await _world.AddHost(o => (o.MaxTries, o.SourceVersion) = (1, "v2")).EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
    }

    [Fact]
    public async Task A_base_that_can_never_become_a_runner_is_given_up_at_once()
    {
        var host = _world.AddHost();
        var id = await StartAsync(host);
        _world.Aws.CodeBuild.End(id, "FAILED", "Error while executing command: bash build-image.sh. Reason: exit status 65");

        var failed = Assert.IsType<ImageOutcome.Failed>(await host.ReadBuildAsync(id, _world.Cancel));

        Assert.Null(failed.RetryAfter);
        Assert.Contains("Name another base image", failed.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_success_ends_the_row_of_failures()
    {
        var host = _world.AddHost(o => o.MaxTries = 2);
        await FailAsync(host);
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        var image = await _world.BuildAsync(host);
        _world.Aws.Ecr.DeleteImage(CodeBuildWorld.Repository, image.Split('@')[1]);
        _world.Clock.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(TimeSpan.FromMinutes(2), (await FailAsync(host)).RetryAfter);
    }

    [Fact]
    public async Task A_build_that_succeeds_without_an_image_is_waited_for_a_little_and_then_a_failure()
    {
        _world.Aws.CodeBuild.Push = _ => { };
        var host = _world.AddHost();
        var id = await StartAsync(host);
        _world.Aws.CodeBuild.Succeed(id);

        Assert.Equal(id, Assert.IsType<ImageOutcome.Building>(await host.ReadBuildAsync(id, _world.Cancel)).BuildId);
        Assert.IsType<ImageOutcome.Building>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
        _world.Clock.Advance(TimeSpan.FromMinutes(5));

        var failed = Assert.IsType<ImageOutcome.Failed>(await host.ReadBuildAsync(id, _world.Cancel));
        Assert.Contains("succeeded, but", failed.Reason, StringComparison.Ordinal);
        Assert.Contains(BuildVariables.ImageTag, failed.Reason, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMinutes(2), failed.RetryAfter);
    }

    [Fact]
    public async Task An_image_that_came_late_after_its_build_is_ready()
    {
        _world.Aws.CodeBuild.Push = _ => { };
        var host = _world.AddHost();
        var id = await StartAsync(host);
        _world.Aws.CodeBuild.Succeed(id);
        Assert.IsType<ImageOutcome.Building>(await host.ReadBuildAsync(id, _world.Cancel));

        _world.Aws.Ecr.PutImage(CodeBuildWorld.Repository, Assert.Single(_world.Builds).EnvironmentVariables[BuildVariables.ImageTag]);

        Assert.IsType<ImageOutcome.Ready>(await host.ReadBuildAsync(id, _world.Cancel));
    }

    [Fact]
    public async Task A_failed_build_that_nobody_waits_for_any_more_is_known_to_the_next_who_asks()
    {
        var host = _world.AddHost();
        _world.Aws.CodeBuild.End(await StartAsync(host), "FAILED", "Reason: exit status 1");

        Assert.Contains("exit status 1", Assert.IsType<ImageOutcome.Failed>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_waits_for_an_older_build_is_sent_to_look_again()
    {
        var host = _world.AddHost();
        var first = await StartAsync(host);
        _world.Aws.CodeBuild.End(first, "FAILED");
        await host.ReadBuildAsync(first, _world.Cancel);
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        await StartAsync(host);

        Assert.IsType<ImageOutcome.Missing>(await host.ReadBuildAsync(first, _world.Cancel));
        Assert.IsType<ImageOutcome.Building>(await host.ResolveAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_new_account_s_limit_is_a_reason_with_a_cure_and_not_a_loss(int limit)
    {
        _world.Aws.CodeBuild.ConcurrentBuildLimit = limit;
        _world.Aws.CodeBuild.QueueLimit = 0;
        var host = _world.AddHost();
        var debian = CodeBuildWorld.Ubuntu with { BaseImage = "docker.io/library/debian:bookworm" };
        if (limit == 1)
        {
            await StartAsync(host);
        }

        for (var i = 0; i < 10; i++)
        {
            var failed = Assert.IsType<ImageOutcome.Failed>(await host.EnsureAsync(debian, _world.Cancel));
            Assert.Contains($"Cannot have more than {limit} builds in queue", failed.Reason, StringComparison.Ordinal);
            Assert.Contains("Concurrently running builds", failed.Reason, StringComparison.Ordinal);
            Assert.Equal(TimeSpan.FromMinutes(2), failed.RetryAfter); // it does not grow, and it never ends
            Assert.Equal(failed.Reason, Assert.IsType<ImageOutcome.Failed>(await host.ResolveAsync(debian, _world.Cancel)).Reason);
            _world.Clock.Advance(TimeSpan.FromMinutes(2));
        }

        Assert.Equal(10, _world.Aws.Calls.Count(call => call is { Operation: "StartBuild", Status: 400 })); // asked once for each wait
        _world.Aws.CodeBuild.ConcurrentBuildLimit = 2;
        Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(debian, _world.Cancel));
    }

    [Fact]
    public async Task Builds_beyond_the_limit_wait_in_CodeBuild_s_queue()
    {
        _world.Aws.CodeBuild.ConcurrentBuildLimit = 1;
        var host = _world.AddHost();
        var first = await StartAsync(host);
        var debian = CodeBuildWorld.Ubuntu with { BaseImage = "docker.io/library/debian:bookworm" };
        var second = Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(debian, _world.Cancel));
        Assert.Equal("QUEUED", _world.Builds[1].Phase);

        _world.Aws.CodeBuild.Succeed(first);

        Assert.Equal("BUILD", _world.Builds[1].Phase);
        Assert.IsType<ImageOutcome.Building>(await host.ReadBuildAsync(second.BuildId, _world.Cancel));
    }

    [Fact]
    public async Task A_build_whose_turn_never_came_is_asked_for_again_and_counts_for_no_failure()
    {
        _world.Aws.CodeBuild.ConcurrentBuildLimit = 1;
        var host = _world.AddHost(o => (o.MaxTries, o.BuildTimeoutMinutes) = (1, 600));
        await StartAsync(host);
        var debian = CodeBuildWorld.Ubuntu with { BaseImage = "docker.io/library/debian:bookworm" };
        for (var i = 0; i < 3; i++)
        {
            var building = Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(debian, _world.Cancel));
            _world.Clock.Advance(TimeSpan.FromMinutes(30));

            var failed = Assert.IsType<ImageOutcome.Failed>(await host.ReadBuildAsync(building.BuildId, _world.Cancel));

            Assert.Contains("QUEUED", failed.Reason, StringComparison.Ordinal);
            Assert.Contains("Concurrently running builds", failed.Reason, StringComparison.Ordinal);
            Assert.Equal(TimeSpan.FromMinutes(2), failed.RetryAfter);
            _world.Clock.Advance(TimeSpan.FromMinutes(2));
        }
    }

    [Theory]
    [InlineData("AccessDeniedException", "User is not authorized to perform: codebuild:StartBuild", "codebuild:StartBuild")]
    [InlineData("ResourceNotFoundException", "Project cannot be found", "create it")]
    [InlineData("InvalidInputException", "Invalid imageOverride", "Correct the project")]
    public async Task A_set_up_that_is_wrong_is_told_with_its_cure_and_heals_when_it_is_mended(string code, string message, string cure)
    {
        var host = _world.AddHost();
        _world.Aws.FailNext(1, "StartBuild", code, message);

        var failed = Assert.IsType<ImageOutcome.Failed>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));

        Assert.Contains(message, failed.Reason, StringComparison.Ordinal);
        Assert.Contains(cure, failed.Reason, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMinutes(5), failed.RetryAfter);
        _world.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel));
    }

    [Fact]
    public async Task A_project_that_is_not_there_is_told()
    {
        _world.Aws.CodeBuild.DeleteProject(CodeBuildWorld.Project);

        Assert.Contains($"no CodeBuild project {CodeBuildWorld.Project}", Assert.IsType<ImageOutcome.Failed>(await _world.AddHost().EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_of_one_host_does_not_hide_the_build_that_another_started_by_the_same_claim()
    {
        ImageOutcome? meanwhile = null;
        var other = _world.AddHost();
        var refused = _world.AddHost(wrap: inner => new HookedCodeBuild(inner)
        {
            BeforeStart = async () =>
            {
                meanwhile = await other.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel);
                _world.Aws.FailNext(1, "StartBuild", "AccountLimitExceededException", "Cannot have more than 1 builds in queue for the account");
            },
        });

        var outcome = await refused.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel);

        Assert.Equal(Assert.IsType<ImageOutcome.Building>(meanwhile).BuildId, Assert.IsType<ImageOutcome.Building>(outcome).BuildId);
    }

    private async Task<string> StartAsync(CodeBuildImageBuilder host) => Assert.IsType<ImageOutcome.Building>(await host.EnsureAsync(CodeBuildWorld.Ubuntu, _world.Cancel)).BuildId;

    private async Task<ImageOutcome.Failed> FailAsync(CodeBuildImageBuilder host)
    {
        var id = await StartAsync(host);
        _world.Aws.CodeBuild.End(id, "FAILED", "Reason: exit status 1");
        return Assert.IsType<ImageOutcome.Failed>(await host.ReadBuildAsync(id, _world.Cancel));
    }
}
