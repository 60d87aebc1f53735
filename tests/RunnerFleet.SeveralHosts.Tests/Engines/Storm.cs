using System.Collections.Concurrent;
using RunnerFleet.Compute;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.SeveralHosts.Tests.Checks;
using RunnerFleet.Storage;
using RunnerFleet.Testing.GitHub;

namespace RunnerFleet.SeveralHosts.Tests.Engines;

/// <summary>
/// Plays GitHub, runners and clock around several engines: bursts of jobs whose webhooks go to any host, some to several at once; every host drains and sweeps; runners claim
/// and report anywhere, some at two hosts at once; some jobs are cancelled. All of one round happens at the same time; then the clock moves on.
/// </summary>
internal sealed class Storm(EngineWorld world, int seed)
{
    private readonly Chance _chance = new(seed);
    private readonly ConcurrentDictionary<ComputeRef, RunnerPlay> _runners = [];
    private readonly ConcurrentQueue<StandInDelivery> _refused = new();
    private readonly List<long> _jobs = [];
    private int _deliveries;
    private int _duplicates;
    private int _doubleClaims;
    private int _cancelled;
    private int _sweeps;

    /// <summary>How many jobs in all; they come in bursts of 25 to 75.</summary>
    public required int Jobs { get; init; }

    /// <summary>After so many rounds the end is looked at, whether or not all is over.</summary>
    public int MostRounds { get; init; } = 600;

    /// <summary>How likely a webhook that is not <c>queued</c> is lost on its way.</summary>
    public double LostWebhooks { get; init; }

    /// <summary>Called when the last job has ended, before the two sweeps after which nothing may be left.</summary>
    public Action WhenOver { get; init; } = () => { };

    public string Numbers =>
        $"{world.Engines.Count} hosts, {_jobs.Count} jobs ({_cancelled} cancelled), {_deliveries} deliveries ({_duplicates} duplicates), {world.Launcher.Live.Count + world.Compute.Computes.Count(c => c.Status == ComputeStatus.Stopped)} computes, "
        + $"{world.WatchedGitHub.Minted} registrations, {_doubleClaims} claims at several hosts at once, {_sweeps} sweeps, {world.Ledger.Commits} commits, {world.Ledger.Conflicts} conflicts, {world.Ledger.Full} without a place, {world.Findings.All.Count} violations";

    public async Task PlayAsync()
    {
        for (var round = 0; round < MostRounds && !IsOver(); round++)
        {
            if (_jobs.Count < Jobs && round % 4 == 0)
            {
                Burst();
            }

            await RoundAsync();
            world.Clock.Advance(TimeSpan.FromSeconds(world.Launcher.Live.Count == 0 && _jobs.Count == Jobs ? 60 : 15));
        }

        WhenOver();
        await ClearUpAsync();
        await CheckTheEndAsync();
    }

    private bool IsOver() => _jobs.Count == Jobs
        && _refused.IsEmpty
        && _jobs.All(id => world.Ledger.FindJob(new JobKey("github.com", id)) is { State: JobState.Completed })
        && world.Ledger.Runners.All(r => r.IsTerminal);

    private void Burst()
    {
        var count = Math.Min(_chance.Next(51) + 25, Jobs - _jobs.Count);
        for (var i = 0; i < count; i++)
        {
            var labels = new[] { "self-hosted", _chance.Is(0.3) ? "class:large" : "class:small" };
            _jobs.Add(world.GitHub.QueueJob(EngineWorld.Repositories[_chance.Next(EngineWorld.Repositories.Length)], labels).Id);
        }
    }

