using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Sdk.Tests;

public sealed class CompositionTests
{
    [Fact]
    public async Task A_fleet_without_a_launcher_does_not_start_and_names_the_verb()
    {
        using var host = Host(b => { });
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("UseProcessLauncher", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("UseLauncher<T>()", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fleet_with_bad_settings_does_not_start_and_names_them()
    {
        using var host = Host(b => b.UseLauncher<FakeLauncher>(), o =>
        {
            o.Name = "Not A Name";
            o.GitHub.ApiUrl = new Uri("http://github.example");
        });
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("RunnerFleet:Name", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("RunnerFleet:GitHub:ApiUrl", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_in_memory_store_is_the_default_and_warned_of()
    {
        var log = new ListLogger();
        using var host = Host(b => b.UseLauncher<FakeLauncher>(), log: log);
        await host.StartAsync(TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);

        Assert.IsType<InMemoryRunnerStore>(host.Services.GetRequiredService<IRunnerStore>());
        Assert.Contains(log.Lines, l => l.StartsWith("Warning 2060", StringComparison.Ordinal));
    }

    [Fact]
    public void A_part_registered_before_stays_and_a_verb_replaces()
    {
        var own = new InMemoryRunnerStore();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IRunnerStore>(own);
        var builder = services.AddRunnerFleet(Valid).UseLauncher<FakeLauncher>();
        using (var before = services.BuildServiceProvider())
        {
            Assert.Same(own, before.GetRequiredService<IRunnerStore>());
        }

        builder.UseStore<OtherStore>();
        using var after = services.BuildServiceProvider();
        Assert.IsType<OtherStore>(after.GetRequiredService<IRunnerStore>());
    }

    [Fact]
    public void Every_part_can_be_made_and_the_fleet_answers_by_its_name()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddRunnerFleet(Valid).UseLauncher<FakeLauncher>().AddWorkers();
        using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        Assert.Equal("valid", provider.GetRequiredService<IRunnerFleet>().Name);
    }

    [Fact]
    public void A_changed_setting_that_is_not_valid_is_refused_and_the_last_good_one_stays()
    {
        var log = new ListLogger();
        var source = new ReloadableSource { ["RunnerFleet:Name"] = "first", ["RunnerFleet:PublicUrl"] = "https://fleet.example", ["RunnerFleet:Limits:Fleet"] = "7" };
        var configuration = new ConfigurationBuilder().Add(source).Build();
        var services = new ServiceCollection();
        services.AddLogging(l => l.AddProvider(log));
        services.AddRunnerFleet(configuration.GetSection("RunnerFleet")).UseLauncher<FakeLauncher>();
        using var provider = services.BuildServiceProvider();
        var fleet = provider.GetRequiredService<IOptionsMonitor<RunnerFleetOptions>>();
        Assert.Equal(7, fleet.CurrentValue.Limits.Fleet);

        source.Change("RunnerFleet:Limits:Fleet", "-1");
        Assert.Equal(7, fleet.CurrentValue.Limits.Fleet);
        Assert.Single(log.Lines, l => l.StartsWith("Error 2061", StringComparison.Ordinal));

        source.Change("RunnerFleet:Limits:Fleet", "a word");
        Assert.Equal(7, fleet.CurrentValue.Limits.Fleet);

        source.Change("RunnerFleet:Limits:Fleet", "9");
        Assert.Equal(9, fleet.CurrentValue.Limits.Fleet);
    }

    private static void Valid(RunnerFleetOptions o)
    {
        o.Name = "valid";
        o.PublicUrl = new Uri("https://fleet.example");
        o.GitHub.WebhookSecret = "a webhook secret";
        o.GitHub.Token = "a-token";
    }

    private static IHost Host(Action<IRunnerFleetBuilder> build, Action<RunnerFleetOptions>? configure = null, ListLogger? log = null)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }

        build(builder.Services.AddRunnerFleet(o =>
        {
            Valid(o);
            configure?.Invoke(o);
        }));
        return builder.Build();
    }

    private sealed class FakeLauncher : IComputeLauncher, IComputeEventSource
    {
        private readonly FakeComputeLauncher _inner = new();

        public string Name => _inner.Name;

        public LauncherCapabilities Capabilities => _inner.Capabilities;

        public Task<LaunchOutcome> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken) => _inner.LaunchAsync(request, cancellationToken);

        public Task<FindOutcome> FindAsync(ComputeIdentity identity, CancellationToken cancellationToken) => _inner.FindAsync(identity, cancellationToken);

        public Task<StopOutcome> StopAsync(Runners.ComputeRef compute, string reason, CancellationToken cancellationToken) => _inner.StopAsync(compute, reason, cancellationToken);

        public Task<IReadOnlyDictionary<Runners.ComputeRef, FindOutcome>> DescribeAsync(IReadOnlyCollection<Runners.ComputeRef> computes, CancellationToken cancellationToken) => _inner.DescribeAsync(computes, cancellationToken);

        public Task<Page<ComputeDescription>> ListAsync(string fleet, string? continuation, CancellationToken cancellationToken) => _inner.ListAsync(fleet, continuation, cancellationToken);

        public IAsyncEnumerable<ComputeDescription> WatchAsync(CancellationToken cancellationToken) => _inner.WatchAsync(cancellationToken);
    }

    private sealed class OtherStore : IRunnerStore
    {
        private readonly InMemoryRunnerStore _inner = new();

        public ValueTask<Runners.Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) => _inner.GetRunnerAsync(runnerId, cancellationToken);

        public ValueTask<IReadOnlyList<Runners.Runner>> ListPendingAsync(PendingQuery query, CancellationToken cancellationToken) => _inner.ListPendingAsync(query, cancellationToken);

        public ValueTask<IReadOnlyList<Runners.Runner>> ListDueRunnersAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) => _inner.ListDueRunnersAsync(now, take, cancellationToken);

        public ValueTask<IReadOnlyList<Runners.Runner>> ListFreeRunnersAsync(string demandKey, int take, CancellationToken cancellationToken) => _inner.ListFreeRunnersAsync(demandKey, take, cancellationToken);

        public ValueTask<Page<Runners.Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken) => _inner.ListRunnersAsync(query, cancellationToken);

