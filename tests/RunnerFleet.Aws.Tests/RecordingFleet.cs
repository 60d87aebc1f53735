using System.Collections.Concurrent;
using RunnerFleet.Compute;
using RunnerFleet.GitHub;
using RunnerFleet.Jobs;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;
using RunnerFleet.Sweeping;

namespace RunnerFleet.Aws.Tests;

/// <summary>A fleet that keeps what it was told, and does what a test says.</summary>
internal sealed class RecordingFleet : IRunnerFleet
{
    private readonly ConcurrentQueue<FleetEvent> _events = new();
    private int _drains;
    private int _sweeps;

    public string Name { get; init; } = "default";

    public IReadOnlyList<FleetEvent> Events => [.. _events];

    public int Drains => _drains;

    public int Sweeps => _sweeps;

    public Func<FleetEvent, CancellationToken, Task> OnEvent { get; set; } = (_, _) => Task.CompletedTask;

    public Func<Task> OnRound { get; set; } = () => Task.CompletedTask;

    public async Task HandleEventAsync(FleetEvent fleetEvent, CancellationToken cancellationToken)
    {
        await OnEvent(fleetEvent, cancellationToken);
        _events.Enqueue(fleetEvent);
    }

    public async Task<DrainSummary> DrainAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _drains);
        await OnRound();
        return new();
    }

    public async Task<SweepSummary> SweepAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _sweeps);
        await OnRound();
        return new();
    }

    public Task<WebhookOutcome> ReceiveAsync(WebhookDelivery delivery, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ClaimOutcome> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ReportOutcome> ReportAsync(RunnerReport report, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<TerminateOutcome> TerminateAsync(string runnerId, bool force, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Runner?> GetRunnerAsync(string runnerId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Job?> GetJobAsync(JobKey key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Page<Runner>> ListRunnersAsync(RunnerQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Page<Job>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyDictionary<string, RunnerClass>> GetClassesAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<FleetOverview> GetOverviewAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public IAsyncEnumerable<FleetMove> WatchAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
