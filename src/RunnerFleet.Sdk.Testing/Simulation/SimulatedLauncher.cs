using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Testing.Simulation;

/// <summary>One host's way to the provider of compute.</summary>
internal sealed class SimulatedLauncher(World world, SimulatedHost host) : IComputeLauncher
{
    private const int PageSize = 3; // so that paging is used
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    public string Name => "simulated";

    public LauncherCapabilities Capabilities { get; } = new() { Images = true, Spot = true, ParallelLaunches = 2 };

    public Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return world.Wire.CallAsync(host, $"launch {request.Identity.RunnerId}/{request.Identity.Attempt}", Longest, 60,
            () => world.Compute.Receive(request), () => new LaunchOutcome.Unknown("A simulated reply was lost."), mayHang: true);
    }

    public Task<FindOutcome> FindAsync(ComputeIdentity identity, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return world.Wire.CallAsync(host, $"find {identity.RunnerId}/{identity.Attempt}", Longest, 60,
            () => world.Compute.Find(identity), () => new FindOutcome.Unknown("A simulated reply was lost."), mayHang: true);
    }

    public Task<StopOutcome> StopAsync(ComputeRef compute, string reason, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return world.Wire.CallAsync(host, $"stop {compute.Id}", Longest, 60,
            () => world.Compute.Stop(compute, reason), () => new StopOutcome.Unknown("A simulated reply was lost."), mayHang: true);
    }

    public Task<IReadOnlyDictionary<ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<ComputeRef> computes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return world.Wire.CallAsync<IReadOnlyDictionary<ComputeRef, FindOutcome>>(host, $"describe {string.Join(',', computes.Select(c => c.Id))}", Longest, 60,
            () => computes.Distinct().ToDictionary(c => c, world.Compute.Describe),
            () => computes.Distinct().ToDictionary(c => c, c => (FindOutcome)new FindOutcome.Unknown("A simulated reply was lost.")));
    }

    public Task<Page<ComputeDescription>> ListAsync(string fleet, string? continuation, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(fleet);
        cancellationToken.ThrowIfCancellationRequested();
        return world.Wire.CallAsync(host, "list", Longest, 60, () => world.Compute.List(continuation, PageSize), () => throw new TimeoutException("A simulated listing was lost."));
    }
}

/// <summary>The provider of compute itself: what was started, by which attempt, and how it stands.</summary>
internal sealed class SimulatedCompute(World world)
{
    private readonly Dictionary<string, Machine> _machines = new(StringComparer.Ordinal);
    private readonly HashSet<string> _neverToStart = new(StringComparer.Ordinal);

    public IEnumerable<Machine> Live => _machines.Values.Where(m => m.Description.Status != ComputeStatus.Stopped);

    public int Launches { get; private set; }

    /// <summary>A request whose connection is reset is sent again by the client's own retries, up to 13 times; only the last answer is seen.</summary>
    public LaunchOutcome Receive(LaunchRequest request)
    {
        var outcome = Launch(request);
        for (var again = world.Chance.Fault(30) ? 1 + world.Chance.Pick(12) : 0; again > 0; again--)
        {
            outcome = Launch(request);
            world.Trouble("launch sent again by its client");
        }

        return outcome;
    }

    private LaunchOutcome Launch(LaunchRequest request)
    {
        var token = request.Identity.Token;
        if (_machines.TryGetValue(token, out var known))
        {
            return new LaunchOutcome.Existing(known.Description.Compute);
        }

        if (request.Plan.Image?.Contains(SimulatedImages.Broken, StringComparison.Ordinal) == true)
        {
            world.Promises.Broken(9, $"image {request.Plan.Image} was launched and was never built.", null);
        }

        if (_neverToStart.Contains(token))
        {
            return new LaunchOutcome.Rejected("It was found absent before it was launched.");
        }

        if (world.Chance.Fault(80))
        {
            world.Trouble("launch refused");
            return world.Chance.Pick(3) switch
            {
                0 => new LaunchOutcome.NoCapacity("A simulated provider has no capacity."),
                1 => new LaunchOutcome.Throttled("A simulated provider asks for fewer calls.", TimeSpan.FromSeconds(5)),
                _ => new LaunchOutcome.Rejected("A simulated provider refuses."),
            };
        }

        var machine = new Machine(request, new ComputeDescription
        {
            Compute = new ComputeRef { Launcher = "simulated", Location = "", Id = token },
            RunnerId = request.Identity.RunnerId,
            Attempt = request.Identity.Attempt,
            Status = ComputeStatus.Starting,
        });
        world.Promises.Launched(machine, Live);
        _machines.Add(token, machine);
        if (world.Chance.Fault(100))
        {
            machine.IsListed = false;
            world.Trouble("listing of compute lags");
            world.Time.After(world.Chance.Time(TimeSpan.FromSeconds(20)), () => machine.IsListed = true);
        }

        Launches++;
        machine.Runner = new SimulatedRunner(world, machine);
        return new LaunchOutcome.Launched(machine.Description.Compute);
    }

