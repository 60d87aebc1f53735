using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Images;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Provisioning;

/// <summary>
/// Launches what is pending: image, breaker, places, launch. Places are taken for up to 25 runners in one transaction, oldest first and by turns between
/// queues. A runner that must wait keeps the reason in its record; one that fails never delays the others.
/// </summary>
internal sealed class Drainer(
    IRunnerStore store,
    FleetWriter writer,
    Launching launching,
    LaunchRequests requests,
    Endings endings,
    FleetState state,
    Breakers breakers,
    Turns turns,
    IComputeLauncher launcher,
    IRunnerClassCatalog classes,
    RunnerImages images,
    IControlPlaneAddress address,
    IOptionsMonitor<RunnerFleetOptions> options,
    TimeProvider clock,
    ILogger<Drainer> logger)
{
    // A DynamoDB transaction holds 100 items: 25 runners with their places stay far below, and a burst does not fight over one counter.
    private const int BatchSize = 25;
    private const int MaxRounds = 400;

    // A commit takes at least 100 writes (IStoreWriter).
    private const int NotesPerCommit = 100;

    private const int MaxWordsOfCause = 300;

    // Shorter waits are everyday life.
    private static readonly TimeSpan LongWait = TimeSpan.FromMinutes(1);

    public async Task<DrainSummary> DrainAsync(CancellationToken cancellationToken)
    {
        var summary = new DrainSummary();
        for (var round = 0; round < MaxRounds; round++)
        {
            var query = new PendingQuery { Now = clock.GetUtcNow() };
            var pending = await store.ListPendingAsync(query, cancellationToken).ConfigureAwait(false);
            if (pending.Count == 0)
            {
                break;
            }

            if (round == 0)
            {
                SayWhoWaits(pending);
            }

            var before = summary;
            summary = await RoundAsync(pending, summary, cancellationToken).ConfigureAwait(false);
            if (IsWhole(pending, query) || (summary.Launched == before.Launched && summary.PutOff == before.PutOff))
            {
                break; // whoever is left waits for a place
            }
        }

        return summary;
    }

    /// <summary>Whoever has waited for so long was met by an earlier drain, whose reason is in the record.</summary>
    private void SayWhoWaits(IReadOnlyList<Runner> pending)
    {
        var longest = pending.Where(runner => runner.Closing is null).MinBy(runner => runner.QueuedAt);
        if (longest is not null && clock.GetUtcNow() - longest.QueuedAt is var waited && waited >= LongWait)
        {
            logger.RunnersWait(pending.Count, longest.Id, FleetWriter.ClassOf(longest), waited.TotalSeconds, longest.Reason?.ToString() ?? "none stored");
        }
    }

    /// <summary>Whether the listing showed everybody who waits: then all were dealt with, and another listing would only cost.</summary>
    private static bool IsWhole(IReadOnlyList<Runner> pending, PendingQuery query) =>
        pending.Count < query.Take && pending.CountBy(r => r.QueueKey, StringComparer.Ordinal).All(queue => queue.Value < query.PerQueue);

    private async Task<DrainSummary> RoundAsync(IReadOnlyList<Runner> pending, DrainSummary summary, CancellationToken cancellationToken)
    {
        var context = await ContextAsync(pending, cancellationToken).ConfigureAwait(false);
        var batch = new List<Ready>(BatchSize);
        foreach (var runner in FairOrder.Of(pending, context.Served ?? []))
        {
            try
            {
                switch (await PrepareAsync(runner, context, cancellationToken).ConfigureAwait(false))
                {
                    case Ready ready:
                        batch.Add(ready);
                        break;
                    case Step.PutOff:
                        summary = summary with { PutOff = summary.PutOff + 1 };
                        break;
                }
            }
#pragma warning disable CA1031 // one bad runner stays one bad runner
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                logger.RunnerStepFailed(runner.Id, e);
                summary = summary with { Errors = summary.Errors + 1 };
            }

            if (batch.Count == BatchSize)
            {
                summary = await LaunchBatchAsync(batch, context, summary, cancellationToken).ConfigureAwait(false);
                batch.Clear();
            }
        }

        if (batch.Count > 0)
        {
            summary = await LaunchBatchAsync(batch, context, summary, cancellationToken).ConfigureAwait(false);
        }

        // Nobody's launch waits for the words about those who cannot be launched. A note that meets a conflict is made by a later drain.
        foreach (var notes in context.Waiting.Chunk(NotesPerCommit))
        {
            var commit = new FleetCommit();
            foreach (var (runner, reason) in notes)
            {
                commit.Put(runner, runner with { Reason = reason });
            }

            await writer.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
        }

        foreach (var runner in pending.DistinctBy(r => r.Repository))
        {
            await state.SawRepositoryOnceAsync(new SeenRepository { Repository = runner.Repository, Scope = runner.Scope }, cancellationToken).ConfigureAwait(false);
        }

        return summary;
    }

    private async Task<DrainSummary> LaunchBatchAsync(IReadOnlyList<Ready> batch, DrainContext context, DrainSummary summary, CancellationToken cancellationToken)
    {
        var starting = await TakePlacesAsync(batch, cancellationToken).ConfigureAwait(false);
        if (context.Served is not null && starting.Count > 0)
        {
            await turns.TakenAsync(starting, cancellationToken).ConfigureAwait(false);
        }

        var parallel = Math.Max(1, launcher.Capabilities.ParallelLaunches);
        var launches = await Concurrently.ForEachAsync(starting, parallel, async (runner, turn) =>
        {
            try
            {
                // Whoever had to wait for a turn may have ended meanwhile.
                return turn >= parallel && !await IsStillStartingAsync(runner, cancellationToken).ConfigureAwait(false) ? (0, 0, 0)
                    : await launching.LaunchAsync(runner, isFirst: true, cancellationToken).ConfigureAwait(false) ? (1, 0, 0) : (0, 1, 0);
            }
#pragma warning disable CA1031 // the runner is STARTING and due: it is sent again
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                logger.RunnerStepFailed(runner.Id, e);
                return (0, 0, 1);
            }
        }).ConfigureAwait(false);
        foreach (var (launched, putOff, errors) in launches)
        {
            summary = summary with { Launched = summary.Launched + launched, PutOff = summary.PutOff + putOff, Errors = summary.Errors + errors };
        }

        return summary;
    }

    private async ValueTask<bool> IsStillStartingAsync(Runner runner, CancellationToken cancellationToken) =>
        await store.GetRunnerAsync(runner.Id, cancellationToken).ConfigureAwait(false) is { State: RunnerState.Starting, Closing: null } current && current.Attempt == runner.Attempt;

    /// <summary>One transaction for all; if that meets a conflict or a full limit, one for each, so that a single row cannot hold the others up.</summary>
    private async Task<IReadOnlyList<Runner>> TakePlacesAsync(IReadOnlyList<Ready> batch, CancellationToken cancellationToken)
    {
        var all = Commit(batch);
        if (await writer.CommitAsync(all, cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed)
        {
            return [.. batch.Select(r => all.Stored(r.Runner.Id))];
        }

        var taken = new List<Runner>();
        foreach (var ready in batch)
        {
            var one = Commit([ready]);
            if ((batch.Count > 1 && await writer.CommitAsync(one, cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed)
                || (await ProbingAsync(ready, cancellationToken).ConfigureAwait(false) is { } probing
                    && await writer.CommitAsync(one = Commit([probing]), cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed))
            {
                taken.Add(one.Stored(ready.Runner.Id));
            }
        }

        return taken;
    }

    /// <summary>Another drain, which lost the probe that this one won, may just have put the runner off behind it. Were it believed, the probe would be spent and nobody launched, time and again.</summary>
    private async Task<Ready?> ProbingAsync(Ready ready, CancellationToken cancellationToken) =>
        await store.GetRunnerAsync(ready.Runner.Id, cancellationToken).ConfigureAwait(false) is { State: RunnerState.Pending, Closing: null, Reason.Code: ReasonCodes.BreakerOpen } putOff
        && putOff.Attempt == ready.Runner.Attempt
        && putOff.Version != ready.Runner.Version
            ? ready with { Runner = putOff }
            : null;

    private FleetCommit Commit(IReadOnlyList<Ready> batch)
    {
        var now = clock.GetUtcNow();
        var timing = options.CurrentValue.Timing;
        var turns = Math.Ceiling((double)batch.Count / Math.Max(1, launcher.Capabilities.ParallelLaunches));
        var callEnds = now.AddSeconds(timing.LaunchTimeoutSeconds * turns);
        var commit = new FleetCommit();
        foreach (var (runner, plan, places) in batch)
        {
            foreach (var (key, limit) in places)
            {
                commit.Limit(key, limit);
            }

            commit.Put(runner, runner.Move(RunnerState.Starting, Reason.Of(ReasonCodes.PlacesTaken, $"Launch attempt {plan.Attempt}, class {plan.ClassName}."), now) with
            {
                Attempt = plan.Attempt,
                Plan = plan,
                LaunchCallEnds = callEnds,
                Compute = null,
                ComputeGone = false,
                Places = [.. places.Select(p => p.Key)],
                NotBefore = null,
                Reason = null,
                Deadline = callEnds.AddSeconds(timing.RetrySeconds), // if this host dies now, another sends it again
            });
        }

        return commit;
    }

    private async Task<object> PrepareAsync(Runner runner, DrainContext context, CancellationToken cancellationToken)
    {
        if (runner.Closing is not null)
        {
            return Step.Waits; // the due runner ends it
        }

        if (context.Classes is null)
        {
            return await PutOffAsync(runner, Reason.Of(ReasonCodes.ClassesUnavailable, $"The runner classes cannot be read at present; tried again. {context.NoClasses}".TrimEnd()), Later(), cancellationToken).ConfigureAwait(false);
        }

        if (requests.ClassOf(runner, context.Classes) is not { } runnerClass)
        {
            await endings.EndAsync(runner, fault: true, Reason.Of(ReasonCodes.UnknownClass, $"The class {runner.Spec.ClassName} is no longer in the catalogue. Add it again, or change the job's label."), null, cancellationToken).ConfigureAwait(false);
            return Step.PutOff;
        }

        foreach (var key in new[] { Breakers.Scope(runner.Scope), Breakers.Network })
        {
            if ((context.Held.TryGetValue(key, out var held) ? held : breakers.HeldBy(key, context.Breakers)) is { Reason: { } reason } hold)
            {
                return await PutOffAsync(runner, reason, hold.Until, cancellationToken).ConfigureAwait(false);
            }
        }

        if (address.Url is not { } url)
        {
            return await PutOffAsync(runner, Reason.Of(ReasonCodes.NoAddress, "The control plane's address is not known yet. Set RunnerFleet:PublicUrl."), Later(), cancellationToken).ConfigureAwait(false);
        }

        var image = await images.ForAsync(runner, runnerClass, context.Images, cancellationToken).ConfigureAwait(false);
        if (!image.CanLaunch)
        {
            return image.Changed ? Step.PutOff : Step.Waits;
        }

        var places = Places.Of(runner, runnerClass, options.CurrentValue.Limits);
        if (places.FirstOrDefault(p => p.Limit <= context.Taken.GetValueOrDefault(p.Key)) is { Key: { } full } none)
        {
            return WaitForPlace(runner, full, none.Limit ?? 0, context);
        }

        // A probe is spent only on a runner that would be launched; from here on the others wait behind it.
        foreach (var key in new[] { Breakers.Scope(runner.Scope), Breakers.Network })
        {
            if (await breakers.ProbeAsync(key, context.Breakers, cancellationToken).ConfigureAwait(false) is { } lost)
            {
                context.Held[key] = lost;
                return await PutOffAsync(runner, lost.Reason, lost.Until, cancellationToken).ConfigureAwait(false);
            }

            if (context.Breakers.TryGetValue(key, out var open) && open.OpenedAt is not null)
            {
                context.Held[key] = (Reason.Of(ReasonCodes.BreakerOpen, $"Launches wait since {open.OpenedAt:u}; one runner probes: {open.Reason.Message}"), clock.GetUtcNow().AddSeconds(options.CurrentValue.Timing.BreakerProbeSeconds));
            }
        }

        foreach (var (key, _) in places)
        {
            context.Taken[key] = context.Taken.GetValueOrDefault(key) + 1;
        }

        return new Ready(runner, requests.Plan(runner, runnerClass, image.Image, url), places);
    }

    private DateTimeOffset Later() => clock.GetUtcNow().AddSeconds(options.CurrentValue.Timing.RetrySeconds);

    private async Task<Step> PutOffAsync(Runner runner, Reason reason, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await writer.CommitAsync(new FleetCommit().Put(runner, runner with { Reason = reason, NotBefore = until }), cancellationToken).ConfigureAwait(false);
        return Step.PutOff;
    }

    private static Step WaitForPlace(Runner runner, string key, int limit, DrainContext context)
    {
        var reason = Reason.Of(ReasonCodes.LimitReached, $"The limit of {limit} under '{key}' is reached; waits for a place.");
        if (runner.Reason != reason)
        {
            context.Waiting.Add((runner, reason));
        }

        return Step.Waits;
    }

    private async Task<DrainContext> ContextAsync(IReadOnlyList<Runner> pending, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, RunnerClass>? known = null;
        string? noClasses = null;
        try
        {
            known = await classes.GetClassesAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ClassesUnavailableException unavailable)
        {
            noClasses = unavailable.Message.ToOneLine(MaxWordsOfCause);
        }

        var limits = options.CurrentValue.Limits;
        var keys = known is null ? [] : pending
            .Select(r => (Runner: r, Class: requests.ClassOf(r, known)))
            .Where(r => r.Class is not null)
            .SelectMany(r => Places.Of(r.Runner, r.Class!, limits).Select(p => p.Key))
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        return new DrainContext
        {
            Classes = known,
            NoClasses = noClasses,
            Breakers = await breakers.ReadAsync(cancellationToken).ConfigureAwait(false),
            Served = pending.DistinctBy(r => r.QueueKey, StringComparer.Ordinal).Skip(1).Any() ? await turns.ServedAsync(cancellationToken).ConfigureAwait(false) : null,
            Taken = new Dictionary<string, int>(await store.GetPlacesAsync(keys, cancellationToken).ConfigureAwait(false), StringComparer.Ordinal),
        };
    }

    private enum Step
    {
        Waits,
        PutOff,
    }

    private sealed record Ready(Runner Runner, LaunchPlan Plan, IReadOnlyList<(string Key, int? Limit)> Places);

    private sealed class DrainContext
    {
        public IReadOnlyDictionary<string, RunnerClass>? Classes { get; init; }

        /// <summary>Why <see cref="Classes"/> are not known.</summary>
        public string? NoClasses { get; init; }

        public required IReadOnlyDictionary<string, BreakerState> Breakers { get; init; }

        public required Dictionary<string, int> Taken { get; init; }

        /// <summary>Whose turn it is not; <see langword="null"/> where only one queue waits, which needs no turns and costs none.</summary>
        public IReadOnlyList<string>? Served { get; init; }

        public Dictionary<ImageRequest, ImageOutcome> Images { get; } = [];

        public List<(Runner Runner, Reason Reason)> Waiting { get; } = [];

        public Dictionary<string, (Reason Reason, DateTimeOffset Until)> Held { get; } = new(StringComparer.Ordinal);
    }
}
