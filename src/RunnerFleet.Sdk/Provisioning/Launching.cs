using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RunnerFleet.Compute;
using RunnerFleet.Runners;
using RunnerFleet.Storage;

namespace RunnerFleet.Provisioning;

/// <summary>Sends one attempt to the launcher and stores what came of it. A runner that is STARTING may be sent again at any time, by any host: the request is the same.</summary>
internal sealed class Launching(
    IRunnerStore store,
    FleetWriter writer,
    IComputeLauncher launcher,
    LaunchRequests requests,
    Endings endings,
    IOptionsMonitor<RunnerFleetOptions> options,
    TimeProvider clock,
    ILogger<Launching> logger)
{
    /// <param name="runner">The runner, STARTING.</param>
    /// <param name="isFirst">Whether the attempt is sent for the first time. Later, an answer that says "not started" speaks only of that call: an earlier one may have started it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether compute runs for the attempt.</returns>
    public async Task<bool> LaunchAsync(Runner runner, bool isFirst, CancellationToken cancellationToken)
    {
        var outcome = await SendAsync(runner, cancellationToken).ConfigureAwait(false);
        if (!isFirst && outcome is LaunchOutcome.NoCapacity or LaunchOutcome.Throttled or LaunchOutcome.Rejected)
        {
            outcome = await ConfirmAsync(runner, outcome, cancellationToken).ConfigureAwait(false);
        }

        logger.LaunchEnded(runner.Id, runner.Attempt, outcome.GetType().Name, Detail(outcome));
        switch (outcome)
        {
            case LaunchOutcome.Launched launched:
                await StartedAsync(runner, launched.Compute, Reason.Of(ReasonCodes.Launched, $"Started as {launched.Compute}."), cancellationToken).ConfigureAwait(false);
                return true;
            case LaunchOutcome.Existing existing:
                await StartedAsync(runner, existing.Compute, Reason.Of(ReasonCodes.Adopted, $"Was started already as {existing.Compute}."), cancellationToken).ConfigureAwait(false);
                return true;
            case LaunchOutcome.NoCapacity none:
                var isSpot = runner.Plan?.Capacity == CapacityKind.Spot;
                var retryAfter = isSpot && options.CurrentValue.Policy.SpotFallback ? TimeSpan.Zero : none.RetryAfter; // on demand there may be some at once
                await NotLaunchedAsync(runner with { SpotFailed = runner.SpotFailed || isSpot }, Reason.Of(ReasonCodes.NoCapacity, $"No {(isSpot ? "spot " : "")}capacity at present: {none.Reason}"), AtLeastASecond(retryAfter), cancellationToken).ConfigureAwait(false);
                return false;
            case LaunchOutcome.Throttled throttled:
                await NotLaunchedAsync(runner, Reason.Of(ReasonCodes.Throttled, $"The launcher asks for fewer calls: {throttled.Reason}"), AtLeastASecond(throttled.RetryAfter), cancellationToken).ConfigureAwait(false);
                return false;
            case LaunchOutcome.Rejected rejected:
                await endings.EndUnlaunchedAsync(runner, Reason.Of(ReasonCodes.LaunchRejected, $"The launcher refused: {rejected.Reason}"), cancellationToken).ConfigureAwait(false);
                return false;
            default:
                await UnknownAsync(runner, ((LaunchOutcome.Unknown)outcome).Reason, cancellationToken).ConfigureAwait(false);
                return false;
        }
    }

    /// <summary>
    /// Sends again every launch that has no reply yet: when a host starts, the one that recorded them may have died before it sent them, and their deadlines lie
    /// a whole launch ahead. Where that host lives, its compute is adopted.
    /// </summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        var sendable = clock.GetUtcNow().AddSeconds(-options.CurrentValue.Timing.StartingTimeoutSeconds); // older ones are only looked for, at their deadline
        var starting = new List<Runner>();
        string? continuation = null;
        do
        {
            var page = await store.ListRunnersAsync(new RunnerQuery { States = [RunnerState.Starting], Take = 500, Continuation = continuation }, cancellationToken).ConfigureAwait(false);
            starting.AddRange(page.Items.Where(r => r is { Compute: null, Closing: null } && r.StateSince > sendable));
            continuation = page.Continuation;
        }
        while (continuation is not null);

        await Concurrently.ForEachAsync(starting, Math.Max(1, launcher.Capabilities.ParallelLaunches), async (runner, _) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                // The list is as old as the launches before this one: whoever ended or was answered meanwhile is not sent.
                return await store.GetRunnerAsync(runner.Id, cancellationToken).ConfigureAwait(false) is { State: RunnerState.Starting, Compute: null, Closing: null } current
                    && current.Attempt == runner.Attempt
                    && await ResendAsync(current, cancellationToken).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // one bad runner stays one bad runner; its deadline brings it up again
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                logger.RunnerStepFailed(runner.Id, e);
                return false;
            }
        }).ConfigureAwait(false);
    }

    /// <summary>Sends an attempt again, unless another host has taken that turn or the record has changed since it was read.</summary>
    public async Task<bool> ResendAsync(Runner runner, CancellationToken cancellationToken) =>
        await TakeTurnAsync(runner, cancellationToken).ConfigureAwait(false) is { } ours && await LaunchAsync(ours, isFirst: false, cancellationToken).ConfigureAwait(false);

    /// <summary>Writes into the record, before a call, when that call has ended: whoever concludes that nothing was started does so only while no other call was begun since (<see cref="Runner.LaunchCallEnds"/>).</summary>
    private async Task<Runner?> TakeTurnAsync(Runner runner, CancellationToken cancellationToken)
    {
        var timing = options.CurrentValue.Timing;
        var callEnds = clock.GetUtcNow().AddSeconds(timing.LaunchTimeoutSeconds);
        callEnds = runner.LaunchCallEnds >= callEnds ? runner.LaunchCallEnds.Value.AddMilliseconds(1) : callEnds; // calls are told apart by it
        var commit = new FleetCommit().Put(runner, runner with { LaunchCallEnds = callEnds, Deadline = callEnds.AddSeconds(timing.RetrySeconds) });
        return await writer.CommitAsync(commit, cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed ? commit.Stored(runner.Id) : null;
    }

    /// <summary>Stores that the compute of an attempt exists, however that became known.</summary>
    public Task<Runner?> StartedAsync(Runner runner, ComputeRef compute, Reason cause, CancellationToken cancellationToken) =>
        ChangeAsync(runner, (current, now) =>
        {
            if (current.Compute == compute)
            {
                return null;
            }

            var timing = options.CurrentValue.Timing;
            var seen = current with { Compute = compute };
            if (current.State != RunnerState.Starting)
            {
                return seen.Note(cause, now); // its claim, or its job, was faster than the reply
            }

            var claimBy = now.AddSeconds(current.Claims == 0 ? timing.ClaimTimeoutSeconds : timing.IdleCheckSeconds);
            return seen.Move(RunnerState.WaitingForJob, cause, now) with { Deadline = current.Closing is null ? claimBy : now };
        }, cancellationToken);

    /// <summary>Stores that the attempt is proven not to run: the runner gives its places back and waits, or ends if its end had begun. Nothing is stored when it was sent again since the proof.</summary>
    public async Task NotLaunchedAsync(Runner runner, Reason cause, TimeSpan? retryAfter, CancellationToken cancellationToken)
    {
        if (runner.Closing is not null)
        {
            await endings.EndAsync(runner, runner.Closing.Fault, runner.Closing.Cause, null, cancellationToken).ConfigureAwait(false);
            return;
        }

        await ChangeAsync(runner, (current, now) =>
        {
            if (current.State != RunnerState.Starting || current.Closing is not null || current.LaunchCallEnds != runner.LaunchCallEnds)
            {
                return null; // a closing mark or another call came between: the due runner goes on
            }

            var timing = options.CurrentValue.Timing;
            return current.Move(RunnerState.Pending, cause, now) with
            {
                Places = [],
                Compute = null,
                Plan = null,
                SpotFailed = current.SpotFailed || runner.SpotFailed,
                Reason = cause,
                NotBefore = now + (retryAfter ?? Backoff.After(current.Attempt, timing)),
                Deadline = current.CreatedAt.AddSeconds(timing.RunnerTtlSeconds),
            };
        }, cancellationToken).ConfigureAwait(false);
    }

    private Task<Runner?> UnknownAsync(Runner runner, string reason, CancellationToken cancellationToken) =>
        ChangeAsync(runner, (current, now) => current.State != RunnerState.Starting ? null : Noted(current, reason, now) with
        {
            Deadline = now + Backoff.Since(current.StateSince, now, options.CurrentValue.Timing),
        }, cancellationToken);

    private static Runner Noted(Runner current, string reason, DateTimeOffset now)
    {
        var cause = Reason.Of(ReasonCodes.LaunchUnknown, $"Whether the launch took effect is unknown: {reason}");
        return current.History[^1].Cause == cause ? current : current.Note(cause, now);
    }

    /// <summary>Changes the runner as long as it is still at the attempt that the change is about.</summary>
    private Task<Runner?> ChangeAsync(Runner runner, Func<Runner, DateTimeOffset, Runner?> change, CancellationToken cancellationToken)
    {
        Runner? current = runner;
        return Retry.OnConflictAsync(async () =>
        {
            current ??= await store.GetRunnerAsync(runner.Id, cancellationToken).ConfigureAwait(false);
            if (current is null or { IsTerminal: true } or { Plan: null } || current.Attempt != runner.Attempt || change(current, clock.GetUtcNow()) is not { } after)
            {
                return (true, current);
            }

            var commit = new FleetCommit().Put(current, after);
            var done = await writer.CommitAsync(commit, cancellationToken).ConfigureAwait(false) is CommitOutcome.Committed;
            current = null;
            return (done, done ? commit.Stored(runner.Id) : null);
        });
    }

    private TimeSpan CallLimit => TimeSpan.FromSeconds(options.CurrentValue.Timing.LaunchTimeoutSeconds);

    private async Task<LaunchOutcome> ConfirmAsync(Runner runner, LaunchOutcome said, CancellationToken cancellationToken)
    {
        try
        {
            return await Bounded.CallAsync(t => launcher.FindAsync(requests.Identity(runner), t), CallLimit, clock, cancellationToken).ConfigureAwait(false) switch
            {
                FindOutcome.ConfirmedAbsent => said,
                FindOutcome.Found found => new LaunchOutcome.Existing(found.Description.Compute),
                _ => new LaunchOutcome.Unknown($"an earlier call may have started it; the last answered: {Detail(said)}"),
            };
        }
#pragma warning disable CA1031 // an exception from a launcher counts as Unknown (IComputeLauncher)
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return new LaunchOutcome.Unknown($"the launcher failed ({e.GetType().Name})");
        }
    }

    private async Task<LaunchOutcome> SendAsync(Runner runner, CancellationToken cancellationToken)
    {
        var left = (runner.LaunchCallEnds - clock.GetUtcNow()) is { } until && until < CallLimit ? until : CallLimit;
        if (left <= TimeSpan.Zero)
        {
            return new LaunchOutcome.Unknown("its turn to be sent is over; it is sent again");
        }

        try
        {
            return await Bounded.CallAsync(t => launcher.LaunchAsync(requests.Request(runner), t), left, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return new LaunchOutcome.Unknown("the launcher did not answer in time");
        }
#pragma warning disable CA1031 // an exception from a launcher counts as Unknown (IComputeLauncher)
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            logger.LaunchFailed(runner.Id, runner.Attempt, e);
            return new LaunchOutcome.Unknown($"the launcher failed ({e.GetType().Name})");
        }
    }

    // A launcher that says "at once" would be asked in a circle.
    private static TimeSpan? AtLeastASecond(TimeSpan? wait) => wait < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : wait;

    private static string? Detail(LaunchOutcome outcome) => outcome switch
    {
        LaunchOutcome.Launched o => o.Compute.ToString(),
        LaunchOutcome.Existing o => o.Compute.ToString(),
        LaunchOutcome.NoCapacity o => o.Reason,
        LaunchOutcome.Throttled o => o.Reason,
        LaunchOutcome.Rejected o => o.Reason,
        LaunchOutcome.Unknown o => o.Reason,
        _ => null,
    };
}
