namespace RunnerFleet.RunnerImage.Tests;

/// <summary>A runner that is told to stop, by its control plane, by Docker, or by its own idle watch.</summary>
public sealed class StopTests : IAsyncLifetime
{
    private const string CancelsItsJob = """
        trap 'note told yes; sleep 1; job_ends; exit 143' TERM
        job_starts
        while :; do sleep 0.05; done
        """;

    private const string DoesNotHear = """
        trap 'note told yes' TERM
        sleep 600 &
        note left "$!"
        while :; do sleep 0.05; done
        """;

    private ControlPlane _plane = null!;

    public async ValueTask InitializeAsync() => _plane = await ControlPlane.StartAsync();

    public ValueTask DisposeAsync() => _plane?.DisposeAsync() ?? default;

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public async Task Before_its_claim_is_answered_it_ends_soon(string signal, int code)
    {
        var hangs = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        _plane.Meddle = (_, _) =>
        {
            asked.TrySetResult();
            return hangs.Task;
        };
        await using var entry = await EntryPoint.StartAsync(_plane, FakeListener.Waits);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, TestContext.Current.CancellationToken);
        var began = TimeProvider.System.GetTimestamp();
        await entry.SignalAsync(signal);

        await entry.EndsWithAsync(code, $"Told to stop (SIG{signal}).", "Stopped before the runner started.");
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(10), "The claim itself may take 60 s.");
        hangs.SetResult();
        Assert.False(File.Exists(entry.PathOf("seen")));
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task An_idle_listener_is_told_and_its_exit_code_kept(string signal)
    {
        await using var entry = await EntryPoint.StartAsync(_plane, "trap 'note told yes; exit 42' TERM; note ready yes; wait_for nothing");
        await entry.UntilSeenAsync("ready");
        await entry.SignalAsync(signal);

        await entry.EndsWithAsync(42, "ended with exit code 42");
        Assert.Equal("yes", entry.Seen("told"));
        Assert.Equal(["claim 200", "exiting 204"], _plane.Requests);
    }

    [Fact]
    public async Task A_job_is_given_its_time_to_be_cancelled()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, CancelsItsJob);
        await entry.UntilSeenAsync("started");
        await entry.SignalAsync("TERM");

        await entry.EndsWithAsync(143, "ended with exit code 143: it was stopped");
        Assert.Equal(["claim 200", "started 204", "completed 204", "exiting 204"], _plane.Requests);
    }

    [Fact]
    public async Task A_second_signal_changes_nothing()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, CancelsItsJob);
        await entry.UntilSeenAsync("started");
        await entry.SignalAsync("TERM");
        await entry.UntilSeenAsync("told");
        await entry.SignalAsync("TERM");
        await entry.SignalAsync("INT");
        await entry.SignalAsync("USR1");

        await entry.EndsWithAsync(143);
        Assert.Equal(["claim 200", "started 204", "completed 204", "exiting 204"], _plane.Requests);
        Assert.Equal("0", entry.Seen("completed"));
    }

    [Fact]
    public async Task A_listener_that_does_not_end_is_killed_with_all_it_started()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, DoesNotHear, ("RUNNERFLEET_STOP_SECONDS", "1"));
        await entry.UntilSeenAsync("left");
        await entry.SignalAsync("TERM");

        await entry.EndsWithAsync(137, "did not end within 1 s and is killed");
        Assert.Equal("yes", entry.Seen("told"));
        Assert.False(Processes.IsAlive(entry.Seen("left")));
        Assert.Equal(["claim 200", "exiting 204"], _plane.Requests);
    }

    [Fact]
    public async Task A_stop_between_two_starts_of_the_listener_is_final()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, "exit 2", ("RUNNERFLEET_RETRY_SECONDS", "600"));
        await entry.UntilSaidAsync("started again in 600 s");
        await entry.SignalAsync("TERM");

        await entry.EndsWithAsync(143);
        Assert.Single(entry.Seen("starts").Split('\n'));
    }

    [Fact]
    public async Task A_runner_that_nobody_ends_and_nobody_uses_ends_itself()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, FakeListener.Waits, ("RUNNERFLEET_IDLE_SECONDS", "1"));

        await entry.EndsWithAsync(72, "No job came within 1 s");
        Assert.Equal(["claim 200", "exiting 204"], _plane.Requests);
    }

    [Fact]
    public async Task An_idle_listener_that_does_not_end_is_killed()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, DoesNotHear, ("RUNNERFLEET_IDLE_SECONDS", "1"), ("RUNNERFLEET_STOP_SECONDS", "1"));

        await entry.EndsWithAsync(72, "No job came within 1 s", "did not end within 1 s and is killed");
    }

    [Theory]
    [InlineData("""job_starts""")]
    [InlineData("""cp "$(command -v sleep)" "$home/bin/Runner.Worker"; "$home/bin/Runner.Worker" 600 &""")]
    public async Task A_runner_with_a_job_is_not_idle(string job)
    {
        await using var entry = await EntryPoint.StartAsync(_plane, $"""
            {job}
            note busy yes
            wait_for go
            exit 0
            """, ("RUNNERFLEET_IDLE_SECONDS", "2"));
        await entry.UntilSeenAsync("busy");
        var timer = Processes.FamilyOf(entry.Id).Single(id => Processes.Read(id, "cmdline") == "sleep\n2\n");
        await Eventually.SoAsync(() => !Processes.IsAlive($"{timer}"), () => "the idle watch woke");
        await File.WriteAllTextAsync(entry.PathOf("go"), "", TestContext.Current.CancellationToken);

        await entry.EndsWithAsync(0);
    }

    [Fact]
    public async Task Nobody_else_can_wake_the_idle_watch_early()
    {
        await using var entry = await EntryPoint.StartAsync(_plane, "wait_for go; exit 0");
        await entry.UntilSeenAsync("listening");
        await entry.SignalAsync("USR1");
        await entry.SignalAsync("USR1");
        await File.WriteAllTextAsync(entry.PathOf("go"), "", TestContext.Current.CancellationToken);

        await entry.EndsWithAsync(0);
    }
}
