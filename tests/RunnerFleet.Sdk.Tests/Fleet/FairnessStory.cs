using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Testing.Fakes;

namespace RunnerFleet.Sdk.Tests.Fleet;

/// <summary>
/// Jobs of several repositories and classes come and end in any order, under limits, with two hosts over one store that drain in turn. At every launch it is
/// checked whose turn it was: the limits hold; of a queue the oldest goes; and while a queue waits that had room, each other queue is served at most once.
/// </summary>
internal sealed class FairnessStory : IAsyncDisposable
{
    private const string Secret = "a webhook secret of the tests";
    private static readonly string[] s_classes = ["small", "large"];

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly FakeComputeLauncher _launcher;
    private readonly List<ServiceProvider> _hosts = [];
    private readonly IRunnerStore _store;
    private readonly FairnessLimits _limits;
    private readonly Dictionary<string, Dictionary<string, int>> _passed = new(StringComparer.Ordinal);
    private readonly List<Runner> _running = [];
    private long _jobs;
    private int _drains;

    public FairnessStory(IRunnerStore store, FairnessLimits limits)
    {
        _store = store;
        _limits = limits;
        _launcher = new FakeComputeLauncher(_clock);
        for (var host = 0; host < 2; host++)
        {
            var services = new ServiceCollection();
            services.AddLogging();
            services.AddSingleton<TimeProvider>(_clock);
            services.AddSingleton(store);
            services.AddSingleton<IComputeLauncher>(_launcher);
            services.AddRunnerFleet(o =>
            {
                o.Name = "test";
                o.PublicUrl = new Uri("https://fleet.example");
                o.GitHub.WebhookSecret = Secret;
                o.Limits.Fleet = limits.Fleet;
                o.Limits.PerRepository = limits.PerRepository;
                o.Classes["small"] = new RunnerClassOptions { Cpu = 512, Memory = 1024 };
                o.Classes["large"] = new RunnerClassOptions { Cpu = 4096, Memory = 8192, Limit = limits.Large };
            });
            _hosts.Add(services.BuildServiceProvider());
        }
    }

    /// <summary>The order in which repositories were served.</summary>
    public List<string> Served { get; } = [];

    /// <summary>Plays the steps, then ends one job after another until nobody waits.</summary>
    public async Task PlayAsync(IEnumerable<byte> steps)
    {
        foreach (var step in steps)
        {
            var value = step >> 2;
            switch (step & 3)
            {
                case 0:
                    await QueueAsync($"acme/r{value % 4}", s_classes[value / 4 % 2], 1);
                    break;
                case 1:
                    await QueueAsync($"acme/r{value % 4}", s_classes[value / 4 % 2], 3 + value / 8);
                    break;
                default:
                    await EndAsync(value);
                    break;
            }

            if (step % 5 != 0) // else several come, or several places come free, before anybody drains
            {
                await DrainAsync();
            }
        }

        await DrainAsync();
        while (_running.Count > 0)
        {
            await EndAsync(0);
            await DrainAsync();
        }

        Assert.Equal(_jobs, Served.Count);
    }

    public async Task QueueAsync(string repository, string className, int jobs)
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < jobs; i++)
        {
            var number = ++_jobs;
            Assert.Equal("queued", await ReceiveAsync("queued", number, repository, className, runner: null));
        }
    }

    /// <summary>A job ends, and its place is free.</summary>
    public async Task EndAsync(int which)
    {
        if (_running.Count == 0)
        {
            return;
        }

        _clock.Advance(TimeSpan.FromSeconds(1));
        var runner = _running[which % _running.Count];
        _running.Remove(runner);
        Assert.Equal("completed", await ReceiveAsync("completed", runner.Job!.Value.Id, runner.Repository.FullName, runner.Spec.ClassName!, RunnerName.Format("test", runner.Id, 1)));
        Assert.True(_launcher.End(runner.Id, 0));
        await Host.HandleEventAsync(new FleetEvent.ComputeChanged(_launcher.Computes.Single(c => c.RunnerId == runner.Id)), CancellationToken.None);
    }

    /// <summary>One host drains; what it launched is held against what waited.</summary>
    public async Task DrainAsync()
    {
        _drains++;
        var waiting = new List<Runner>(await _store.ListPendingAsync(new PendingQuery { Now = _clock.GetUtcNow(), PerQueue = int.MaxValue, Take = int.MaxValue }, CancellationToken.None));
        var before = _launcher.Launches.Count;
        await Host.DrainAsync(CancellationToken.None);
        foreach (var launch in _launcher.Launches.Skip(before))
        {
            var runner = waiting.Single(r => r.Id == launch.Identity.RunnerId);
            var first = waiting.Where(r => r.QueueKey == runner.QueueKey).OrderBy(r => r.QueuedAt).ThenBy(r => r.Id, StringComparer.Ordinal).First();
            Assert.True(first.Id == runner.Id, $"{runner.QueueKey}: a runner of {runner.QueuedAt:T} went before one of {first.QueuedAt:T}.");
            Assert.True(HasRoom(runner), $"{runner.QueueKey}: launched over a limit.");
            foreach (var passed in waiting.Where(HasRoom).Select(r => r.QueueKey).Where(q => q != runner.QueueKey).Distinct().ToList())
            {
                var by = _passed.TryGetValue(passed, out var known) ? known : _passed[passed] = new(StringComparer.Ordinal);
                by[runner.QueueKey] = by.GetValueOrDefault(runner.QueueKey) + 1;
                Assert.True(by[runner.QueueKey] == 1, $"{passed} waits and had room, and {runner.QueueKey} was served a second time before it.");
            }

            _passed.Remove(runner.QueueKey);
            waiting.Remove(runner);
            _running.Add(runner);
            Served.Add(runner.Repository.FullName);
        }

        Assert.True(!waiting.Exists(HasRoom), "There is room, and somebody waits.");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }
    }

    private IRunnerFleet Host => _hosts[_drains % _hosts.Count].GetRequiredService<IRunnerFleet>();

    private bool HasRoom(Runner runner) =>
        _running.Count < _limits.Fleet
        && _running.Count(r => r.Repository.Id == runner.Repository.Id) < (_limits.PerRepository ?? int.MaxValue)
        && (runner.Spec.ClassName != "large" || _running.Count(r => r.Spec.ClassName == "large") < (_limits.Large ?? int.MaxValue));

    private async Task<string?> ReceiveAsync(string action, long job, string repository, string className, string? runner)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            action,
            workflow_job = new { id = job, run_id = job, status = action, labels = new[] { "self-hosted", $"class:{className}" }, runner_name = runner, conclusion = runner is null ? null : "success" },
            repository = new { id = 1000 + repository[^1], name = repository[5..], full_name = repository, @private = true, owner = new { login = "acme" } },
        });
        var outcome = await Host.ReceiveAsync(new WebhookDelivery
        {
            Body = body,
            Event = "workflow_job",
            Signature = WebhookSignature.Sign(body, Secret),
            ContentType = "application/json",
        }, CancellationToken.None);
        return (outcome as WebhookOutcome.Recorded)?.Outcome ?? outcome.ToString();
    }
}

/// <summary>The limits of one story.</summary>
internal sealed record FairnessLimits(int Fleet, int? PerRepository = null, int? Large = null)
{
    /// <summary>Small limits of any kind, so that somebody waits.</summary>
    public static FairnessLimits Of(byte choice) => new(1 + choice % 4, (choice >> 2) % 3 is > 0 and var each ? each : null, (choice >> 4) % 3 is > 0 and var large ? large : null);
}
