using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Sweeping;

namespace RunnerFleet.AspNetCore.Tests.Hosting;

/// <summary>A fleet that answers what a test says and remembers what it was asked.</summary>
public sealed class FakeRunnerFleet : IRunnerFleet
{
    private readonly ConcurrentQueue<object> _asked = new();
    private readonly ConcurrentDictionary<Channel<FleetMove>, bool> _watchers = new();

    public string Name => "test";

    public int Watchers => _watchers.Count;

    public Func<WebhookDelivery, CancellationToken, Task<WebhookOutcome>> OnReceive { get; set; } = (_, _) => Task.FromResult<WebhookOutcome>(new WebhookOutcome.Ignored("nothing to do"));

    public Func<ClaimRequest, CancellationToken, Task<ClaimOutcome>> OnClaim { get; set; } = (_, _) => Task.FromResult<ClaimOutcome>(ClaimOutcome.Unauthorized.Instance);

    public Func<RunnerReport, CancellationToken, Task<ReportOutcome>> OnReport { get; set; } = (_, _) => Task.FromResult(ReportOutcome.Accepted);

    public Func<FleetEvent, CancellationToken, Task> OnEvent { get; set; } = (_, _) => throw new NotSupportedException("No route hands over events.");

    public Func<CancellationToken, Task<DrainSummary>> OnDrain { get; set; } = _ => throw new NotSupportedException("No route drains.");

    public Func<CancellationToken, Task<SweepSummary>> OnSweep { get; set; } = _ => throw new NotSupportedException("No route sweeps.");

    public Func<string, bool, TerminateOutcome> OnTerminate { get; set; } = (_, _) => TerminateOutcome.NotFound.Instance;

    public Func<CancellationToken, Task<Runner?>>? OnGetRunner { get; set; }

    public Func<RunnerQuery, Page<Runner>>? OnListRunners { get; set; }

    /// <summary>Thrown by every read.</summary>
    public Exception? Failure { get; set; }

    public List<Runner> Runners { get; } = [];

    public List<Job> Jobs { get; } = [];

    public Dictionary<string, RunnerClass> Classes { get; } = [];

    public FleetOverview Overview { get; set; } = new()
    {
        Name = "test",
        Runners = new Dictionary<RunnerState, long>(),
        Jobs = new Dictionary<JobState, long>(),
        Places = [],
        Breakers = [],
        Notices = [],
    };

    public IEnumerable<T> Asked<T>() => _asked.OfType<T>();

    public void Publish(FleetMove move)
    {
        foreach (var watcher in _watchers.Keys)
        {
            watcher.Writer.TryWrite(move);
        }
    }

    public Task<WebhookOutcome> ReceiveAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        _asked.Enqueue(delivery);
        return OnReceive(delivery, cancellationToken);
    }

    public Task<ClaimOutcome> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        _asked.Enqueue(request);
        return OnClaim(request, cancellationToken);
    }

    public Task<ReportOutcome> ReportAsync(RunnerReport report, CancellationToken cancellationToken)
    {
        _asked.Enqueue(report);
        return OnReport(report, cancellationToken);
    }

    public Task<TerminateOutcome> TerminateAsync(string runnerId, bool force, CancellationToken cancellationToken) => Read(() => OnTerminate(runnerId, force)).AsTask();

    public ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) =>
        OnGetRunner is null ? Read(() => Runners.Find(runner => runner.Id == runnerId)) : new ValueTask<Runner?>(OnGetRunner(cancellationToken));

    public ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken)
    {
        _asked.Enqueue(key);
        return Read(() => Jobs.Find(job => job.Key == key));
    }

    public ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken)
    {
        _asked.Enqueue(query);
        return Read(() => OnListRunners?.Invoke(query) ?? new Page<Runner> { Items = [.. Runners.Take(query.Take)] });
    }

    public ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken)
    {
        _asked.Enqueue(query);
        return Read(() => new Page<Job> { Items = [.. Jobs.Take(query.Take)], Continuation = "next" });
    }

    public ValueTask<IReadOnlyDictionary<string, RunnerClass>> GetClassesAsync(CancellationToken cancellationToken) => Read<IReadOnlyDictionary<string, RunnerClass>>(() => Classes);

    public ValueTask<FleetOverview> GetOverviewAsync(CancellationToken cancellationToken) => Read(() => Overview);

    public async IAsyncEnumerable<FleetMove> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var moves = Channel.CreateBounded<FleetMove>(new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropOldest });
        _watchers[moves] = true;
        try
        {
            await foreach (var move in moves.Reader.ReadAllAsync(cancellationToken))
            {
                yield return move;
            }
        }
        finally
        {
            _watchers.TryRemove(moves, out _);
        }
    }

    public Task HandleEventAsync(FleetEvent fleetEvent, CancellationToken cancellationToken)
    {
        _asked.Enqueue(fleetEvent);
        return OnEvent(fleetEvent, cancellationToken);
    }

    public Task<DrainSummary> DrainAsync(CancellationToken cancellationToken) => OnDrain(cancellationToken);

    public Task<SweepSummary> SweepAsync(CancellationToken cancellationToken) => OnSweep(cancellationToken);

    private ValueTask<T> Read<T>(Func<T> read) => Failure is null ? new ValueTask<T>(read()) : ValueTask.FromException<T>(Failure);
}
