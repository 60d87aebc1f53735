using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Compute;
using RunnerFleet.Local.Docker;
using RunnerFleet.Runners;
using RunnerFleet.Tests;

namespace RunnerFleet.Local.Tests.Docker;

/// <summary>One attempt, one container, whoever launches, looks or dies meanwhile.</summary>
public sealed class DockerLauncherTests(TestImage image) : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private DockerWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await DockerWorld.CreateAsync(image);

    public ValueTask DisposeAsync() => _world is null ? default : _world.DisposeAsync();

    [Fact]
    public async Task Many_launchers_over_one_engine_start_one_container()
    {
        var request = _world.Request(DockerWorld.Forever);
        var launchers = Enumerable.Range(0, 8).Select(_ => _world.CreateLauncher()).ToList();

        var outcomes = await Task.WhenAll(launchers.Select(launcher => Task.Run(() => launcher.LaunchAsync(request, None))));

        Assert.Single(outcomes.OfType<LaunchOutcome.Launched>());
        Assert.Equal(7, outcomes.OfType<LaunchOutcome.Existing>().Count());
        Assert.Equal(0, (await _world.InspectAsync(request.Identity))!.Value.GetProperty("RestartCount").GetInt32());
    }

    [Fact]
    public async Task Two_launchers_that_race_start_a_container_that_ends_at_once_only_once()
    {
        var launchers = new[] { _world.CreateLauncher(), _world.CreateLauncher() };
        for (var round = 0; round < 8; round++)
        {
            var request = _world.Request("exit 3");

            var outcomes = await Task.WhenAll(launchers.Select(launcher => Task.Run(() => launcher.LaunchAsync(request, None))));

            var launched = Assert.Single(outcomes.OfType<LaunchOutcome.Launched>());
            Assert.Single(outcomes.OfType<LaunchOutcome.Existing>());
            Assert.Equal(3, (await DockerWorld.UntilAsync(launchers[0], launched.Compute, ComputeStatus.Stopped)).End?.ExitCode);
        }
    }

    [Fact]
    public async Task A_launch_whose_host_died_before_the_start_is_taken_up_by_the_next()
    {
        var request = _world.Request(DockerWorld.Forever);
        await _world.HalfLaunchAsync(request);

        var compute = await DockerWorld.LaunchAsync(_world.CreateLauncher(), request);

        await DockerWorld.UntilAsync(_world.CreateLauncher(), compute, ComputeStatus.Running);
    }

    [Fact]
    public async Task A_launch_that_comes_after_the_end_starts_nothing_and_the_end_is_still_known()
    {
        var launcher = _world.CreateLauncher();
        var request = _world.Request("exit 4");
        var compute = await DockerWorld.LaunchAsync(launcher, request);
        var ended = await DockerWorld.UntilAsync(launcher, compute, ComputeStatus.Stopped);
        Assert.Null(await _world.InspectAsync(request.Identity));

        var late = Assert.IsType<LaunchOutcome.Existing>(await _world.CreateLauncher().LaunchAsync(request, None));

        Assert.Equal(compute, late.Compute);
        Assert.Null(await _world.InspectAsync(request.Identity));
        Assert.Equal(ended, Assert.IsType<FindOutcome.Found>(await _world.CreateLauncher().FindAsync(request.Identity, None)).Description);
    }

    [Fact]
    public async Task A_container_that_ended_while_no_host_lived_is_remembered_and_removed_by_the_next()
    {
        var request = _world.Request("exit 5");
        await DockerWorld.LaunchAsync(_world.CreateLauncher(), request);
        await DockerWorld.EventuallyAsync(async () => (await _world.InspectAsync(request.Identity))!.Value.GetProperty("State").GetProperty("Status").GetString() == "exited");

        var listed = Assert.Single((await _world.CreateLauncher().ListAsync(_world.Fleet, null, None)).Items);

        Assert.Equal((ComputeStatus.Stopped, 5), (listed.Status, listed.End?.ExitCode));
        Assert.Null(await _world.InspectAsync(request.Identity));
    }

    [Fact]
    public async Task What_was_found_absent_cannot_be_started_by_a_launch_that_comes_late()
    {
        var launcher = _world.CreateLauncher();
        var request = _world.Request(DockerWorld.Forever);

        Assert.IsType<FindOutcome.ConfirmedAbsent>(await launcher.FindAsync(request.Identity, None));
        Assert.IsType<LaunchOutcome.Existing>(await _world.CreateLauncher().LaunchAsync(request, None));

        Assert.Null(await _world.InspectAsync(request.Identity));
        Assert.IsType<FindOutcome.ConfirmedAbsent>(await launcher.FindAsync(request.Identity, None));
        Assert.Empty((await launcher.ListAsync(_world.Fleet, null, None)).Items);
    }

    [Fact]
    public async Task A_launch_between_its_two_steps_is_found_absent_and_then_cannot_take_the_second()
    {
        await using var proxy = new EngineProxy(DockerEngine.SocketPath);
        var atStart = new TaskCompletionSource();
        var mayStart = new TaskCompletionSource();
        proxy.Before = async line =>
        {
            if (line.Contains("/start", StringComparison.Ordinal))
            {
                atStart.SetResult();
                await mayStart.Task;
            }
        };
        var request = _world.Request(DockerWorld.Forever);
        var launch = _world.CreateLauncher(options => options.Endpoint = proxy.Endpoint).LaunchAsync(request, None);
        await atStart.Task;

        Assert.IsType<FindOutcome.ConfirmedAbsent>(await _world.CreateLauncher().FindAsync(request.Identity, None));
        mayStart.SetResult();

        Assert.IsType<LaunchOutcome.Existing>(await launch);
        Assert.Null(await _world.InspectAsync(request.Identity));
    }

    [Fact]
    public async Task Finds_and_launches_at_once_never_call_absent_what_runs()
    {
        var launcher = _world.CreateLauncher();
        for (var round = 0; round < 5; round++)
        {
            var request = _world.Request(DockerWorld.Forever);

            var launch = Task.Run(() => launcher.LaunchAsync(request, None));
            var finds = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => launcher.FindAsync(request.Identity, None))));
            var outcome = await launch;

            Assert.NotEqual(finds.OfType<FindOutcome.ConfirmedAbsent>().Any(), outcome is LaunchOutcome.Launched);
            Assert.Equal(outcome is LaunchOutcome.Launched, await _world.InspectAsync(request.Identity) is not null);
        }
    }

    [Theory]
    [InlineData("/create?")]
    [InlineData("/start")]
    public async Task A_reply_that_was_lost_is_unknown_and_the_same_launch_again_decides(string lost)
    {
        await using var proxy = new EngineProxy(DockerEngine.SocketPath);
        proxy.LosesReplyTo = line => line.StartsWith("POST", StringComparison.Ordinal) && line.Contains(lost, StringComparison.Ordinal);
        var request = _world.Request(DockerWorld.Forever);

        Assert.IsType<LaunchOutcome.Unknown>(await _world.CreateLauncher(options => options.Endpoint = proxy.Endpoint).LaunchAsync(request, None));

        var again = await _world.CreateLauncher().LaunchAsync(request, None);
        Assert.Equal(lost == "/start", again is LaunchOutcome.Existing);
        Assert.True((await _world.InspectAsync(request.Identity))!.Value.GetProperty("State").GetProperty("Running").GetBoolean());
        Assert.Single((await _world.CreateLauncher().ListAsync(_world.Fleet, null, None)).Items);
    }

    [Fact]
    public async Task A_container_that_somebody_removes_is_told_and_absent_and_never_comes_back()
    {
        var launcher = _world.CreateLauncher();
        using var watching = new CancellationTokenSource();
        var told = new List<ComputeDescription>();
        var watch = WatchAsync(launcher, told, watching.Token);
        var request = _world.Request(DockerWorld.Forever);
        var compute = await DockerWorld.LaunchAsync(launcher, request);
        await DockerWorld.EventuallyAsync(() => Told(told, compute, ComputeStatus.Running));

        await _world.RemoveByForceAsync(request.Identity);

        await DockerWorld.EventuallyAsync(() => Told(told, compute, ComputeStatus.Stopped));
        Assert.True(await DockerWorld.DescribeAsync(launcher, compute) is FindOutcome.ConfirmedAbsent or FindOutcome.Found { Description.Status: ComputeStatus.Stopped });
        Assert.IsType<LaunchOutcome.Existing>(await launcher.LaunchAsync(request, None));
        Assert.Null(await _world.InspectAsync(request.Identity));
        lock (told)
        {
            Assert.Equal([ComputeStatus.Running, ComputeStatus.Stopped], told.Select(description => description.Status));
        }

        await watching.CancelAsync();
        await watch;
    }

    [Fact]
    public async Task A_container_that_somebody_removes_while_nobody_watches_is_absent()
    {
        var launcher = _world.CreateLauncher();
        var request = _world.Request(DockerWorld.Forever);
        var compute = await DockerWorld.LaunchAsync(launcher, request);

        await _world.RemoveByForceAsync(request.Identity);

        Assert.IsType<FindOutcome.ConfirmedAbsent>(await DockerWorld.DescribeAsync(launcher, compute));
        Assert.IsType<FindOutcome.ConfirmedAbsent>(await launcher.FindAsync(request.Identity, None));
        Assert.IsType<StopOutcome.Stopped>(await launcher.StopAsync(compute, "why", None));
        Assert.IsType<LaunchOutcome.Existing>(await launcher.LaunchAsync(request, None));
        Assert.Null(await _world.InspectAsync(request.Identity));
    }

    [Fact]
    public async Task Ends_between_two_watches_are_told_by_the_second_and_other_fleets_are_not()
    {
        var launcher = _world.CreateLauncher();
        var mine = await DockerWorld.LaunchAsync(launcher, _world.Request("exit 6"));
        await DockerWorld.LaunchAsync(_world.CreateLauncher(), _world.Request("exit 0", _world.NewIdentity() with { Fleet = "other-" + _world.Fleet[2..] }));
        using var watching = new CancellationTokenSource();
        var told = new List<ComputeDescription>();

        var watch = WatchAsync(launcher, told, watching.Token);

        await DockerWorld.EventuallyAsync(() => Told(told, mine, ComputeStatus.Stopped));
        await watching.CancelAsync();
        await watch;
        Assert.All(told, description => Assert.Equal(mine, description.Compute));
    }

    [Fact]
    public async Task What_ended_lately_is_listed_and_what_ended_long_ago_is_forgotten()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var now = _world.CreateLauncher();
        var compute = await DockerWorld.LaunchAsync(now, _world.Request("exit 0"));
        await DockerWorld.UntilAsync(now, compute, ComputeStatus.Stopped);
        await now.FindAsync(_world.NewIdentity(), None);
        var later = _world.CreateLauncher(clock: clock);

        Assert.Equal(ComputeStatus.Stopped, Assert.Single((await later.ListAsync(_world.Fleet, null, None)).Items).Status);
        clock.Advance(TimeSpan.FromHours(2));
        Assert.Empty((await later.ListAsync(_world.Fleet, null, None)).Items);
        Assert.Equal(2, (await _world.VolumesAsync()).Length);
        clock.Advance(TimeSpan.FromHours(23));
        Assert.Empty((await later.ListAsync(_world.Fleet, null, None)).Items);
        Assert.Empty(await _world.VolumesAsync());
    }

    [Fact]
    public async Task A_long_listing_goes_by_name_page_by_page_and_shows_containers_and_ends_once()
    {
        var launcher = _world.CreateLauncher();
        using var engine = new EngineConnection(_world.Endpoint);
        var marks = new AttemptMarks(engine, TimeProvider.System);
        var now = TimeProvider.System.GetUtcNow();
        var names = new List<string> { (await DockerWorld.LaunchAsync(launcher, _world.Request(DockerWorld.Forever))).Id };
        for (var n = 0; n < 104; n++)
        {
            var ended = Attempt.Of(_world.NewIdentity())!;
            await marks.WriteEndAsync(ended, new EndMark(now, new ComputeEnd { At = now, ExitCode = 0 }), None);
            names.Add(ended.Container);
        }

        var first = await launcher.ListAsync(_world.Fleet, null, None);
        var second = await launcher.ListAsync(_world.Fleet, first.Continuation, None);

        Assert.Equal((100, 5), (first.Items.Count, second.Items.Count));
        Assert.Null(second.Continuation);
        Assert.Equal(names.Order(StringComparer.Ordinal), first.Items.Concat(second.Items).Select(description => description.Compute.Id));
        Assert.Single(first.Items.Concat(second.Items), description => description.Status == ComputeStatus.Running);
    }

    [Theory]
    [InlineData("..", "01ARZ3NDEKTSV4RRFFQ69G5FAV", 1)]
    [InlineData("a/b", "01ARZ3NDEKTSV4RRFFQ69G5FAV", 1)]
    [InlineData("Test", "01ARZ3NDEKTSV4RRFFQ69G5FAV", 1)]
    [InlineData("a-name-that-is-too-long", "01ARZ3NDEKTSV4RRFFQ69G5FAV", 1)]
    [InlineData("test", "../../../../containers/json", 1)]
    [InlineData("test", "01ARZ3NDEKTSV4RRFFQ69G5FAV", 0)]
    public async Task A_name_that_is_none_never_reaches_the_engine(string fleet, string runnerId, int attempt)
    {
        await using var proxy = new EngineProxy(DockerEngine.SocketPath);
        var seen = new List<string>();
        proxy.Before = line =>
        {
            lock (seen)
            {
                seen.Add(line);
            }

            return Task.CompletedTask;
        };
        var launcher = _world.CreateLauncher(options => options.Endpoint = proxy.Endpoint);
        var identity = new ComputeIdentity { Fleet = fleet, RunnerId = runnerId, Attempt = attempt };
        var compute = new ComputeRef { Launcher = "docker", Location = _world.EngineId, Id = DockerWorld.NameOf(identity) };

        Assert.IsType<LaunchOutcome.Rejected>(await launcher.LaunchAsync(_world.Request(DockerWorld.Forever) with { Identity = identity }, None));
        Assert.IsType<FindOutcome.ConfirmedAbsent>(await launcher.FindAsync(identity, None));
        Assert.IsType<StopOutcome.Stopped>(await launcher.StopAsync(compute, "why", None));
        Assert.IsType<FindOutcome.ConfirmedAbsent>(await DockerWorld.DescribeAsync(launcher, compute));
        Assert.All(seen, line => Assert.StartsWith("GET /info", line.Replace("/v1.41", "", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_fleet_that_is_no_name_is_not_listed() =>
        await Assert.ThrowsAsync<ArgumentException>(() => _world.CreateLauncher().ListAsync("..", null, None));

    [Fact]
    public async Task Compute_of_another_engine_is_unknown_not_absent()
    {
        var launcher = _world.CreateLauncher();
        var identity = _world.NewIdentity();
        var elsewhere = _world.RefOf(identity) with { Location = "another" };

        Assert.IsType<FindOutcome.Unknown>(await DockerWorld.DescribeAsync(launcher, elsewhere));
        Assert.IsType<FindOutcome.Unknown>(await launcher.FindAsync(identity with { Compute = elsewhere }, None));
        Assert.IsType<StopOutcome.Unknown>(await launcher.StopAsync(elsewhere, "why", None));
    }

    [Fact]
    public async Task Compute_of_an_engine_that_is_said_to_be_gone_is_absent()
    {
        var launcher = _world.CreateLauncher(options => options.FormerEngines.Add("another"));
        var identity = _world.NewIdentity();
        var elsewhere = _world.RefOf(identity) with { Location = "another" };

        Assert.IsType<FindOutcome.ConfirmedAbsent>(await DockerWorld.DescribeAsync(launcher, elsewhere));
        Assert.IsType<FindOutcome.ConfirmedAbsent>(await launcher.FindAsync(identity with { Compute = elsewhere }, None));
        Assert.IsType<StopOutcome.Stopped>(await launcher.StopAsync(elsewhere, "why", None));
        Assert.IsType<FindOutcome.Unknown>(await DockerWorld.DescribeAsync(launcher, elsewhere with { Location = "a third" }));
    }

    [Fact]
    public async Task The_engine_is_the_same_by_whatever_way_it_is_reached()
    {
        await using var proxy = new EngineProxy(DockerEngine.SocketPath);
        var request = _world.Request(DockerWorld.Forever);

        var compute = await DockerWorld.LaunchAsync(_world.CreateLauncher(options => options.Endpoint = proxy.Endpoint), request);

        await DockerWorld.UntilAsync(_world.CreateLauncher(), compute, ComputeStatus.Running);
    }

    internal static async Task WatchAsync(DockerLauncher launcher, List<ComputeDescription> told, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var description in launcher.WatchAsync(cancellationToken))
            {
                lock (told)
                {
                    told.Add(description);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // As it should end.
        }
    }

    internal static Task<bool> Told(List<ComputeDescription> told, ComputeRef compute, ComputeStatus status)
    {
        lock (told)
        {
            return Task.FromResult(told.Any(description => description.Compute == compute && description.Status == status));
        }
    }
}