        public ValueTask<IReadOnlyDictionary<Runners.RunnerState, long>> CountRunnersAsync(CancellationToken cancellationToken) => _inner.CountRunnersAsync(cancellationToken);

        public ValueTask<Jobs.Job?> GetJobAsync(Jobs.JobKey key, CancellationToken cancellationToken) => _inner.GetJobAsync(key, cancellationToken);

        public ValueTask<IReadOnlyList<Jobs.Job>> ListDueJobsAsync(DateTimeOffset now, int take, CancellationToken cancellationToken) => _inner.ListDueJobsAsync(now, take, cancellationToken);

        public ValueTask<IReadOnlyList<Jobs.Job>> ListQueuedJobsAsync(string demandKey, int take, CancellationToken cancellationToken) => _inner.ListQueuedJobsAsync(demandKey, take, cancellationToken);

        public ValueTask<Page<Jobs.Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) => _inner.ListJobsAsync(query, cancellationToken);

        public ValueTask<IReadOnlyDictionary<Jobs.JobState, long>> CountJobsAsync(CancellationToken cancellationToken) => _inner.CountJobsAsync(cancellationToken);

        public ValueTask<IReadOnlyDictionary<string, int>> GetPlacesAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) => _inner.GetPlacesAsync(keys, cancellationToken);

        public ValueTask<StoreEntry?> GetEntryAsync(string key, CancellationToken cancellationToken) => _inner.GetEntryAsync(key, cancellationToken);

        public ValueTask<IReadOnlyList<StoreEntry>> ListEntriesAsync(string prefix, int take, CancellationToken cancellationToken) => _inner.ListEntriesAsync(prefix, take, cancellationToken);

        public ValueTask<CommitOutcome> CommitAsync(StoreCommit commit, CancellationToken cancellationToken) => _inner.CommitAsync(commit, cancellationToken);

        public ValueTask<int> PurgeExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken) => _inner.PurgeExpiredAsync(now, cancellationToken);
    }

    private sealed class ReloadableSource : Dictionary<string, string?>, IConfigurationSource
    {
        private Provider? _provider;

        public IConfigurationProvider Build(IConfigurationBuilder builder) => _provider = new Provider(this);

        public void Change(string key, string value)
        {
            this[key] = value;
            _provider!.Reload();
        }

        private sealed class Provider(ReloadableSource source) : ConfigurationProvider
        {
            public override void Load() => Data = new Dictionary<string, string?>(source, StringComparer.OrdinalIgnoreCase);

            public void Reload()
            {
                Load();
                OnReload();
            }
        }
    }

    private sealed class ListLogger : ILoggerProvider, ILogger
    {
        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose() { }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Lines)
            {
                Lines.Add(new StringBuilder().Append(logLevel).Append(' ').Append(eventId.Id).Append(' ').Append(formatter(state, exception)).ToString());
            }
        }
    }
}