    private async Task RoundAsync()
    {
        var deliveries = await world.TakeDeliveriesAsync();
        var work = new List<Task>();
        var again = new List<StandInDelivery>();
        while (_refused.TryDequeue(out var refused))
        {
            again.Add(refused);
        }

        work.AddRange(deliveries.Where(d => d.Action == "queued" || !_chance.Is(LostWebhooks)).Concat(again).Select(d => Task.Run(() => DeliverAsync(d))));
        work.AddRange(world.Engines.Select(engine => Task.Run(() => TryAsync(async () => await engine.DrainAsync(CancellationToken.None)))));
        work.AddRange(world.Engines.Where(_ => _chance.Is(0.3)).Select(engine => Task.Run(() => TryAsync(() => SweepAsync(engine)))));
        work.AddRange(world.Launcher.Live.Select(compute => Task.Run(() => TryAsync(() => PlayAsync(compute)))));
        if (_chance.Is(0.5))
        {
            work.Add(Task.Run(Cancel));
        }

        await Task.WhenAll(work);
    }

    private async Task DeliverAsync(StandInDelivery delivery)
    {
        var hosts = _chance.Some(world.Engines, several: 0.4);
        Interlocked.Add(ref _deliveries, hosts.Count);
        Interlocked.Add(ref _duplicates, hosts.Count - 1);
        var outcomes = await Task.WhenAll(hosts.Select(h => Task.Run(() => h.ReceiveAsync(EngineWorld.Webhook(delivery), CancellationToken.None))));
        if (outcomes.All(o => o is WebhookOutcome.Unavailable))
        {
            _refused.Enqueue(delivery); // GitHub shows it as failed, and somebody sends it again
        }
    }

    private async Task SweepAsync(IRunnerFleet engine)
    {
        Interlocked.Increment(ref _sweeps);
        await engine.SweepAsync(CancellationToken.None);
    }

    private void Cancel()
    {
        var waiting = world.GitHub.Jobs.Where(j => j.Status == "queued").ToList();
        if (waiting.Count > 0 && world.GitHub.CancelJob(waiting[_chance.Next(waiting.Count)].Id))
        {
            Interlocked.Increment(ref _cancelled);
        }
    }

    private async Task PlayAsync(ComputeDescription compute)
    {
        var id = compute.RunnerId!;
        var play = _runners.GetOrAdd(compute.Compute, _ => new RunnerPlay());
        if (play.Registration is not { } registration)
        {
            await ClaimAsync(id, compute, play);
        }
        else if (play.Works)
        {
            world.GitHub.CompleteJob(registration);
            await ReportAsync(id, play, RunnerReportStatus.Completed);
            await EndAsync(compute, 0);
        }
        else if (world.GitHub.Runners.All(r => r.Id != registration))
        {
            await EndAsync(compute, 1); // its registration was removed: the listener exits
        }
        else if (world.GitHub.TakeJob(registration) is not null)
        {
            play.Works = true;
            await ReportAsync(id, play, RunnerReportStatus.Started);
        }
    }

    /// <summary>Claims, at times at several hosts at once, and connects with every registration that it is given: one at most may be good.</summary>
    private async Task ClaimAsync(string id, ComputeDescription compute, RunnerPlay play)
    {
        var hosts = _chance.Some(world.Engines, several: 0.3);
        if (hosts.Count > 1)
        {
            Interlocked.Increment(ref _doubleClaims);
        }

        var outcomes = await Task.WhenAll(hosts.Select(h => Task.Run(() => TryAsync(() => h.ClaimAsync(world.ClaimOf(id), CancellationToken.None)))));
        var registered = outcomes.OfType<ClaimOutcome.Registered>().ToList();
        play.ReportToken = registered.FirstOrDefault()?.ReportToken;
        foreach (var registration in registered)
        {
            if (world.GitHub.Connect(registration.EncodedJitConfig) is { } connected)
            {
                if (play.Registration is { } other)
                {
                    world.Findings.Add(Rule.OneRegistration, $"Runner {id} connected as {other} and as {connected}.\n{world.Ledger.HistoryOf(id)}");
                }

                play.Registration = connected;
            }
        }

        if (play.Registration is null && outcomes.Any(o => o is ClaimOutcome.Gone))
        {
            await EndAsync(compute, 67);
        }
    }

    private async Task ReportAsync(string id, RunnerPlay play, RunnerReportStatus status)
    {
        var report = new RunnerReport { RunnerId = id, Status = status, Token = play.ReportToken! };
        await Task.WhenAll(_chance.Some(world.Engines, several: 0.2).Select(h => Task.Run(() => TryAsync(() => h.ReportAsync(report, CancellationToken.None)))));
    }

