using System.Text.Json;
using Microsoft.Extensions.Options;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Provisioning;

/// <summary>What is stored of a breaker.</summary>
internal sealed record BreakerState
{
    public required Reason Reason { get; init; }

    public int Failures { get; init; }

    public DateTimeOffset? OpenedAt { get; init; }

    public DateTimeOffset? ProbeAt { get; init; }
}

/// <summary>
/// No money before registration: when GitHub refuses a scope for good, or runners keep starting that never claim, further launches would only cost.
/// An open breaker leaves jobs PENDING with the reason and lets one runner probe from time to time.
/// </summary>
internal sealed class Breakers(IRunnerStore store, FleetState state, IOptionsMonitor<RunnerFleetOptions> options, TimeProvider clock)
{
    private const string Prefix = "breaker/";

    /// <summary>The key for runners that start but never claim: most often their network.</summary>
    public const string Network = "network";

    private const int NeverClaimedToOpen = 3;

    private static readonly TimeSpan SeenFor = TimeSpan.FromMinutes(1);
    private DateTimeOffset _seenAt;

    // What was seen last. A success only needs to be written where a failure stands.
    private volatile IReadOnlyDictionary<string, BreakerState> _seen = new Dictionary<string, BreakerState>();

    public static string Scope(RunnerScope scope) => $"scope/{scope.Key}";

    public async Task<IReadOnlyDictionary<string, BreakerState>> ReadAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var entries = await store.ListEntriesAsync(Prefix, 1000, cancellationToken).ConfigureAwait(false);
        _seenAt = now;
        return _seen = entries
            .Where(e => e.Value is not null && (e.ExpiresAt is null || e.ExpiresAt > now))
            .ToDictionary(e => e.Key[Prefix.Length..], e => JsonSerializer.Deserialize(e.Value!, FleetStateJson.Default.BreakerState)!, StringComparer.Ordinal);
    }

    /// <summary>Until when launches are held back, and why; nothing when they are not, or when it is time to probe.</summary>
    public (Reason Reason, DateTimeOffset Until) HeldBy(string key, IReadOnlyDictionary<string, BreakerState> states) =>
        states.TryGetValue(key, out var breaker) && breaker.OpenedAt is not null && breaker.ProbeAt is { } probe && probe > clock.GetUtcNow() ? (Why(breaker), probe) : default;

    /// <summary>Takes the probe of an open breaker, if it is open. The launch that probes moves the probe's time on, so that it is the only one.</summary>
    /// <returns>Nothing when the launch may go ahead; else until when it waits and why.</returns>
    public async Task<(Reason Reason, DateTimeOffset Until)?> ProbeAsync(string key, IReadOnlyDictionary<string, BreakerState> states, CancellationToken cancellationToken)
    {
        if (!states.TryGetValue(key, out var breaker) || breaker.OpenedAt is null)
        {
            return null;
        }

        var now = clock.GetUtcNow();
        var next = now.AddSeconds(options.CurrentValue.Timing.BreakerProbeSeconds);
        var won = await state.ChangeAsync(Prefix + key, e => Read(e) is { } b && b.ProbeAt <= now ? Entry(key, b with { ProbeAt = next }) : null, cancellationToken).ConfigureAwait(false);
        return won ? null : (Why(breaker), next);
    }

    private static Reason Why(BreakerState breaker) => Reason.Of(ReasonCodes.BreakerOpen, $"Launches wait since {breaker.OpenedAt:u}: {breaker.Reason.Message}");

    /// <summary>GitHub asks for fewer registrations in this scope: launches wait as long as it says.</summary>
    public async Task ThrottledAsync(RunnerScope scope, string message, TimeSpan retryAfter, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var key = Scope(scope);
        await state.ChangeAsync(Prefix + key, e => Entry(key, new BreakerState
        {
            Reason = Reason.Of(ReasonCodes.RegistrationWaits, message),
            Failures = Read(e)?.Failures ?? 0,
            OpenedAt = Read(e)?.OpenedAt ?? now,
            ProbeAt = now + retryAfter,
        }), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>GitHub refuses this scope for good: open at once.</summary>
    public Task RefusedAsync(RunnerScope scope, string message, CancellationToken cancellationToken) =>
        FailAsync(Scope(scope), Reason.Of(ReasonCodes.RegistrationRefused, message), 1, cancellationToken);

    /// <summary>A runner started and never claimed: the third in a row opens.</summary>
    public Task NeverClaimedAsync(CancellationToken cancellationToken) =>
        FailAsync(Network, Reason.Of(ReasonCodes.NeverClaimed, "Several runners in a row started but never claimed their registration. Check that runners reach RunnerFleet:PublicUrl (subnet, security group, NAT, proxy) and that their image starts."), NeverClaimedToOpen, cancellationToken);

    /// <summary>A runner was registered: both its breakers close.</summary>
    public async Task SucceededAsync(RunnerScope scope, CancellationToken cancellationToken)
    {
        // Drains and claims may live in different processes: what a drain of this one saw is not enough for long.
        if (clock.GetUtcNow() - _seenAt > SeenFor)
        {
            await ReadAsync(cancellationToken).ConfigureAwait(false);
        }

        foreach (var key in new[] { Scope(scope), Network })
        {
            if (_seen.ContainsKey(key))
            {
                await state.ChangeAsync(Prefix + key, e => e?.Value is null ? null : e with { Value = null, ExpiresAt = clock.GetUtcNow() }, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task FailAsync(string key, Reason reason, int threshold, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var opened = false;
        await state.ChangeAsync(Prefix + key, e =>
        {
            var before = Read(e);
            var failures = (before?.Failures ?? 0) + 1;
            opened = failures >= threshold && before?.OpenedAt is null;
            return Entry(key, new BreakerState
            {
                Reason = reason,
                Failures = failures,
                OpenedAt = failures >= threshold ? before?.OpenedAt ?? now : null,
                ProbeAt = failures >= threshold ? now.AddSeconds(options.CurrentValue.Timing.BreakerProbeSeconds) : null,
            });
        }, cancellationToken).ConfigureAwait(false);
        if (opened)
        {
            await state.NoticeAsync(Reason.Of(ReasonCodes.BreakerOpen, reason.Message), key, cancellationToken).ConfigureAwait(false);
        }
    }

    private BreakerState? Read(StoreEntry? entry) => entry?.Value is null || entry.ExpiresAt <= clock.GetUtcNow() ? null : JsonSerializer.Deserialize(entry.Value, FleetStateJson.Default.BreakerState);

    private StoreEntry Entry(string key, BreakerState breaker) => new()
    {
        Key = Prefix + key,
        Version = 0,
        Value = JsonSerializer.Serialize(breaker, FleetStateJson.Default.BreakerState),
        ExpiresAt = clock.GetUtcNow().AddDays(1), // without news of it for a day, start afresh
    };
}
