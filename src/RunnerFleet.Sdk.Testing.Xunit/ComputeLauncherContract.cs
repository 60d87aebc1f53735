using System.Security.Cryptography;
using RunnerFleet.Compute;
using RunnerFleet.Runners;

namespace RunnerFleet.Testing.Xunit;

/// <summary>Every promise of <see cref="IComputeLauncher"/> as a test. Derive one class per launcher.</summary>
/// <remarks>Each test uses a fleet name and runner ids of its own, so a provider may be shared, and may hold what earlier runs left.</remarks>
public abstract class ComputeLauncherContract : IAsyncLifetime
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private IComputeLauncher? _launcher;

    /// <summary>The fleet that this test launches for.</summary>
    protected string Fleet { get; } = NewFleet();

    /// <summary>How long compute may take to start, to stop or to be proven absent.</summary>
    protected virtual TimeSpan Patience => TimeSpan.FromSeconds(60);

    /// <summary>Makes a launcher. Called once a test.</summary>
    protected abstract ValueTask<IComputeLauncher> CreateLauncherAsync();

    /// <summary>Makes another launcher object over the same provider, as after a crash of the host. The former object is used no more, or at the same time, as by two hosts.</summary>
    protected abstract ValueTask<IComputeLauncher> RestartAsync(IComputeLauncher launcher);

    /// <summary>Makes a request whose compute runs until it is stopped.</summary>
    protected abstract LaunchRequest CreateLastingRequest(ComputeIdentity identity);

    /// <summary>Makes a request whose compute exits by itself, soon, with this code.</summary>
    protected abstract LaunchRequest CreateExitingRequest(ComputeIdentity identity, int exitCode);

    /// <summary>Names compute of this launcher that was never started.</summary>
    protected abstract ComputeRef CreateAbsentRef(IComputeLauncher launcher);

    /// <summary>Whatever tells of this launcher's changes; <see langword="null"/> where nothing does.</summary>
    protected virtual IComputeEventSource? EventsOf(IComputeLauncher launcher) => launcher as IComputeEventSource;

    /// <summary>Removes what a test left behind.</summary>
    protected virtual ValueTask CleanUpAsync() => default;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => _launcher = await CreateLauncherAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CleanUpAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The launcher under test.</summary>
    protected IComputeLauncher Launcher => _launcher ?? throw new InvalidOperationException("The launcher is made when the test begins.");

    /// <summary>Names an attempt of a runner that nobody used before.</summary>
    protected ComputeIdentity NewIdentity() => new() { Fleet = Fleet, RunnerId = NewRunnerId(), Attempt = 1 };

    /// <summary>A plan that any launcher can take: the smallest size, no image. Give it one where images are run.</summary>
    protected static LaunchPlan PlanFor(ComputeIdentity identity) => new()
    {
        Attempt = identity.Attempt,
        ClassName = "default",
        Cpu = 256,
        MemoryMiB = 512,
        Architecture = "x64",
        ControlPlaneUrl = new Uri("http://127.0.0.1:9/"),
        ClaimKeyId = "contract",
    };

