using System.Text.Json;
using Microsoft.Extensions.Options;
using RunnerFleet.Provisioning;
using RunnerFleet.Storage;

namespace RunnerFleet.Sweeping;

/// <summary>When something was looked at last, and how often in a row GitHub refused.</summary>
internal sealed record Turn
{
    public DateTimeOffset At { get; init; }

    public int Refusals { get; init; }

    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>The run after which the next look goes on; 0: from the oldest.</summary>
    public long AfterRun { get; init; }
}

/// <summary>Who is looked at next: the longest not looked at first, and what GitHub refuses with growing distance. All hosts of the fleet share the turns.</summary>
internal sealed class LookTurns(IRunnerStore store, FleetState state, IOptionsMonitor<RunnerFleetOptions> options, TimeProvider clock)
{
    private const string Prefix = "turn/";
    private const double LongestWaitSeconds = 6 * 3600;

    private int Interval => options.CurrentValue.Timing.SweepIntervalSeconds;

    /// <summary>Those of <paramref name="names"/> whose turn it is, in order.</summary>
    public async Task<IReadOnlyList<(string Name, Turn Turn)>> DueAsync(IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var stored = (await store.ListEntriesAsync(Prefix, 5000, cancellationToken).ConfigureAwait(false)).ToDictionary(e => e.Key[Prefix.Length..], StringComparer.Ordinal);

        // Several hosts sweep, each by its own clock: one look in the time of a sweep is enough.
        var lately = now.AddSeconds(-Interval / 2.0);
        return [.. names
            .Select(name => (Name: name, Turn: Read(stored.GetValueOrDefault(name))))
            .Where(t => t.Turn.At <= lately && !(t.Turn.NotBefore > now))
            .OrderBy(t => t.Turn.At).ThenBy(t => t.Name, StringComparer.Ordinal)];
    }

    /// <summary>Takes a turn before anything is asked, so that a look which ends in a crash does not come first again. <see langword="false"/> when another host has taken it.</summary>
    public Task<bool> TakeAsync(string name, Turn seen, CancellationToken cancellationToken) =>
        state.ChangeAsync(Prefix + name, e => Read(e).At == seen.At ? Entry(name, seen with { At = clock.GetUtcNow() }) : null, cancellationToken);

    public Task AnsweredAsync(string name, long afterRun, CancellationToken cancellationToken) =>
        state.ChangeAsync(
            Prefix + name,
            e => Read(e) is var turn && (turn.Refusals > 0 || turn.AfterRun != afterRun) ? Entry(name, turn with { Refusals = 0, NotBefore = null, AfterRun = afterRun }) : null,
            cancellationToken);

    public Task RefusedAsync(string name, CancellationToken cancellationToken) =>
        state.ChangeAsync(Prefix + name, e =>
        {
            var turn = Read(e);
            var wait = Math.Min(LongestWaitSeconds, Interval * Math.Pow(2, Math.Min(turn.Refusals, 20)));
            return Entry(name, turn with { Refusals = turn.Refusals + 1, NotBefore = clock.GetUtcNow().AddSeconds(wait) });
        }, cancellationToken);

    private Turn Read(StoreEntry? entry) => entry?.Value is { } value && entry.ExpiresAt > clock.GetUtcNow()
        ? JsonSerializer.Deserialize(value, SweepJson.Default.Turn)!
        : new Turn();

    private StoreEntry Entry(string name, Turn turn) => new()
    {
        Key = Prefix + name,
        Version = 0,
        Value = JsonSerializer.Serialize(turn, SweepJson.Default.Turn),
        ExpiresAt = clock.GetUtcNow().AddDays(2), // far beyond the longest wait
    };
}
