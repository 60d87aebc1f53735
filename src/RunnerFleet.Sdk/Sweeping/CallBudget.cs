using System.Text.Json;
using Microsoft.Extensions.Options;
using RunnerFleet.Provisioning;
using RunnerFleet.Storage;

namespace RunnerFleet.Sweeping;

/// <summary>What is stored of the budget.</summary>
internal sealed record CallBudgetState
{
    public required double Left { get; init; }

    public required DateTimeOffset At { get; init; }

    public DateTimeOffset? StoppedUntil { get; init; }
}

/// <summary>
/// How many calls the search for missed webhooks may still make: one amount for all hosts of the fleet, which fills up evenly. What a look really sent is known
/// afterwards; one that sent more than there was leaves a debt, and the next waits until it is made good.
/// </summary>
internal sealed class CallBudget(IRunnerStore store, FleetState state, IOptionsMonitor<RunnerFleetOptions> options, TimeProvider clock)
{
    private const string Key = "reconcile/calls";

    // What may be spent at once is part of the hour's amount, so that no hour sees more than that.
    private const double Burst = 1.0 / 12;

    private double PerHour => options.CurrentValue.GitHub.ReconcileCallsPerHour;

    /// <summary>How many calls are left; none while GitHub's wait lasts.</summary>
    public async Task<double> LeftAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var stored = Read(await store.GetEntryAsync(Key, cancellationToken).ConfigureAwait(false));
        return stored.StoppedUntil > now ? 0 : Filled(stored, now).Left;
    }

    public Task SpendAsync(int calls, CancellationToken cancellationToken) =>
        ChangeAsync((b, _) => b with { Left = b.Left - calls }, cancellationToken);

    /// <summary>GitHub asks for fewer calls: nobody searches before the wait is over.</summary>
    public Task StopAsync(TimeSpan wait, CancellationToken cancellationToken) =>
        ChangeAsync((b, now) => b with { StoppedUntil = now + wait }, cancellationToken);

    private Task ChangeAsync(Func<CallBudgetState, DateTimeOffset, CallBudgetState> change, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return state.ChangeAsync(Key, e => new StoreEntry
        {
            Key = Key,
            Version = 0,
            Value = JsonSerializer.Serialize(change(Filled(Read(e), now), now), SweepJson.Default.CallBudgetState),
            ExpiresAt = now.AddDays(1), // long since full again
        }, cancellationToken);
    }

    private CallBudgetState Filled(CallBudgetState stored, DateTimeOffset now)
    {
        var passed = Math.Max(0, (now - stored.At).TotalHours);
        return stored with { At = now, Left = Math.Min(PerHour * Burst, stored.Left + (passed * PerHour * (1 - Burst))) };
    }

    private CallBudgetState Read(StoreEntry? entry) => entry?.Value is { } value && entry.ExpiresAt > clock.GetUtcNow()
        ? JsonSerializer.Deserialize(value, SweepJson.Default.CallBudgetState)!
        : new CallBudgetState { Left = PerHour * Burst, At = clock.GetUtcNow() };
}