#pragma warning disable CS1591 // the name of a test says what it checks

    [Fact]
    public virtual void It_says_who_it_is_and_what_it_can_do()
    {
        Assert.NotEmpty(Launcher.Name);
        Assert.InRange(Launcher.Capabilities.ParallelLaunches, 1, int.MaxValue);
        Assert.All(Launcher.Capabilities.Architectures, architecture => Assert.Contains(architecture, new[] { "x64", "arm64" }));
    }

    [Fact]
    public virtual async Task A_launch_starts_compute_that_knows_its_runner_and_attempt()
    {
        var identity = NewIdentity() with { Attempt = 3 };
        var compute = await LaunchAsync(CreateLastingRequest(identity));

        var found = await UntilAsync(identity, description => description.Status == ComputeStatus.Running);

        Assert.Equal(Launcher.Name, compute.Launcher);
        Assert.Equal(compute, found.Compute);
        Assert.Equal((identity.RunnerId, 3), (found.RunnerId, found.Attempt));
        Assert.NotNull(found.StartedAt);
        Assert.Null(found.End);
    }

    [Fact]
    public virtual async Task The_same_launch_again_is_answered_existing()
    {
        var request = CreateLastingRequest(NewIdentity());
        var compute = await LaunchAsync(request);

        var second = Assert.IsType<LaunchOutcome.Existing>(await Launcher.LaunchAsync(request, Cancel));
        var elsewhere = Assert.IsType<LaunchOutcome.Existing>(await (await RestartAsync(Launcher)).LaunchAsync(request, Cancel));

        Assert.Equal(compute, second.Compute);
        Assert.Equal(compute, elsewhere.Compute);
        Assert.Single(await ListAsync(Fleet));
    }

    [Fact]
    public virtual async Task Eight_launches_at_once_start_one_compute()
    {
        var request = CreateLastingRequest(NewIdentity());
        var other = await RestartAsync(Launcher);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(() => (n % 2 == 0 ? Launcher : other).LaunchAsync(request, Cancel))));

        var compute = Assert.Single(outcomes.Select(ComputeOf).Distinct());
        Assert.Equal(compute, Assert.Single(await ListAsync(Fleet)).Compute);
    }

    [Fact]
    public virtual async Task Compute_that_exited_is_existing_and_is_not_started_again()
    {
        var identity = NewIdentity();
        var request = CreateExitingRequest(identity, exitCode: 3);
        var compute = await LaunchAsync(request);
        var stopped = await UntilAsync(identity, description => description.Status == ComputeStatus.Stopped);

        var again = Assert.IsType<LaunchOutcome.Existing>(await Launcher.LaunchAsync(request, Cancel));

        Assert.Equal(compute, again.Compute);
        Assert.Equal(3, stopped.End?.ExitCode);
        Assert.NotNull(stopped.End?.At);
        Assert.Equal(stopped, await FindOrNullAsync(identity));
    }

    [Fact]
    public virtual async Task Compute_that_was_stopped_is_existing_and_is_not_started_again()
    {
        var request = CreateLastingRequest(NewIdentity());
        var compute = await LaunchAsync(request);
        await StopAndWaitAsync(compute);

        var again = Assert.IsType<LaunchOutcome.Existing>(await Launcher.LaunchAsync(request, Cancel));

        Assert.Equal(compute, again.Compute);
        Assert.True(await IsGoneAsync(compute));
    }

    [Fact]
    public virtual async Task Each_attempt_has_compute_of_its_own()
    {
        var first = NewIdentity();
        var second = first with { Attempt = 2 };

        var one = await LaunchAsync(CreateLastingRequest(first));
        var two = await LaunchAsync(CreateLastingRequest(second));

        Assert.NotEqual(one, two);
        await StopAndWaitAsync(one);
        Assert.Equal(two, (await UntilAsync(second, description => description.Status == ComputeStatus.Running)).Compute);
    }

    [Fact]
    public virtual async Task What_was_never_launched_is_confirmed_absent_and_until_then_unknown()
    {
        var identity = NewIdentity();

        FindOutcome? last = null;
        await EventuallyAsync(async () =>
        {
            last = await Launcher.FindAsync(identity, Cancel);
            return last is not FindOutcome.Unknown;
        });

        Assert.IsType<FindOutcome.ConfirmedAbsent>(last);
    }

    [Fact]
    public virtual async Task A_launcher_that_comes_after_a_crash_finds_lists_and_stops_what_runs()
    {
        var identity = NewIdentity();
        var compute = await LaunchAsync(CreateLastingRequest(identity));
        await UntilAsync(identity, description => description.Status == ComputeStatus.Running);

        _launcher = await RestartAsync(Launcher);

        Assert.Equal(compute, (await UntilAsync(identity with { Compute = compute }, description => description.Status == ComputeStatus.Running)).Compute);
        var listed = Assert.Single(await ListAsync(Fleet));
        Assert.Equal((compute, identity.RunnerId, identity.Attempt), (listed.Compute, listed.RunnerId, listed.Attempt));
        await StopAndWaitAsync(compute);
    }

    [Fact]
    public virtual async Task A_stop_ends_compute_and_may_be_repeated()
    {
        var identity = NewIdentity();
        var compute = await LaunchAsync(CreateLastingRequest(identity));

        Assert.IsNotType<StopOutcome.Unknown>(await Launcher.StopAsync(compute, "contract", Cancel));
        Assert.IsNotType<StopOutcome.Unknown>(await Launcher.StopAsync(compute, "contract, again", Cancel));
        await EventuallyAsync(() => IsGoneAsync(compute));

        Assert.IsType<StopOutcome.Stopped>(await Launcher.StopAsync(compute, "contract, after the end", Cancel));
        Assert.DoesNotContain(await ListAsync(Fleet), description => description.Status != ComputeStatus.Stopped);
        if (await FindOrNullAsync(identity) is { } stopped)
        {
            Assert.Equal(ComputeStatus.Stopped, stopped.Status);
            Assert.NotNull(stopped.End);
        }
    }

    [Fact]
    public virtual async Task Stopping_what_is_absent_is_success() =>
        Assert.IsType<StopOutcome.Stopped>(await Launcher.StopAsync(CreateAbsentRef(Launcher), "contract", Cancel));

    [Fact]
    public virtual async Task A_description_answers_each_ref_once()
    {
        var exiting = NewIdentity();
        var runs = await LaunchAsync(CreateLastingRequest(NewIdentity()));
        var exited = await LaunchAsync(CreateExitingRequest(exiting, exitCode: 0));
        var absent = CreateAbsentRef(Launcher);
        await UntilAsync(exiting, description => description.Status == ComputeStatus.Stopped);

        var answers = await Launcher.DescribeAsync([runs, absent, exited, runs, absent], Cancel);

        Assert.Equal(3, answers.Count);
        Assert.NotEqual(ComputeStatus.Stopped, Assert.IsType<FindOutcome.Found>(answers[runs]).Description.Status);
        Assert.Equal(runs, Assert.IsType<FindOutcome.Found>(answers[runs]).Description.Compute);
        Assert.Equal(0, Assert.IsType<FindOutcome.Found>(answers[exited]).Description.End?.ExitCode);
        Assert.IsNotType<FindOutcome.Found>(answers[absent]);
    }

    [Fact]
    public virtual async Task Describing_nothing_answers_nothing() =>
        Assert.Empty(await Launcher.DescribeAsync([], Cancel));

    [Fact]
    public virtual async Task A_listing_shows_its_own_fleet_only()
    {
        var mine = await LaunchAsync(CreateLastingRequest(NewIdentity()));
        var theirs = NewIdentity() with { Fleet = NewFleet() };
        var other = await LaunchAsync(CreateLastingRequest(theirs));

        Assert.Equal(mine, Assert.Single(await ListAsync(Fleet)).Compute);
        Assert.Equal(other, Assert.Single(await ListAsync(theirs.Fleet)).Compute);
        Assert.Empty(await ListAsync(NewFleet()));
        await StopAndWaitAsync(other);
    }

    [Fact]
    public virtual async Task A_listing_goes_page_by_page_and_shows_everything_once()
    {
        var launched = new HashSet<ComputeRef>();
        for (var n = 0; n < 5; n++)
        {
            launched.Add(await LaunchAsync(CreateLastingRequest(NewIdentity())));
        }

        var listed = (await ListAsync(Fleet)).Select(description => description.Compute).ToList();

        Assert.Equal(5, listed.Count);
        Assert.True(launched.SetEquals(listed));
    }

    [Fact]
    public virtual async Task A_listing_without_a_fleet_name_is_refused() =>
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Launcher.ListAsync("", null, Cancel));

    [Fact]
    public virtual async Task Every_call_can_be_cancelled()
    {
        var cancelled = new CancellationToken(canceled: true);
        var identity = NewIdentity();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Launcher.LaunchAsync(CreateLastingRequest(identity), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Launcher.FindAsync(identity, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Launcher.StopAsync(CreateAbsentRef(Launcher), "contract", cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Launcher.DescribeAsync([CreateAbsentRef(Launcher)], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Launcher.ListAsync(Fleet, null, cancelled));
    }

    [Fact]
    public virtual async Task Starts_and_stops_are_told_as_they_happen()
    {
        if (EventsOf(Launcher) is not { } events)
        {
            Assert.Skip("This launcher has no event source.");
            return;
        }

        using var watching = new CancellationTokenSource();
        var told = new List<ComputeDescription>();
        var watch = WatchAsync(events, told, watching.Token);
        var identity = NewIdentity();
        var compute = await LaunchAsync(CreateLastingRequest(identity));
        await EventuallyAsync(() => Told(told, compute, ComputeStatus.Running));

        await StopAndWaitAsync(compute);
        await EventuallyAsync(() => Told(told, compute, ComputeStatus.Stopped));

        await watching.CancelAsync();
        await watch.WaitAsync(Patience, TimeProvider.System, Cancel);
    }

#pragma warning restore CS1591

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string NewFleet() => "c-" + RandomNumberGenerator.GetHexString(8, lowercase: true);

    private static string NewRunnerId() => "01" + RandomNumberGenerator.GetString("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24);

    private static ComputeRef ComputeOf(LaunchOutcome outcome) => outcome switch
    {
        LaunchOutcome.Launched launched => launched.Compute,
        LaunchOutcome.Existing existing => existing.Compute,
        LaunchOutcome.Rejected rejected => throw new InvalidOperationException($"The launch was rejected: {rejected.Reason}"),
        LaunchOutcome.Unknown unknown => throw new InvalidOperationException($"The launch is unknown: {unknown.Reason}"),
        _ => throw new InvalidOperationException($"The launch was answered {outcome}."),
    };

    private static async Task WatchAsync(IComputeEventSource events, List<ComputeDescription> told, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var description in events.WatchAsync(cancellationToken))
            {
                lock (told)
                {
                    told.Add(description);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Both are right: to throw, and to end quietly.
        }
    }

    private static Task<bool> Told(List<ComputeDescription> told, ComputeRef compute, ComputeStatus status)
    {
        lock (told)
        {
            return Task.FromResult(told.Any(description => description.Compute == compute && description.Status == status));
        }
    }

    private async Task<ComputeRef> LaunchAsync(LaunchRequest request)
    {
        var outcome = await Launcher.LaunchAsync(request, Cancel);
        var compute = ComputeOf(outcome);
        Assert.IsType<LaunchOutcome.Launched>(outcome);
        return compute;
    }

    private async Task StopAndWaitAsync(ComputeRef compute)
    {
        await Launcher.StopAsync(compute, "contract", Cancel);
        await EventuallyAsync(() => IsGoneAsync(compute));
    }

    private async Task<bool> IsGoneAsync(ComputeRef compute) => (await Launcher.DescribeAsync([compute], Cancel))[compute] switch
    {
        FindOutcome.Found found => found.Description.Status == ComputeStatus.Stopped,
        FindOutcome.ConfirmedAbsent => true,
        _ => false,
    };

    private async Task<ComputeDescription?> FindOrNullAsync(ComputeIdentity identity) =>
        await Launcher.FindAsync(identity, Cancel) is FindOutcome.Found found ? found.Description : null;

    private async Task<ComputeDescription> UntilAsync(ComputeIdentity identity, Func<ComputeDescription, bool> condition)
    {
        ComputeDescription? description = null;
        await EventuallyAsync(async () => (description = await FindOrNullAsync(identity)) is not null && condition(description));
        return description!;
    }

    private async Task<List<ComputeDescription>> ListAsync(string fleet)
    {
        var all = new List<ComputeDescription>();
        string? continuation = null;
        do
        {
            var page = await Launcher.ListAsync(fleet, continuation, Cancel);
            all.AddRange(page.Items);
            continuation = page.Continuation;
        }
        while (continuation is not null);
        return all;
    }

    private async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, $"What was waited for did not happen within {Patience}.");
            await Task.Delay(PollInterval, TimeProvider.System, Cancel);
        }
    }
}