    /// <summary>Ends the compute; its event reaches several hosts, one or none.</summary>
    private async Task EndAsync(ComputeDescription compute, int exitCode)
    {
        world.Compute.End(compute.Compute, new ComputeEnd { ExitCode = exitCode });
        if (_chance.Is(0.7))
        {
            var ended = new FleetEvent.ComputeChanged(compute with { Status = ComputeStatus.Stopped, End = new ComputeEnd { ExitCode = exitCode } });
            await Task.WhenAll(_chance.Some(world.Engines, several: 0.5).Select(h => Task.Run(() => TryAsync(() => h.HandleEventAsync(ended, CancellationToken.None)))));
        }
    }

    /// <summary>Two sweeps, so far apart that a registration can be proven idle in between.</summary>
    private async Task ClearUpAsync()
    {
        foreach (var deliver in await world.TakeDeliveriesAsync())
        {
            await DeliverAsync(deliver);
        }

        for (var i = 0; i < 2; i++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(300));
            await SweepAsync(world.Engines[i % world.Engines.Count]);
        }
    }

    private async Task CheckTheEndAsync()
    {
        foreach (var job in world.GitHub.Jobs)
        {
            var key = new JobKey("github.com", job.Id);
            if (job.Status != "completed" || await world.Engines[0].GetJobAsync(key, CancellationToken.None) is not { State: JobState.Completed })
            {
                world.Findings.Add(Rule.NoJobIsLost, $"At GitHub it is {job.Status}, here it is not completed.\n{world.Ledger.HistoryOf(key)}{OfRunners(key)}");
            }
        }

        foreach (var runner in world.Ledger.Runners.Where(r => !r.IsTerminal))
        {
            world.Findings.Add(Rule.NothingIsLeft, $"It has not ended.\n{Show.Runner(runner)}");
        }

        foreach (var compute in world.Launcher.Live)
        {
            world.Findings.Add(Rule.NothingIsLeft, $"{compute.Compute} still runs.\n{world.Ledger.HistoryOf(compute.RunnerId!)}");
        }

        foreach (var registration in world.GitHub.Runners)
        {
            world.Findings.Add(Rule.NothingIsLeft, $"{registration.Name} is still registered.\n{(RunnerName.TryParse(registration.Name, EngineWorld.Fleet, out var id, out _) ? world.Ledger.HistoryOf(id) : "")}");
        }

        var used = world.GitHub.Jobs.Count(j => j.RunnerId is not null);
        if (world.WatchedGitHub.Minted != used + world.WatchedGitHub.Removed)
        {
            world.Findings.Add(Rule.NothingIsLeft, $"{world.WatchedGitHub.Minted} registrations were minted, {used} ran a job and {world.WatchedGitHub.Removed} were removed.");
        }

        foreach (var (key, count) in await world.PlacesAsync())
        {
            if (count != 0)
            {
                world.Findings.Add(Rule.PlacesAreFreedOnce, $"{count} places are still taken under {key}. The last runners:\n{string.Join('\n', world.Ledger.Runners.TakeLast(3).Select(Show.Runner))}");
            }
        }
    }

    private string OfRunners(JobKey key) => string.Concat(world.Ledger.Runners.Where(r => r.Job == key).Select(r => "\n" + Show.Runner(r)));

    private static async Task TryAsync(Func<Task> step) => await TryAsync(async () =>
    {
        await step();
        return true;
    });

    private static async Task<T?> TryAsync<T>(Func<Task<T>> step)
    {
        try
        {
            return await step();
        }
        catch (StoreUnavailableException)
        {
            return default; // what a worker would log, and a runner would try again
        }
    }

    /// <summary>How far one compute's runner has got.</summary>
    private sealed class RunnerPlay
    {
        public long? Registration { get; set; }

        public string? ReportToken { get; set; }

        public bool Works { get; set; }
    }
}
