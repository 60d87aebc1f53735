using System.Text.Json;
using RunnerFleet.GitHub;
using RunnerFleet.Provisioning;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Sweeping;

/// <summary>What is stored of a delivery that was asked for again.</summary>
internal sealed record Redelivery
{
    public int Tries { get; init; }

    public DateTimeOffset NextAt { get; init; }

    /// <summary>The failed try that GitHub agreed to repeat. Without a later failure it came.</summary>
    public long? Repeated { get; init; }
}

/// <summary>Asks GitHub to deliver again what failed: the newest first, so that a job that is over is known to be over before the news of its beginning comes.</summary>
internal sealed class FailedDeliveries(IRunnerStore store, IRunnerRegistrar registrar, FleetState state, CallBudget budget, TimeProvider clock)
{
    private const string Prefix = "redelivery/";

    // GitHub redelivers for 3 days (webhooks, redelivering).
    private static readonly TimeSpan Window = TimeSpan.FromDays(3);

    // 5, 20, 80 minutes, 5 and 21 hours: together more than the day after which GitHub cancels a queued job.
    private const int MostTries = 5;
    private static readonly TimeSpan FirstWait = TimeSpan.FromMinutes(5);

    // Each is a write at GitHub and a webhook for this fleet: what an outage left behind comes in portions.
    private const int MostAtOnce = 30;

    // So many refused without one that succeeds, and it is no matter of single deliveries: the token may not ask.
    private const int MostRefused = 3;

    // So many in a row without an answer, each until its request's deadline, and GitHub is silent: the sweep must not wait for all of them.
    private const int MostSilent = 3;

    public async Task<LookEnd> LookAsync(RunnerScope scope, long hookId, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var listed = await registrar.ListFailedDeliveriesAsync(scope, hookId, now - Window, cancellationToken).ConfigureAwait(false);
        await budget.SpendAsync(listed.Requests, cancellationToken).ConfigureAwait(false);
        if (listed.Status != GitHubStatus.Ok)
        {
            return new LookEnd(listed.Status, listed.Reason, listed.RetryAfter);
        }

        var most = (int)Math.Clamp(await budget.LeftAsync(cancellationToken).ConfigureAwait(false), 1, MostAtOnce);
        var known = (await store.ListEntriesAsync(Prefix, 5000, cancellationToken).ConfigureAwait(false)).ToDictionary(e => e.Key, StringComparer.Ordinal);
        var due = listed.Value!
            .Where(d => d.Event == "workflow_job" && Guid.TryParse(d.DeliveryId, out _))
            .GroupBy(d => d.DeliveryId, StringComparer.OrdinalIgnoreCase)
            .Select(g => g.MaxBy(d => (d.DeliveredAt, d.Id))!)
            .Where(d => IsDue(Read(known.GetValueOrDefault(Key(d))), d, now))
            .OrderByDescending(d => (d.DeliveredAt, d.Id))
            .Take(most);
        var end = new LookEnd(GitHubStatus.Ok);
        var silent = 0;
        foreach (var delivery in due)
        {
            if (!await TakeAsync(delivery, now, cancellationToken).ConfigureAwait(false))
            {
                continue; // another host does it
            }

            var answer = await registrar.RedeliverAsync(scope, hookId, delivery.Id, cancellationToken).ConfigureAwait(false);
            await budget.SpendAsync(answer.Requests, cancellationToken).ConfigureAwait(false);
            silent = answer.Status == GitHubStatus.Unknown ? silent + 1 : 0;
            if (answer.Status == GitHubStatus.Ok)
            {
                await RepeatedAsync(delivery, cancellationToken).ConfigureAwait(false);
                end = end with { Found = end.Found + 1 };
            }
            else if (answer.Status != GitHubStatus.Unknown)
            {
                end = end with { Errors = end.Errors + 1 };
            }

            // Any other refusal may be the fault of this one delivery: the others must not wait for it.
            if (answer.Status == GitHubStatus.Throttled || silent == MostSilent || end is { Found: 0, Errors: MostRefused })
            {
                return end with { Status = answer.Status, Reason = answer.Reason, RetryAfter = answer.RetryAfter };
            }
        }

        return end;
    }

    private static bool IsDue(Redelivery before, HookDelivery delivery, DateTimeOffset now) =>
        before.Tries < MostTries && before.NextAt <= now && before.Repeated != delivery.Id;

    /// <summary>The try is counted before it is made: whatever becomes of it, the next is further away.</summary>
    private Task<bool> TakeAsync(HookDelivery delivery, DateTimeOffset now, CancellationToken cancellationToken) =>
        state.ChangeAsync(Key(delivery), e =>
        {
            var before = Read(e);
            return !IsDue(before, delivery, now) ? null : Entry(delivery, before with { Tries = before.Tries + 1, NextAt = now + (FirstWait * Math.Pow(4, before.Tries)) });
        }, cancellationToken);

    private Task RepeatedAsync(HookDelivery delivery, CancellationToken cancellationToken) =>
        state.ChangeAsync(Key(delivery), e => Entry(delivery, Read(e) with { Repeated = delivery.Id }), cancellationToken);

    private Redelivery Read(StoreEntry? entry) => entry?.Value is { } value && entry.ExpiresAt > clock.GetUtcNow()
        ? JsonSerializer.Deserialize(value, SweepJson.Default.Redelivery)!
        : new Redelivery();

    private static string Key(HookDelivery delivery) => Prefix + delivery.DeliveryId.ToLowerInvariant();

    private StoreEntry Entry(HookDelivery delivery, Redelivery redelivery) => new()
    {
        Key = Key(delivery),
        Version = 0,
        Value = JsonSerializer.Serialize(redelivery, SweepJson.Default.Redelivery),
        ExpiresAt = clock.GetUtcNow() + Window + TimeSpan.FromHours(1), // longer than GitHub lists it
    };
}
