using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Testing.Fakes;
using RunnerFleet.Testing.Xunit;

namespace RunnerFleet.Sdk.Tests.Fakes;

public sealed class FakeComputeLauncherContractTests : ComputeLauncherContract
{
    protected override ValueTask<IComputeLauncher> CreateLauncherAsync() => ValueTask.FromResult<IComputeLauncher>(new FakeComputeLauncher
    {
        PageSize = 2,
        ExitCodeOf = request => request.Environment.TryGetValue("EXIT_WITH", out var code) ? int.Parse(code) : null,
    });

    protected override ValueTask<IComputeLauncher> RestartAsync(IComputeLauncher launcher) => ValueTask.FromResult<IComputeLauncher>(((FakeComputeLauncher)launcher).Restart());

    protected override LaunchRequest CreateLastingRequest(ComputeIdentity identity) =>
        new() { Identity = identity, Plan = PlanFor(identity), Environment = new Dictionary<string, string>() };

    protected override LaunchRequest CreateExitingRequest(ComputeIdentity identity, int exitCode) =>
        CreateLastingRequest(identity) with { Environment = new Dictionary<string, string> { ["EXIT_WITH"] = exitCode.ToString() } };

    protected override ComputeRef CreateAbsentRef(IComputeLauncher launcher) => new() { Launcher = launcher.Name, Location = "memory", Id = "absent" };
}

public sealed class FakeComputeLauncherTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly FakeTimeProvider _clock = new();
    private readonly FakeComputeLauncher _launcher;

    public FakeComputeLauncherTests() => _launcher = new FakeComputeLauncher(_clock);

    [Fact]
    public async Task Every_call_is_recorded()
    {
        var request = Request();
        var compute = ((LaunchOutcome.Launched)await _launcher.LaunchAsync(request, None)).Compute;
        await _launcher.FindAsync(request.Identity, None);
        await _launcher.DescribeAsync([compute], None);
        await _launcher.ListAsync("f", null, None);
        await _launcher.StopAsync(compute, "why", None);

        Assert.Equal([request], _launcher.Launches);
        Assert.Equal([request.Identity], _launcher.Finds);
        Assert.Equal([compute], Assert.Single(_launcher.Describes));
        Assert.Equal(["f"], _launcher.Lists);
        Assert.Equal([new FakeStop { Compute = compute, Reason = "why" }], _launcher.Stops);
    }

    [Fact]
    public async Task A_launch_answers_something_else_once_and_starts_nothing()
    {
        _launcher.AnswerNextLaunch(new LaunchOutcome.NoCapacity("none left"));

        Assert.IsType<LaunchOutcome.NoCapacity>(await _launcher.LaunchAsync(Request(), None));
        Assert.Empty(_launcher.Computes);
        Assert.IsType<LaunchOutcome.Launched>(await _launcher.LaunchAsync(Request(), None));
    }

    [Fact]
    public async Task A_launch_answers_something_else_for_as_long_as_told()
    {
        _launcher.LaunchAnswer = request => request.Plan.ClassName == "bad" ? new LaunchOutcome.Rejected("no") : null;
        var bad = Request() with { Plan = Request().Plan with { ClassName = "bad" } };

        Assert.IsType<LaunchOutcome.Rejected>(await _launcher.LaunchAsync(bad, None));
        Assert.IsType<LaunchOutcome.Rejected>(await _launcher.LaunchAsync(bad, None));
        Assert.IsType<LaunchOutcome.Launched>(await _launcher.LaunchAsync(Request(), None));
    }

    [Fact]
    public async Task A_lost_reply_has_its_effect_all_the_same()
    {
        _launcher.LoseLaunchReply = _ => true;
        _launcher.LoseStopReply = _ => true;

        Assert.IsType<LaunchOutcome.Unknown>(await _launcher.LaunchAsync(Request(), None));
        var running = Assert.Single(_launcher.Computes);
        Assert.IsType<StopOutcome.Unknown>(await _launcher.StopAsync(running.Compute, "why", None));

        Assert.Equal(ComputeStatus.Stopped, Assert.Single(_launcher.Computes).Status);
    }

    [Fact]
    public async Task Looks_and_stops_fail_when_told()
    {
        var compute = ((LaunchOutcome.Launched)await _launcher.LaunchAsync(Request(), None)).Compute;
        _launcher.FindAnswer = _ => new FindOutcome.Unknown("down");
        _launcher.DescribeAnswer = _ => new FindOutcome.Unknown("down");
        _launcher.StopAnswer = _ => new StopOutcome.Unknown("down");
        _launcher.ListFailure = _ => new TimeoutException("down");

        Assert.IsType<FindOutcome.Unknown>(await _launcher.FindAsync(Request().Identity, None));
        Assert.IsType<FindOutcome.Unknown>((await _launcher.DescribeAsync([compute], None))[compute]);
        Assert.IsType<StopOutcome.Unknown>(await _launcher.StopAsync(compute, "why", None));
        await Assert.ThrowsAsync<TimeoutException>(() => _launcher.ListAsync("f", null, None));
        Assert.Equal(ComputeStatus.Running, Assert.Single(_launcher.Computes).Status);
    }

    [Fact]
    public async Task Compute_ends_from_outside_at_the_time_of_its_clock()
    {
        await _launcher.LaunchAsync(Request(), None);
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.True(_launcher.End(Request().Identity.RunnerId, exitCode: 7));
        Assert.False(_launcher.End(Request().Identity.RunnerId, exitCode: 8));

        Assert.Equal(new ComputeEnd { StartedAt = _clock.GetUtcNow().AddMinutes(-1), At = _clock.GetUtcNow(), ExitCode = 7 }, Assert.Single(_launcher.Computes).End);
    }

    [Fact]
    public async Task A_slow_stop_waits_for_the_end()
    {
        _launcher.StopsAtOnce = false;
        var compute = ((LaunchOutcome.Launched)await _launcher.LaunchAsync(Request(), None)).Compute;

        Assert.IsType<StopOutcome.Stopping>(await _launcher.StopAsync(compute, "why", None));
        Assert.Equal(ComputeStatus.Stopping, Assert.Single(_launcher.Computes).Status);
        _launcher.End(compute, new ComputeEnd { Interrupted = true });

        Assert.IsType<StopOutcome.Stopped>(await _launcher.StopAsync(compute, "why", None));
    }

    private static LaunchRequest Request() => new()
    {
        Identity = new ComputeIdentity { Fleet = "f", RunnerId = "01ARZ3NDEKTSV4RRFFQ69G5FAV", Attempt = 1 },
        Plan = new LaunchPlan { Attempt = 1, ClassName = "default", Cpu = 256, MemoryMiB = 512, Architecture = "x64", ControlPlaneUrl = new Uri("http://127.0.0.1/"), ClaimKeyId = "k" },
        Environment = Empty,
        Tags = Empty,
    };

    private static readonly Dictionary<string, string> Empty = [];
}