    public FindOutcome Find(ComputeIdentity identity)
    {
        if (_machines.TryGetValue(identity.Token, out var machine))
        {
            return new FindOutcome.Found(machine.Shown);
        }

        _neverToStart.Add(identity.Token); // absent is a promise
        return FindOutcome.ConfirmedAbsent.Instance;
    }

    public FindOutcome Describe(ComputeRef compute) =>
        _machines.TryGetValue(compute.Id, out var machine) ? new FindOutcome.Found(machine.Shown) : FindOutcome.ConfirmedAbsent.Instance;

    public StopOutcome Stop(ComputeRef compute, string reason)
    {
        if (!_machines.TryGetValue(compute.Id, out var machine) || machine.Description.Status == ComputeStatus.Stopped)
        {
            return StopOutcome.Stopped.Instance;
        }

        world.Promises.Stopping(machine, reason);
        Change(machine, machine.Description with { Status = ComputeStatus.Stopping });
        world.Time.After(world.Chance.Time(TimeSpan.FromSeconds(30)), () => End(machine, new ComputeEnd { ExitCode = 143, Reason = reason }));
        return StopOutcome.Stopping.Instance;
    }

    public Page<ComputeDescription> List(string? continuation, int take)
    {
        var rest = _machines.Values.Where(m => m.IsListed && m.Shown.Status != ComputeStatus.Stopped && string.CompareOrdinal(m.Description.Compute.Id, continuation) > 0)
            .OrderBy(m => m.Description.Compute.Id, StringComparer.Ordinal).Take(take + 1).ToList();
        return new Page<ComputeDescription>
        {
            Items = [.. rest.Take(take).Select(m => m.Shown)],
            Continuation = rest.Count > take ? rest[take - 1].Description.Compute.Id : null,
        };
    }

    public void Started(Machine machine)
    {
        if (machine.Description.Status == ComputeStatus.Starting)
        {
            Change(machine, machine.Description with { Status = ComputeStatus.Running, StartedAt = world.Time.Now });
            Tell(machine);
        }
    }

    /// <summary>It ends, by itself or from outside. Whatever its runner did ends with it.</summary>
    public void End(Machine machine, ComputeEnd end)
    {
        if (machine.Description.Status == ComputeStatus.Stopped)
        {
            return;
        }

        Change(machine, machine.Description with { Status = ComputeStatus.Stopped, End = end with { At = world.Time.Now } });
        world.Log.Add($"compute {machine.Description.Compute.Id} ended: {end.ExitCode} {end.Reason}");
        machine.Runner?.Vanish();
        Tell(machine);
    }

    /// <summary>What is shown of a change may lag; what is shown as stopped is stopped.</summary>
    private void Change(Machine machine, ComputeDescription description)
    {
        machine.Description = description;
        if (world.Chance.Fault(200))
        {
            world.Trouble("description of compute lags");
            world.Time.After(world.Chance.Time(TimeSpan.FromSeconds(20)), () => machine.Shown = machine.Description);
        }
        else
        {
            machine.Shown = description;
        }
    }

    private void Tell(Machine machine)
    {
        var description = machine.Description;
        if (!world.Chance.Fault(200)) // an event may be lost
        {
            world.Time.After(world.Chance.Time(TimeSpan.FromSeconds(5)), () => world.OnSomeHost("compute event", h => h.Fleet.HandleEventAsync(new Provisioning.FleetEvent.ComputeChanged(description), CancellationToken.None)));
        }
    }
}

/// <summary>One started compute.</summary>
internal sealed class Machine(LaunchRequest request, ComputeDescription description)
{
    public LaunchRequest Request { get; } = request;

    public ComputeDescription Description { get; set; } = description;

    /// <summary>What the provider shows of it.</summary>
    public ComputeDescription Shown { get; set; } = description;

    /// <summary>Whether listings show it already.</summary>
    public bool IsListed { get; set; } = true;

    public SimulatedRunner? Runner { get; set; }

    /// <summary>The places of its record when it was launched.</summary>
    public IReadOnlyList<string> Places { get; set; } = [];
}
