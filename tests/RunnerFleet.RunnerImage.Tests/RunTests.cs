using RunnerFleet.Runners;

namespace RunnerFleet.RunnerImage.Tests;

/// <summary>From the registration to the runner's end.</summary>
public sealed class RunTests : IAsyncLifetime
{
    private ControlPlane _plane = null!;

    public async ValueTask InitializeAsync() => _plane = await ControlPlane.StartAsync();

    public ValueTask DisposeAsync() => _plane?.DisposeAsync() ?? default;

    [Fact]
    public async Task A_runner_claims_runs_its_job_reports_and_ends_with_the_listeners_exit_code()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, """
            job_starts
            wait_for go
            job_ends
            exit 0
            """);
        await entry.UntilSeenAsync("started");
        Assert.Equal(RunnerState.Running, (await _plane.RunnerAsync())!.State);
        await File.WriteAllTextAsync(entry.PathOf("go"), "", TestContext.Current.CancellationToken);

        await entry.EndsWithAsync(0, "claims its registration", "Registered as rf-default-", "Listening for Jobs", "Reported 'started'.", "ended with exit code 0");
        Assert.Equal(["claim 200", "started 204", "completed 204", "exiting 204"], _plane.Requests);
        Assert.Equal(("run", entry.Home, "0", "0"), (entry.Seen("arguments"), entry.Seen("folder"), entry.Seen("started"), entry.Seen("completed")));
    }

    [Fact]
    public async Task The_listener_can_be_interrupted_as_its_steps_must_be()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, FakeListener.DoesItsJob);

        await entry.EndsWithAsync(0);
        var ignored = Convert.ToUInt64(entry.Seen("signals").Split('\t')[1], 16);
        Assert.Equal(0UL, ignored & 0b110); // SIGINT is 2 and SIGQUIT is 3
    }

    [Theory]
    [InlineData("exit 0", 0, "its job is done")]
    [InlineData("exit 1", 1, "GitHub does not know its registration any more")]
    [InlineData("exit 5", 5, "another runner has its session")]
    [InlineData("exit 7", 7, "GitHub refuses runner version 2.99.0 as too old; rebuild the image")]
    [InlineData("exit 102", 102, "it failed")]
    [InlineData("kill -SEGV $$", 139, "it failed")]
    [InlineData("kill -KILL $$", 137, "it was killed")]
    public async Task The_listeners_exit_code_is_the_containers_and_is_explained(string listener, int code, string saying)
    {
        await using var entry = await EntryPoint.StartAsync(_plane, listener, ("RUNNERFLEET_RUNNER_VERSION", "2.99.0"));

        await entry.EndsWithAsync(code, $"The runner ended with exit code {code}: {saying}");
        Assert.Equal(["claim 200", "exiting 204"], _plane.Requests);
        Assert.Single(entry.Seen("starts").Split('\n'));
    }

    [Fact]
    public async Task A_listener_that_meets_passing_trouble_is_started_again_with_the_same_registration()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, """
            [ "$(wc -l < "$seen/starts")" -gt 1 ] || exit 2
            job_starts
            job_ends
            exit 0
            """);

        await entry.EndsWithAsync(0, "(exit code 2). It is started again in 1 s.");
        Assert.Equal(["claim 200", "started 204", "completed 204", "exiting 204"], _plane.Requests);
        Assert.Equal(2, entry.Seen("starts").Split('\n').Length);
        Assert.Contains("ACTIONS_RUNNER_INPUT_JITCONFIG=", entry.Seen("environment"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trouble_that_does_not_pass_ends_it()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, "exit 2");

        await entry.EndsWithAsync(2, "trouble that did not pass");
        Assert.Equal(4, entry.Seen("starts").Split('\n').Length);
    }

    [Fact]
    public async Task A_registration_that_a_job_has_used_is_not_used_again()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, "job_starts; exit 2");

        await entry.EndsWithAsync(2);
        Assert.Single(entry.Seen("starts").Split('\n'));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_listener_that_updates_itself_is_started_again_when_the_update_is_done(int code)
    {
        await using var entry = await EntryPoint.StartAsync(_plane, $$"""
            if [ "$(wc -l < "$seen/starts")" -eq 1 ]; then
              (sleep 1; touch "$home/update.finished") > /dev/null 2>&1 &
              exit {{code}}
            fi
            [ ! -e "$home/update.finished" ] || exit 99
            job_starts
            job_ends
            exit 0
            """);

        await entry.EndsWithAsync(0, $"updates itself (exit code {code})");
        Assert.Equal(2, entry.Seen("starts").Split('\n').Length);
    }

    [Fact]
    public async Task Without_a_runner_nothing_is_claimed()
    {
        await using var entry = await EntryPoint.ForAsync(_plane, FakeListener.DoesItsJob);
        File.Delete(entry.PathOf("bin/Runner.Listener"));
        entry.Start();

        await entry.EndsWithAsync(69, "bin/Runner.Listener is not in");
        Assert.Empty(_plane.Requests);
    }

    [Fact]
    public async Task A_runner_that_cannot_be_started_is_told_apart()
    {
        await using var entry = await EntryPoint.ForAsync(_plane, FakeListener.DoesItsJob);
        entry.WriteProgram("bin/Runner.Listener", "#!/no/such/shell\n");
        entry.Start();

        await entry.EndsWithAsync(69, "The runner could not be started: No such file or directory.", "it could not be started");
        Assert.Equal(["claim 200", "exiting 204"], _plane.Requests);
    }

    [Fact]
    public async Task A_second_start_of_the_same_container_does_nothing()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, FakeListener.DoesItsJob);
        await entry.EndsWithAsync(0);
        var requests = _plane.Requests;
        entry.Start();

        await entry.EndsWithAsync(65, "This container has been started before.");
        Assert.Equal(requests, _plane.Requests);
        Assert.Single(entry.Seen("starts").Split('\n'));
    }

    [Fact]
    public async Task What_a_job_leaves_running_ends_with_its_runner()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, """
            job_starts
            sleep 600 &
            note left "$!"
            exit 0
            """);

        await entry.EndsWithAsync(0);
        Assert.False(Processes.IsAlive(entry.Seen("left")));
    }

    [Fact]
    public async Task A_control_plane_that_is_gone_does_not_hold_up_the_job()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, """
            wait_for go
            job_starts
            job_ends
            exit 0
            """);
        await entry.UntilSeenAsync("listening");
        await _plane.StopListeningAsync();
        await File.WriteAllTextAsync(entry.PathOf("go"), "", TestContext.Current.CancellationToken);

        await entry.EndsWithAsync(0, "The report 'started' could not be delivered.", "The report 'completed' could not be delivered.", "The report 'exiting' could not be delivered.");
        Assert.Equal(("0", "0"), (entry.Seen("started"), entry.Seen("completed")));
    }
}
