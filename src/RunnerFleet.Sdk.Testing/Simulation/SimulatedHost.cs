using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Images;
using RunnerFleet.Provisioning;
using RunnerFleet.Storage;

namespace RunnerFleet.Testing.Simulation;

/// <summary>One host from its start to its crash: the real engine, and the loops that drain and sweep.</summary>
internal sealed class SimulatedHost : IFleetQueue, IRunnerIdSource
{
    private static readonly TimeSpan s_skew = TimeSpan.FromSeconds(1);

    private readonly World _world;
    private readonly TimingOptions _timing;
    private readonly HostClock _clock;
    private readonly ServiceProvider _services;
    private TaskCompletionSource? _sleeping;
    private bool _isHinted;

    public SimulatedHost(World world, string name)
    {
        _world = world;
        Name = name;
        _timing = world.Settings.Current.Timing;
        _clock = new HostClock(world.Time, world.Chance.Time(s_skew), () => IsDead);
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new SecretLog(world)));
        services.AddSingleton<TimeProvider>(_clock);
        services.AddSingleton<IRunnerIdSource>(this);
        services.AddSingleton<IFleetQueue>(this);
        services.AddSingleton(Decorated(world.Plan.DecorateStore, (IRunnerStore)new SimulatedStore(world.Store, this, world)));
        services.AddSingleton(Decorated(world.Plan.DecorateLauncher, (IComputeLauncher)new SimulatedLauncher(world, this)));
        services.AddSingleton(Decorated(world.Plan.DecorateRegistrar, (IRunnerRegistrar)new SimulatedRegistrar(world, this)));
        services.AddSingleton<IImageBuilder>(new SimulatedImageBuilder(world, this));
        services.AddSingleton<IOptionsChangeTokenSource<RunnerFleetOptions>>(world.Settings);
        services.AddRunnerFleet(world.Settings.Configure);
        world.Plan.ConfigureServices?.Invoke(services);
        _services = services.BuildServiceProvider();
        _ = _services.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>().CurrentValue; // as a host does when it starts: later it has a last good copy
        Fleet = Decorated(world.Plan.DecorateFleet, _services.GetRequiredService<IRunnerFleet>());
        _ = DrainForEverAsync();
        _ = SweepForEverAsync();
    }

    public string Name { get; }

    public IRunnerFleet Fleet { get; }

    public bool IsDead { get; private set; }

    /// <summary>From here on nothing reaches it, and none of its timers fires.</summary>
    public void Crash() => IsDead = true;

    public string NewRunnerId()
    {
        Span<byte> randomness = stackalloc byte[10];
        _world.Chance.Fill(randomness);
        return Ulid.NewUlid(_clock.GetUtcNow(), randomness).ToString();
    }

    public ValueTask HintAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        if (!_world.Chance.Fault(100)) // a hint may be lost
        {
            _world.Time.After(delay, () =>
            {
                _isHinted = true;
                Wake();
            });
        }

        return default;
    }

    public async ValueTask WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        if (!_isHinted)
        {
            var sleeping = _sleeping = new TaskCompletionSource();
            _world.Time.After(atMost, () => sleeping.TrySetResult());
            await sleeping.Task.ConfigureAwait(false);
        }

        _isHinted = false;
    }

    private static T Decorated<T>(Func<T, T>? decorate, T service) => decorate is null ? service : decorate(service);

    private void Wake()
    {
        if (!IsDead)
        {
            _sleeping?.TrySetResult();
        }
    }

    private async Task DrainForEverAsync()
    {
        while (!IsDead)
        {
            await _world.TryAsync(this, "drain", () => Fleet.DrainAsync(CancellationToken.None)).ConfigureAwait(false);
            await WaitAsync(TimeSpan.FromSeconds(_timing.DrainIntervalSeconds), CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task SweepForEverAsync()
    {
        while (!IsDead)
        {
            await _world.TryAsync(this, "sweep", () => Fleet.SweepAsync(CancellationToken.None)).ConfigureAwait(false);
            await _world.Time.WaitAsync(TimeSpan.FromSeconds(_timing.SweepIntervalSeconds)).ConfigureAwait(false);
        }
    }
}
